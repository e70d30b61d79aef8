/**
 * The engine `onednn`: the native CPU backend in the package `@roga/backend-onednn`, which registers the TensorFlow.js
 * backend "onednn" when it is imported, and throws where its addon cannot be loaded, then or when it is first asked something:
 * the reason in the first line of the message, what to do about it in the others.
 */
import { findBackendFactory, setBackend } from "@tensorflow/tfjs-core";
import type { EngineDescriptor, Loaded } from "../engine.js";
import { EngineOptionError } from "../errors.js";
import { importPackage, linesOf } from "./import-package.js";
import { processorName } from "./processor.js";

const PACKAGE = "@roga/backend-onednn";
const BACKEND = "onednn";
const INSTALL = `Install it: npm install ${PACKAGE}`;

/** What is used of the package's exports. */
interface OnednnPackage {
  describe(): { version: string; oneDNN: string; isa: string; threads: number; precision: string };
  setThreads(threads: number): void;
  setPrecision(precision: "float32" | "bfloat16"): void;
}

let loaded: OnednnPackage | undefined;

function isOnednnPackage(module: unknown): module is OnednnPackage {
  const { describe, setThreads, setPrecision } = module as Partial<OnednnPackage>;
  return [describe, setThreads, setPrecision].every((member) => typeof member === "function");
}

function failed({ error, details }: { error: string; details: string }): Loaded {
  return { available: false, reason: error, remedy: details || `Reinstall it. ${INSTALL}` };
}

export const onednn: EngineDescriptor = {
  name: "onednn",
  trains: true,
  async load({ projectDir = process.cwd() }) {
    const outcome = await importPackage(PACKAGE, projectDir);
    if (!outcome.found) return { available: false, reason: "not installed", remedy: INSTALL };
    if ("error" in outcome) return failed(outcome);
    if (findBackendFactory(BACKEND) === null) {
      return { available: false, reason: `it registered no backend "${BACKEND}"`, remedy: INSTALL };
    }
    if (!isOnednnPackage(outcome.module)) {
      return {
        available: false,
        reason: "its version is not one that this package knows: describe, setThreads or setPrecision is missing",
        remedy: INSTALL,
      };
    }
    loaded = outcome.module;
    try {
      const { oneDNN, isa, threads } = loaded.describe();
      return { available: true, device: processorName(), threads, reason: `oneDNN ${oneDNN} for ${isa}` };
    } catch (error) {
      return failed(linesOf(error));
    }
  },
  async activate({ threads, precision = "float32" }) {
    try {
      if (threads !== undefined) loaded!.setThreads(threads);
      loaded!.setPrecision(precision);
    } catch (error) {
      throw new EngineOptionError(linesOf(error).error); // more threads than it takes, no bfloat16 in the processor
    }
    await setBackend(BACKEND);
  },
  threadsInUse: () => loaded!.describe().threads,
};
