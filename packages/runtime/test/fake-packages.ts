/** Projects with made-up engine packages in their `node_modules`, to see what loading does when things go wrong. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A package `webgpu` that finds what `adapter`, code, evaluates to. */
export function dawnCode(adapter: string): string {
  return `
    class GPU { requestAdapter() { return Promise.resolve(${adapter}); } }
    class GPUAdapter { requestDevice() {} }
    class GPUBuffer { mapAsync() {} }
    module.exports = { create: () => new GPU(), globals: { GPU, GPUAdapter, GPUBuffer } };
  `;
}

/** Code for an adapter of a software renderer or of a GPU. */
export function adapterCode({ software = false } = {}): string {
  const info = software
    ? { vendor: "mesa", architecture: "", device: "llvmpipe (LLVM 15.0.6, 512 bits)", description: "" }
    : { vendor: "nvidia", architecture: "ada", device: "NVIDIA RTX 4070", description: "" };
  return `{
    info: ${JSON.stringify(info)}, features: new Set(), limits: {},
    requestDevice: () => Promise.resolve({ destroy() {}, addEventListener() {} }),
  }`;
}

/** A package `@tensorflow/tfjs-backend-webgpu` that computes with the kernels of `cpu`, then runs `changes`. */
export function webgpuBackendCode(changes = ""): string {
  const core = createRequire(import.meta.url).resolve("@tensorflow/tfjs-core");
  return `
    const tf = require(${JSON.stringify(core)});
    for (const { kernelName } of tf.getKernelsForBackend("webgpu")) tf.unregisterKernel(kernelName, "webgpu");
    tf.copyRegisteredKernels("cpu", "webgpu");
    ${changes}
    exports.WebGPUBackend = function WebGPUBackend() {
      if (!navigator.gpu) throw new Error("WebGPU is not supported on this device");
      const tensorMap = { get: () => ({ values: null, dtype: "float32" }) };
      return Object.assign(tf.findBackendFactory("cpu")(), { firstUse: false, tensorMap });
    };
  `;
}

/**
 * A project folder in which each named package is the given CommonJS code. Those that may be installed here are
 * stand-ins unless they are given: `webgpu` finds no adapter, the native backend no addon.
 */
export function projectWith(given: Record<string, string>): string {
  const packages: Record<string, string> = {
    webgpu: dawnCode("null"),
    "@roga/backend-onednn": 'throw new Error("no addon\\nbuild it")',
    ...given,
  };
  const project = mkdtempSync(join(tmpdir(), "roga-engines-"));
  folders.push(project);
  for (const [name, code] of Object.entries(packages)) {
    const folder = join(project, "node_modules", name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "4.22.0", main: "index.js" }));
    writeFileSync(join(folder, "index.js"), code);
  }
  return project;
}

/**
 * Code that does what `@tensorflow/tfjs-node` does on loading: it calls a function that newer versions of Node.js
 * removed, registers a backend of TensorFlow's name (here the JavaScript one's twin), and makes it current.
 */
export function registeringCode({
  backend = "tensorflow",
  gpuPackage = false,
  gpu = false,
  exports = "",
} = {}): string {
  const core = createRequire(import.meta.url).resolve("@tensorflow/tfjs-core");
  return `
    const tf = require(${JSON.stringify(core)});
    if (require("util").isNullOrUndefined(0)) throw new Error("unreachable");
    tf.registerBackend(${JSON.stringify(backend)}, () => {
      const twin = tf.findBackendFactory("cpu")();
      return Object.assign(twin, { firstUse: false, isGPUPackage: ${gpuPackage}, isUsingGpuDevice: ${gpu} });
    }, 3);
    for (const { kernelName } of tf.getKernelsForBackend(${JSON.stringify(backend)}))
      tf.unregisterKernel(kernelName, ${JSON.stringify(backend)});
    tf.copyRegisteredKernels("cpu", ${JSON.stringify(backend)});
    tf.setBackend(${JSON.stringify(backend)});
    ${exports}
  `;
}

/** A package `@roga/backend-onednn` with the exports that the engine sets its options through. */
export function onednnCode({ addon = true } = {}): string {
  const exports = `
    const state = { threads: 2, precision: "float32" };
    exports.describe = () => {
      if (!${addon}) throw new Error("no addon for this processor.\\n  tried: one\\nBuild it.");
      return describe();
    };
    const describe = () => ({ version: "0.0.0", oneDNN: "2.6.3", isa: "AVX-512", ...state });
    exports.setThreads = (threads) => { state.threads = threads; };
    exports.setPrecision = (precision) => {
      if (state.threads === 9 && precision === "bfloat16") throw new Error("precision: this processor has no bfloat16");
      state.precision = precision; globalThis.onednnPrecision = precision; };
  `;
  return registeringCode({ backend: "onednn", exports });
}
