/**
 * The engine `webgpu`, experimental: a GPU of any make through the packages `webgpu` (Dawn, its binary in the package)
 * and `@tensorflow/tfjs-backend-webgpu`, which the user installs. By name it takes any adapter; "auto" takes it on a
 * real GPU alone, and only when the gradients of a training step agree with the `cpu` backend's.
 */
import { findBackendFactory, getKernelsForBackend, registerBackend, setBackend } from "@tensorflow/tfjs-core";
import type { EngineDescriptor, Loaded } from "../../engine.js";
import { EngineUnavailableError } from "../../errors.js";
import { importPackage, linesOf } from "../import-package.js";
import { quietly } from "../quiet.js";
import { createBackend } from "./backend.js";
import { adapterName, findAdapter, isSoftware } from "./dawn.js";
import { gradientDisagreement } from "./self-test.js";
import type { Adapter, AdapterInfo, BackendPackage, WebGpuBackend } from "./types.js";

const BACKEND = "webgpu";
const BACKEND_PACKAGE = "@tensorflow/tfjs-backend-webgpu";
const INSTALL = `Install it: npm install webgpu ${BACKEND_PACKAGE}`;

/** What {@link start} makes the backend of, found by the last `load`. */
let found: { adapter: Adapter; package: BackendPackage } | undefined;
/** Whether the backend that is registered is ours. */
let started = false;
/** What the self-test found, once it ran. */
let tested: { disagreement: string | undefined } | undefined;

/** Opens the device and registers the backend, unless that was done. */
async function start(): Promise<void> {
  if (findBackendFactory(BACKEND) !== null) return;
  let backend: WebGpuBackend;
  try {
    backend = await createBackend(found!.adapter, found!.package);
  } catch (error) {
    const reason = `its device could not be opened: ${linesOf(error).error}`;
    throw new EngineUnavailableError("webgpu", reason, "Check the GPU's driver");
  }
  registerBackend(BACKEND, () => backend);
  started = true;
}

function unavailable(reason: string, remedy = INSTALL): Loaded {
  return { available: false, reason, remedy };
}

function available(adapter: AdapterInfo): Loaded {
  const reason = isSoftware(adapter) ? "a software adapter, which computes on the processor" : "Dawn found an adapter";
  return { available: true, device: adapterName(adapter), threads: 1, reason };
}

export const webgpu: EngineDescriptor = {
  name: "webgpu",
  trains: true,
  async load({ projectDir = process.cwd() }) {
    if (findBackendFactory(BACKEND) !== null) {
      if (started) return available(found!.adapter.info);
      return unavailable(`the program has registered a backend "${BACKEND}" of its own`, "Remove one of the two");
    }
    const search = await findAdapter(projectDir);
    if (!("adapter" in search)) return unavailable(search.reason, search.remedy || INSTALL);
    const outcome = await quietly(() => importPackage(BACKEND_PACKAGE, projectDir));
    if (!outcome.found) return unavailable(`${BACKEND_PACKAGE} is not installed`);
    if ("error" in outcome) return unavailable(outcome.error, outcome.details || INSTALL);
    const { WebGPUBackend } = outcome.module as Partial<BackendPackage>;
    if (WebGPUBackend === undefined || getKernelsForBackend(BACKEND).length === 0) {
      return unavailable(`${BACKEND_PACKAGE} brought no backend "${BACKEND}"`);
    }
    found = { adapter: search.adapter, package: { WebGPUBackend } };
    return available(found.adapter.info);
  },
  async objection() {
    const { info } = found!.adapter;
    if (isSoftware(info)) return `${adapterName(info)} is a software adapter, slower than the processor's own engines`;
    try {
      await start();
    } catch (error) {
      if (error instanceof EngineUnavailableError) return error.reason;
      throw error;
    }
    tested ??= { disagreement: await quietly(() => gradientDisagreement(BACKEND)) };
    return tested.disagreement && `self-test: ${tested.disagreement}`;
  },
  async activate() {
    await start();
    await setBackend(BACKEND);
  },
};
