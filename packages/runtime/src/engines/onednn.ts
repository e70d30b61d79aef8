/**
 * The engine `onednn`: the native CPU backend in the package `@roga/backend-onednn`, which registers the TensorFlow.js
 * backend "onednn" when it is imported.
 */
import { findBackendFactory, setBackend } from "@tensorflow/tfjs-core";
import type { EngineDescriptor } from "../engine.js";
import { importPackage } from "./import-package.js";
import { processorName, processorThreads } from "./processor.js";

const PACKAGE = "@roga/backend-onednn";
const BACKEND = "onednn";

export const onednn: EngineDescriptor = {
  name: "onednn",
  trains: true,
  async load({ projectDir = process.cwd() }) {
    const outcome = await importPackage(PACKAGE, projectDir);
    const remedy = `The package ${PACKAGE} has no release yet`;
    if (!outcome.found) return { available: false, reason: "not installed", remedy };
    if ("error" in outcome) return { available: false, reason: outcome.error, remedy };
    if (findBackendFactory(BACKEND) === null) {
      return { available: false, reason: `it registered no backend "${BACKEND}"`, remedy };
    }
    return { available: true, device: processorName(), threads: processorThreads(), reason: "its library loaded" };
  },
  async activate() {
    await setBackend(BACKEND);
  },
};
