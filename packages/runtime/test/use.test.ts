/** Which engine is picked, and what is said about it. */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  EngineError,
  EngineOptionError,
  EngineUnavailableError,
  engineNames,
  listEngines,
  UnknownEngineError,
  use,
} from "../src/index.js";
import { projectWith, registeringCode } from "./fake-packages.js";

/** The engines' modules remember what a package did on loading, so that each test that loads one starts afresh. */
async function freshRuntime(): Promise<typeof import("../src/index.js")> {
  vi.resetModules();
  return import("../src/index.js");
}

afterEach(() => {
  for (const backend of ["tensorflow", "onednn"])
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
        "tfjs-node: not installed; onednn: not installed",
    );
  });

  it('"auto" takes the first engine that loads, from the project', async () => {
    const runtime = await freshRuntime();
    const projectDir = projectWith({ "@tensorflow/tfjs-node": registeringCode() });
    const engine = await runtime.use("auto", { projectDir });
    expect(engine).toMatchObject({ name: "tfjs-node", threads: availableParallelism() });
    expect(engine.reason).toBe("the best that can be used here; tfjs-node-gpu: not installed");
    expect(tf.getBackend()).toBe("tensorflow");
    expect((await tf.add([1, 2], [3, 4]).data()).join()).toBe("4,6");
    await runtime.use("cpu");
    expect(tf.getBackend()).toBe("cpu");
    expect((await runtime.use("tfjs-node", { projectDir: projectWith({}) })).name).toBe("tfjs-node");
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

  it("takes a native package that registers its backend", async () => {
    const projectDir = projectWith({ "@roga/backend-onednn": registeringCode({ backend: "onednn" }) });
    expect(await use("onednn", { projectDir })).toMatchObject({ name: "onednn", threads: availableParallelism() });
    expect(tf.getBackend()).toBe("onednn");
  });

  it("rejects an unknown name with the known ones", async () => {
    const failure = use("cuda");
    await expect(failure).rejects.toThrow(UnknownEngineError);
    await expect(failure).rejects.toThrow(EngineError);
    await expect(failure).rejects.toThrow(
      'engine: expected "auto" or one of tfjs-node-gpu, tfjs-node, onednn, cpu, got "cuda"',
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
      {},
      'engine: "onednn" cannot be used: not installed. The package @roga/backend-onednn has no release yet',
    ],
    ["onednn", { "@roga/backend-onednn": 'throw "no AVX2"' }, /"onednn" cannot be used: no AVX2\. /],
    ["onednn", { "@roga/backend-onednn": "" }, /"onednn" cannot be used: it registered no backend "onednn"\. /],
  ])("says why %s cannot be used, and what to do", async (name, packages, message) => {
    const failure = use(name, { projectDir: projectWith(packages) });
    await expect(failure).rejects.toThrow(EngineUnavailableError);
    await expect(failure).rejects.toThrow(message);
  });

  it("switches between the fast and the stock kernels", async () => {
    await use("cpu", { kernels: "stock" });
    const stock = tf.getKernel("Conv2D", "cpu");
    await use("cpu");
    expect(tf.getKernel("Conv2D", "cpu")).not.toBe(stock);
    await use("auto", { kernels: "stock", projectDir: projectWith({}) });
    expect(tf.getKernel("Conv2D", "cpu")).toBe(stock);
  });

  it("rejects an option's unknown value, and an option of another engine", async () => {
    await expect(use("cpu", { kernels: "slow" as "stock" })).rejects.toThrow(
      new EngineOptionError('kernels: expected "fast" or "stock", got "slow"'),
    );
    await expect(use("tfjs-node", { kernels: "fast" })).rejects.toThrow(
      new EngineOptionError('kernels: only the engine "cpu" has this option, got it with "tfjs-node"'),
    );
  });
});

describe("listEngines", () => {
  it("lists every engine, best first, with its reason", async () => {
    const reports = await listEngines({ projectDir: projectWith({}) });
    expect(reports.map(({ name }) => name)).toEqual(engineNames);
    expect(reports.map(({ name, available, reason }) => [name, available, reason])).toEqual([
      ["tfjs-node-gpu", false, "not installed"],
      ["tfjs-node", false, "not installed"],
      ["onednn", false, "not installed"],
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
