/**
 * TensorFlow.js' WebGPU backend, made for the browser, put to work in Node.js: on Dawn's device; with `dataSync`, which
 * it does by way of a canvas; and with the GPU's errors thrown when values are next read, not lost in the console.
 */
import { util } from "@tensorflow/tfjs-core";
import { processEvents } from "./events.js";
import type { Adapter, BackendPackage, Device, WebGpuBackend } from "./types.js";

/** What the backend can use of the adapter's limits beyond WebGPU's guaranteed ones. */
const limits = [
  "maxBufferSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBufferBindingSize",
];

// The numbers that WebGPU's specification gives to GPUBufferUsage.MAP_READ and COPY_DST and to GPUMapMode.READ.
const READABLE = 1 | 8;
const READ = 1;

/** A backend on a new device of the adapter. */
export async function createBackend(adapter: Adapter, { WebGPUBackend }: BackendPackage): Promise<WebGpuBackend> {
  const device = await adapter.requestDevice({
    requiredFeatures: adapter.features.has("timestamp-query") ? ["timestamp-query"] : [],
    requiredLimits: Object.fromEntries(limits.map((name) => [name, adapter.limits[name]!])),
  });
  const backend = withNavigator(() => new WebGPUBackend(device, adapter.info));
  const check = errorsOf(device);
  const { read, readSync } = backend;
  backend.read = async (dataId) => {
    const values = await read.call(backend, dataId);
    check();
    return values;
  };
  backend.readSync = (dataId) => {
    const { values, dtype, resource } = backend.tensorMap.get(dataId);
    if (values || resource === undefined || dtype === "string" || dtype === "complex64") {
      return readSync.call(backend, dataId);
    }
    const staging = backend.bufferManager.acquireBuffer(resource.size, READABLE);
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.commandEncoder.copyBufferToBuffer(resource, 0, staging, 0, resource.size);
    backend.submitQueue();
    staging.mapAsync(READ).catch(() => {}); // shows in the state, which is looked at below
    while (staging.mapState === "pending" && processEvents());
    check();
    if (staging.mapState !== "mapped") throw new Error("webgpu: the GPU's values cannot be read; was its device lost?");
    const data = staging.getMappedRange().slice(0);
    staging.unmap();
    backend.bufferManager.releaseBuffer(staging);
    return backend.convertAndCacheOnCPU(dataId, util.convertBackendValuesAndArrayBuffer(data, dtype));
  };
  destroyAtExit(device);
  return backend;
}

/** A function that throws the first error of the device that nobody else took, once. */
function errorsOf(device: Device): () => void {
  let message: string | undefined;
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    message ??= event.error.message;
  });
  return () => {
    if (message === undefined) return;
    const error = new Error(`webgpu: ${message}`);
    message = undefined;
    throw error;
  };
}

/** Work in flight when Dawn is unloaded can crash the process: it is called off, and what awaits it is told. */
function destroyAtExit(device: Device): void {
  process.once("exit", () => {
    device.destroy();
    for (let rounds = 0; rounds < 1000 && processEvents(); rounds++);
  });
}

/** The backend refuses to start without `navigator.gpu`, which it then has no use for; Dawn would live as long. */
function withNavigator<T>(start: () => T): T {
  const scope = globalThis as { navigator?: object };
  const own = scope.navigator === undefined;
  if (own) Object.defineProperty(scope, "navigator", { value: {}, configurable: true });
  const navigator = scope.navigator!;
  Object.defineProperty(navigator, "gpu", { value: {}, configurable: true });
  try {
    return start();
  } finally {
    Reflect.deleteProperty(navigator, "gpu");
    if (own) Reflect.deleteProperty(scope, "navigator");
  }
}
