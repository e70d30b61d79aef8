/**
 * The engines `tfjs-node` and `tfjs-node-gpu`: TensorFlow's C library through the packages of the same names, which the
 * user installs. Both register the backend "tensorflow", so that a process can use only the first that it loaded. What
 * may go wrong on loading is not ours to list (no install script ran, no prebuilt addon for this Node.js, libtensorflow
 * missing): the loader's own message is the reason.
 */
import { findBackend, getBackend, removeBackend, setBackend } from "@tensorflow/tfjs-core";
import type { EngineDescriptor, EngineName, EngineOptions, Loaded } from "../engine.js";
import { showOneGpu } from "./cuda-devices.js";
import { importPackage } from "./import-package.js";
import { restoreNodeUtil } from "./node-util-shim.js";
import { processorName, processorThreads } from "./processor.js";
import { quietly } from "./quiet.js";

const BACKEND = "tensorflow";

/** What both packages' backend says of itself. */
interface TensorFlowBackend {
  isGPUPackage?: boolean;
  isUsingGpuDevice?: boolean;
}

/** The backend, or `undefined` where none is registered or it fails to start. */
function tensorFlowBackend(): TensorFlowBackend | undefined {
  return (findBackend(BACKEND) as TensorFlowBackend | null) ?? undefined;
}

/** The engine whose package registered the backend in this process, if any did. */
function owner(): EngineName | undefined {
  const backend = tensorFlowBackend();
  return backend && (backend.isGPUPackage ? "tfjs-node-gpu" : "tfjs-node");
}

/** Imports the package; afterwards the backend is registered, and the one that was current still is. */
async function loadPackage(name: string, { projectDir = process.cwd() }: EngineOptions): Promise<Loaded | undefined> {
  restoreNodeUtil();
  const current: string | undefined = getBackend();
  const outcome = await quietly(() => importPackage(name, projectDir));
  if (current) await setBackend(current);
  if (!outcome.found) return { available: false, reason: "not installed", remedy: `Install it: npm install ${name}` };
  if (!("error" in outcome) && tensorFlowBackend() !== undefined) return undefined;
  return {
    available: false,
    reason: "error" in outcome ? outcome.error : `it brought no working backend "${BACKEND}"`,
    remedy:
      "Its install script, which fetches TensorFlow's library, may not have run: " +
      `npm rebuild ${name} (with --build-addon-from-source where no prebuilt addon fits this Node.js)`,
  };
}

function tfjsNodeEngine(
  name: "tfjs-node" | "tfjs-node-gpu",
  describe: () => Loaded,
  prepare?: (options: EngineOptions, isLoaded: boolean) => Loaded | undefined,
): EngineDescriptor {
  /** A package is evaluated once in a process, so that what was found after loading it stays true. */
  let described: Loaded | undefined;
  return {
    name,
    trains: true,
    async load(options) {
      const loaded = owner();
      const unprepared = prepare?.(options, described !== undefined || loaded === name);
      if (unprepared !== undefined) return unprepared;
      if (described !== undefined) return described;
      if (loaded !== undefined && loaded !== name) {
        return {
          available: false,
          reason: `${loaded} is loaded already, and a process can hold only one of the two`,
          remedy: `Use ${loaded}, or start another process`,
        };
      }
      const failure = loaded === name ? undefined : await loadPackage(`@tensorflow/${name}`, options);
      if (failure !== undefined) return failure;
      described = describe();
      return described;
    },
    async activate() {
      await setBackend(BACKEND);
    },
  };
}

export const tfjsNode = tfjsNodeEngine("tfjs-node", () => {
  return { available: true, device: processorName(), threads: processorThreads(), reason: "TensorFlow loaded" };
});

export const tfjsNodeGpu = tfjsNodeEngine(
  "tfjs-node-gpu",
  () => {
    if (tensorFlowBackend()?.isUsingGpuDevice) {
      const visible = process.env.CUDA_VISIBLE_DEVICES;
      const device = visible ? `GPU ${visible} through CUDA` : "GPU through CUDA";
      return { available: true, device, threads: 1, reason: "TensorFlow loaded and found a GPU" };
    }
    // It would compute on the processor, and stand in the way of tfjs-node, which does that better.
    removeBackend(BACKEND);
    return {
      available: false,
      reason: "TensorFlow found no GPU that it can use",
      remedy: "Check the NVIDIA driver and the CUDA and cuDNN libraries that this version of TensorFlow asks for",
    };
  },
  ({ device }, isLoaded) => (device === undefined ? undefined : showOneGpu(device, isLoaded)),
);
