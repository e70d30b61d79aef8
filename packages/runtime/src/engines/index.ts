/** The engines, best first: the order in which "auto" tries them. */
import type { EngineDescriptor } from "../engine.js";
import { cpu } from "./cpu.js";
import { onednn } from "./onednn.js";
import { tfjsNode, tfjsNodeGpu } from "./tfjs-node.js";

export const engines: readonly EngineDescriptor[] = [tfjsNodeGpu, tfjsNode, onednn, cpu];
