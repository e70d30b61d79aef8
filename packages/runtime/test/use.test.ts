/** Which engine is picked, and what is said about it. */
import { symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  EngineError,
  EngineOptionError,
  EngineUnavailableError,
  engineNames,
  listEngines,
  UnknownEngineError,
  use,
} from "../src/index.js";
import { adapterCode, dawnCode, onednnCode, projectWith, registeringCode, webgpuBackendCode } from "./fake-packages.js";

const NO_GPU = "webgpu: no adapter: Dawn found no GPU that it can use";

/** The engines' modules remember what a package did on loading, so that each test that loads one starts afresh. */
async function freshRuntime(): Promise<typeof import("../src/index.js")> {
  vi.resetModules();
  return import("../src/index.js");
}

beforeEach(() => {
  // The Vulkan loader, which this machine may lack, loads.
  vi.spyOn(process, "dlopen").mockImplementation(() => {});
});

afterEach(() => {
  for (const backend of ["tensorflow", "onednn", "webgpu"])
    if (tf.findBackendFactory(backend) !== null) tf.removeBackend(backend);
  vi.restoreAllMocks();
});

describe("use", () => {
  it("starts the JavaScript engine without TensorFlow.js' advice on the console", async () => {
    const warn = vi.spyOn(console, "warn");
    const engine = await use("cpu");
    expect(engine).toMatchObject({ name: "cpu", threads: 1, reason: "asked for by name" });
    expect(engine.device).not.toBe("");
    expect(tf.getBackend()).toBe("cpu");
    tf.tensor1d([1]).dispose();
    expect(warn).not.toHaveBeenCalled();
    expect(tf.env().getBool("PROD")).toBe(false);
  });

  it('"auto" says why each better engine was passed over', async () => {
    const projectDir = projectWith({
      "@tensorflow/tfjs-node-gpu": 'throw new Error("libtensorflow.so.2: cannot open shared object file")',
    });
    const engine = await use("auto", { projectDir });
    expect(engine.name).toBe("cpu");
    expect(engine.reason).toBe(
      "the best that can be used here; " +
        "tfjs-node-gpu: libtensorflow.so.2: cannot open shared object file; " +
        `${NO_GPU}; onednn: no addon; tfjs-node: not installed`,
    );
  });

  it('"auto" takes the first engine that loads, from the project', async () => {
    const runtime = await freshRuntime();
    const projectDir = projectWith({ "@tensorflow/tfjs-node": registeringCode() });
    const engine = await runtime.use("auto", { projectDir });
    expect(engine).toMatchObject({ name: "tfjs-node", threads: availableParallelism() });
    expect(engine.reason).toBe(
      `the best that can be used here; tfjs-node-gpu: not installed; ${NO_GPU}; onednn: no addon`,
    );
    expect(tf.getBackend()).toBe("tensorflow");
    expect((await tf.add([1, 2], [3, 4]).data()).join()).toBe("4,6");
    await runtime.use("cpu");
    expect(tf.getBackend()).toBe("cpu");
    expect((await runtime.use("tfjs-node", { projectDir: projectWith({}) })).name).toBe("tfjs-node");
  });

  it("finds what the program depends on, wherever it is run and whatever link it is run by", async () => {
    const [program] = process.argv.splice(1, 1);
    try {
      const runtime = await freshRuntime();
      const installed = projectWith({ "@tensorflow/tfjs-node": registeringCode() });
      const elsewhere = projectWith({});
      writeFileSync(join(installed, "program.js"), "");
      symlinkSync(join(installed, "program.js"), join(elsewhere, "command"));
      process.argv.splice(1, 0, join(elsewhere, "command"));
      expect((await runtime.use("tfjs-node", { projectDir: elsewhere })).name).toBe("tfjs-node");
    } finally {
      process.argv.splice(1, process.argv.length > 1 ? 1 : 0, ...(program === undefined ? [] : [program]));
    }
  });

  it("loads tfjs-node where Node.js no longer has the functions that it calls", async () => {
    const util: Record<string, unknown> = createRequire(import.meta.url)("node:util");
    const { isArray, isNullOrUndefined } = util;
    try {
      delete util.isArray;
      delete util.isNullOrUndefined;
      const runtime = await freshRuntime();
      const projectDir = projectWith({ "@tensorflow/tfjs-node": registeringCode() });
      expect((await runtime.use("tfjs-node", { projectDir })).name).toBe("tfjs-node");
      const restored = util as { isNullOrUndefined(value: unknown): boolean; isArray(value: unknown): boolean };
      expect([null, undefined, 0, ""].map(restored.isNullOrUndefined)).toEqual([true, true, false, false]);
      expect([[], {}].map(restored.isArray)).toEqual([true, false]);
    } finally {
      Object.assign(util, { isArray, isNullOrUndefined });
    }
  });

  it("takes the GPU package where TensorFlow found a GPU", async () => {
    const runtime = await freshRuntime();
    const projectDir = projectWith({ "@tensorflow/tfjs-node-gpu": registeringCode({ gpuPackage: true, gpu: true }) });
    expect(await runtime.use("auto", { projectDir })).toMatchObject({
      name: "tfjs-node-gpu",
      device: "GPU through CUDA",
      reason: "the best that can be used here",
    });
    await expect(runtime.use("tfjs-node", { projectDir })).rejects.toThrow(
      'engine: "tfjs-node" cannot be used: tfjs-node-gpu is loaded already, and a process can hold only one of the two. ' +
        "Use tfjs-node-gpu, or start another process",
    );
  });

  it("passes over the GPU package without a GPU, and then loads tfjs-node", async () => {
    const runtime = await freshRuntime();
    const projectDir = projectWith({
      "@tensorflow/tfjs-node-gpu": registeringCode({ gpuPackage: true }),
      "@tensorflow/tfjs-node": registeringCode(),
    });
    const engine = await runtime.use("auto", { projectDir });
    expect(engine.name).toBe("tfjs-node");
    expect(engine.reason).toContain("tfjs-node-gpu: TensorFlow found no GPU that it can use");
    expect((await runtime.listEngines({ projectDir }))[0]).toMatchObject({ name: "tfjs-node-gpu", available: false });
  });

  it("shows the GPU package one device, within those that are visible", async () => {
    const before = process.env.CUDA_VISIBLE_DEVICES;
    process.env.CUDA_VISIBLE_DEVICES = "4, 6";
    try {
      const runtime = await freshRuntime();
      const code = `${registeringCode({ gpuPackage: true, gpu: true })}
        if (process.env.CUDA_VISIBLE_DEVICES !== "6") throw new Error(process.env.CUDA_VISIBLE_DEVICES);`;
      const projectDir = projectWith({ "@tensorflow/tfjs-node-gpu": code });
      await expect(runtime.use("tfjs-node-gpu", { projectDir, device: 2 })).rejects.toThrow(
        'engine: "tfjs-node-gpu" cannot be used: device 2 was asked for, but CUDA_VISIBLE_DEVICES="4, 6" lists 2. ' +
          "Ask for a device from 0 to 1, or list more in CUDA_VISIBLE_DEVICES",
      );
      const engine = await runtime.use("tfjs-node-gpu", { projectDir, device: 1 });
      expect(engine.device).toBe("GPU 6 through CUDA");
      expect((await runtime.use("auto", { projectDir, device: 1 })).name).toBe("tfjs-node-gpu");
      await expect(runtime.use("tfjs-node-gpu", { projectDir, device: 0 })).rejects.toThrow(
        "device 0 was asked for after TensorFlow was loaded with device 1. Give the device when the engine is first used",
      );
    } finally {
      if (before === undefined) delete process.env.CUDA_VISIBLE_DEVICES;
      else process.env.CUDA_VISIBLE_DEVICES = before;
    }
  });

  it("takes the native package, with its threads and precision", async () => {
    const projectDir = projectWith({ "@roga/backend-onednn": onednnCode() });
    const precision = () => (globalThis as { onednnPrecision?: string }).onednnPrecision;
    const engine = await use("onednn", { projectDir, threads: 3, precision: "bfloat16" });
    expect(engine).toMatchObject({ name: "onednn", threads: 3 });
    expect(precision()).toBe("bfloat16");
    expect(tf.getBackend()).toBe("onednn");
    await use("auto", { projectDir });
    expect(precision()).toBe("float32");
    await expect(use("onednn", { projectDir, threads: 9, precision: "bfloat16" })).rejects.toThrow(
      new EngineOptionError("precision: this processor has no bfloat16"),
    );
    await use("onednn", { projectDir, threads: 3 });
    const report = (await listEngines({ projectDir })).find(({ name }) => name === "onednn");
    expect(report).toMatchObject({ available: true, threads: 3, reason: "oneDNN 2.6.3 for AVX-512" });
  });

  it("rejects an unknown name with the known ones", async () => {
    const failure = use("cuda");
    await expect(failure).rejects.toThrow(UnknownEngineError);
    await expect(failure).rejects.toThrow(EngineError);
    await expect(failure).rejects.toThrow(
      'engine: expected "auto" or one of tfjs-node-gpu, webgpu, onednn, tfjs-node, cpu, got "cuda"',
    );
  });

  it.each([
    [
      "tfjs-node",
      {},
      'engine: "tfjs-node" cannot be used: not installed. Install it: npm install @tensorflow/tfjs-node',
    ],
    [
      "tfjs-node-gpu",
      {
        "@tensorflow/tfjs-node-gpu":
          'throw new Error("The Node.js native addon module can not be found at path: x.node. \\nPlease run …")',
      },
      'engine: "tfjs-node-gpu" cannot be used: The Node.js native addon module can not be found at path: x.node. ' +
        "Its install script, which fetches TensorFlow's library, may not have run: npm rebuild " +
        "@tensorflow/tfjs-node-gpu (with --build-addon-from-source where no prebuilt addon fits this Node.js)",
    ],
    [
      "tfjs-node",
      { "@tensorflow/tfjs-node": "" },
      /"tfjs-node" cannot be used: it brought no working backend "tensorflow"\. /,
    ],
    [
      "onednn",
      { "@roga/backend-onednn": 'throw new Error("libdnnl.so.2 is missing.\\nInstall libdnnl2.\\nThen rebuild.")' },
      'engine: "onednn" cannot be used: libdnnl.so.2 is missing. Install libdnnl2.\nThen rebuild.',
    ],
    ["onednn", { "@roga/backend-onednn": 'throw "no AVX2"' }, /"onednn" cannot be used: no AVX2\. Reinstall it\. /],
    [
      "onednn",
      { "@roga/backend-onednn": registeringCode({ backend: "onednn" }) },
      "its version is not one that this package knows: describe, setThreads or setPrecision is missing",
    ],
    ["onednn", { "@roga/backend-onednn": "" }, /"onednn" cannot be used: it registered no backend "onednn"\. /],
  ])("says why %s cannot be used, and what to do", async (name, packages, message) => {
    const failure = use(name, { projectDir: projectWith(packages) });
    await expect(failure).rejects.toThrow(EngineUnavailableError);
    await expect(failure).rejects.toThrow(message);
  });

  it.each([
    ["kernels", "slow", '"fast" or "stock"'],
    ["device", -1, "a GPU's index from 0"],
    ["threads", 1.5, "a whole number from 1"],
    ["precision", "float16", '"float32" or "bfloat16"'],
  ])("rejects %s: %j", async (option, value, expected) => {
    const message = `${option}: expected ${expected}, got ${JSON.stringify(value)}`;
    await expect(use("auto", { [option]: value })).rejects.toThrow(new EngineOptionError(message));
    await expect(listEngines({ [option]: value })).rejects.toThrow(new EngineOptionError(message));
  });

  it("switches between the fast and the stock kernels", async () => {
    await use("cpu", { kernels: "stock" });
    const stock = tf.getKernel("Conv2D", "cpu");
    await use("cpu");
    expect(tf.getKernel("Conv2D", "cpu")).not.toBe(stock);
    await use("auto", { kernels: "stock", projectDir: projectWith({}) });
    expect(tf.getKernel("Conv2D", "cpu")).toBe(stock);
  });

  it("rejects an option of another engine", async () => {
    await expect(use("cpu", { threads: 2 })).rejects.toThrow(
      new EngineOptionError('threads: only the engine "onednn" has this option, got it with "cpu"'),
    );
    await expect(use("tfjs-node", { kernels: "fast" })).rejects.toThrow(
      new EngineOptionError('kernels: only the engine "cpu" has this option, got it with "tfjs-node"'),
    );
  });
});

describe("the engine webgpu", () => {
  const backend = "@tensorflow/tfjs-backend-webgpu";

  it('is taken by "auto" on a GPU that passes the test of its gradients', async () => {
    const runtime = await freshRuntime();
    await runtime.use("cpu");
    const projectDir = projectWith({ webgpu: dawnCode(adapterCode()), [backend]: webgpuBackendCode() });
    expect(await runtime.use("auto", { projectDir })).toEqual({
      name: "webgpu",
      device: "NVIDIA RTX 4070",
      threads: 1,
      reason: "the best that can be used here; tfjs-node-gpu: not installed",
    });
    expect(tf.getBackend()).toBe("webgpu");
    expect((globalThis as { navigator?: { gpu?: object } }).navigator?.gpu).toBeUndefined();
  });

  it('is passed over by "auto" where a kernel is wrong, and says which gradient', async () => {
    const runtime = await freshRuntime();
    const wrong = `
      const kernelName = "DepthwiseConv2dNativeBackpropFilter";
      const right = tf.getKernel(kernelName, "webgpu");
      tf.unregisterKernel(kernelName, "webgpu");
      tf.registerKernel({ ...right, kernelFunc: (given) => {
        const result = right.kernelFunc(given);
        given.backend.data.get(result.dataId).values[5] = NaN;
        return result;
      } });
    `;
    const projectDir = projectWith({ webgpu: dawnCode(adapterCode()), [backend]: webgpuBackendCode(wrong) });
    const engine = await runtime.use("auto", { projectDir });
    expect(engine.name).toBe("cpu");
    expect(engine.reason).toMatch(
      /webgpu: self-test: the gradient of depthwise, value 5, is NaN, on cpu -?[\d.e-]+; allowed are 0\.001 of the largest, /,
    );
    expect((await runtime.use("webgpu", { projectDir })).name).toBe("webgpu");
  });

  it("on a software adapter it is taken by name alone", async () => {
    const runtime = await freshRuntime();
    const projectDir = projectWith({
      webgpu: dawnCode(adapterCode({ software: true })),
      [backend]: webgpuBackendCode(),
    });
    expect((await runtime.use("auto", { projectDir })).reason).toContain(
      "webgpu: llvmpipe (LLVM 15.0.6, 512 bits) is a software adapter, slower than the processor's own engines",
    );
    expect(await runtime.use("webgpu", { projectDir })).toMatchObject({ name: "webgpu", reason: "asked for by name" });
  });

  it("says what stops its device", async () => {
    const runtime = await freshRuntime();
    const adapter = adapterCode().replace(/Promise\.resolve\(.*\)/, 'Promise.reject(new Error("out of memory"))');
    const projectDir = projectWith({ webgpu: dawnCode(adapter), [backend]: webgpuBackendCode() });
    await expect(runtime.use("webgpu", { projectDir })).rejects.toThrow(
      `engine: "webgpu" cannot be used: its device could not be opened: out of memory. Check the GPU's driver`,
    );
    expect((await runtime.use("auto", { projectDir })).reason).toContain(
      "webgpu: its device could not be opened: out of memory",
    );
  });

  it.skipIf(process.platform !== "linux")("says that the Vulkan loader is missing, before Dawn does", async () => {
    vi.mocked(process.dlopen).mockImplementation(() => {
      throw new Error("libvulkan.so.1: cannot open shared object file: No such file or directory");
    });
    const runtime = await freshRuntime();
    await expect(runtime.use("webgpu", { projectDir: projectWith({}) })).rejects.toThrow(
      'engine: "webgpu" cannot be used: no adapter: the Vulkan loader libvulkan.so.1 is not installed. ' +
        "Install it with the GPU's driver, on Debian and Ubuntu: apt-get install libvulkan1",
    );
  });

  it("leaves a backend of that name alone that the program made itself", async () => {
    const runtime = await freshRuntime();
    tf.registerBackend("webgpu", () => tf.findBackendFactory("cpu")!());
    await expect(runtime.use("webgpu", { projectDir: projectWith({}) })).rejects.toThrow(
      'the program has registered a backend "webgpu" of its own',
    );
  });
});

describe("listEngines", () => {
  it("lists every engine, best first, with its reason", async () => {
    const reports = await listEngines({ projectDir: projectWith({}) });
    expect(reports.map(({ name }) => name)).toEqual(engineNames);
    expect(reports.map(({ name, available, reason }) => [name, available, reason])).toEqual([
      ["tfjs-node-gpu", false, "not installed"],
      ["webgpu", false, "no adapter: Dawn found no GPU that it can use"],
      ["onednn", false, "no addon"],
      ["tfjs-node", false, "not installed"],
      ["cpu", true, "part of TensorFlow.js"],
    ]);
    expect(reports.at(-1)).toMatchObject({ threads: 1, trains: true });
  });

  it("leaves the current backend as it is, whatever a package does on loading", async () => {
    const runtime = await freshRuntime();
    await runtime.use("cpu");
    const projectDir = projectWith({ "@tensorflow/tfjs-node": registeringCode() });
    const reports = await runtime.listEngines({ projectDir });
    expect(reports.filter(({ available }) => available).map(({ name }) => name)).toEqual(["tfjs-node", "cpu"]);
    expect(tf.getBackend()).toBe("cpu");
  });

  it("keeps the fast kernels where a package brings another copy of TensorFlow.js", async () => {
    await use("cpu", { kernels: "stock" });
    const core = createRequire(import.meta.url).resolve("@tensorflow/tfjs-core");
    const code = `
      const tf = require(${JSON.stringify(core)});
      tf.unregisterKernel("Relu", "cpu");
      tf.registerKernel({ kernelName: "Relu", backendName: "cpu", kernelFunc: () => { throw new Error("not ours"); } });
      throw new Error("no addon");
    `;
    const stock = tf.getKernel("Relu", "cpu");
    try {
      await use("cpu");
      await listEngines({ projectDir: projectWith({ "@tensorflow/tfjs-node": code }) });
      expect(tf.getBackend()).toBe("cpu");
      expect(tf.relu([-1, 2]).dataSync().join()).toBe("0,2");
    } finally {
      await use("cpu", { kernels: "stock" });
      tf.unregisterKernel("Relu", "cpu");
      tf.registerKernel(stock);
    }
  });
});
