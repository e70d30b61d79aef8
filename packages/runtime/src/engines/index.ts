/** The engines, best first: the order in which "auto" tries them. */
import type { EngineDescriptor } from "../engine.js";
import { cpu } from "./cpu.js";
import { onednn } from "./onednn.js";
import { tfjsNode, tfjsNodeGpu } from "./tfjs-node.js";
import { webgpu } from "./webgpu/index.js";

export const engines: readonly EngineDescriptor[] = [tfjsNodeGpu, webgpu, onednn, tfjsNode, cpu];
