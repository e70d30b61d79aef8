/**
 * Registers kernels: those written here, each over the JavaScript kernel of the same name, which takes what the native
 * one does not (other types, layouts or shapes), and all other kernels of the JavaScript backend as they are.
 */
import {
  type Attribute,
  getKernel,
  getKernelsForBackend,
  type KernelFunc,
  type NamedTensorInfoMap,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from "@tensorflow/tfjs-core";
import type { OnednnBackend } from "./backend.js";

export const BACKEND = "onednn";

/** What a native kernel is called with; `A` and `I` are the attributes and inputs that TensorFlow.js gives it. */
export interface Call<I = Record<string, TensorInfo>, A = Record<string, unknown>> {
  inputs: { [name in keyof I]: Exclude<I[name], undefined> };
  attrs: A;
  backend: OnednnBackend;
}

/** What a native kernel leaves to the JavaScript kernel of the same name; for people, see KERNELS.md. */
export interface Leaves {
  /** Of which types; "other types" than float32 by default. */
  readonly types?: string;
  /** What it leaves of the types that it takes. */
  readonly other?: string;
}

/** A kernel that this package implements. */
export interface NativeKernel {
  readonly name: string;
  readonly leaves: Leaves;
  /** Computes, or returns `undefined` for what it leaves to the JavaScript kernel of the same name. */
  run(call: Call): TensorInfo | TensorInfo[] | undefined;
}

/** Declares a kernel with the types of its inputs and attributes, and what it leaves to JavaScript. */
export function kernel<I, A = object>(
  name: string,
  run: (call: Call<I, A>) => TensorInfo | TensorInfo[] | undefined,
  leaves: Leaves = {},
): NativeKernel {
  return { name, leaves, run: run as unknown as NativeKernel["run"] };
}

/** Kernels that give their input's data another shape, and look at no value. */
const SHAPES_ALONE: ReadonlySet<string> = new Set(["Identity", "Reshape", "ExpandDims"]);

export function registerKernels(native: readonly NativeKernel[]): void {
  const own = new Set(native.map(({ name }) => name));
  for (const { kernelName, kernelFunc, setupFunc, disposeFunc } of getKernelsForBackend("cpu")) {
    if (own.has(kernelName)) continue;
    const run = SHAPES_ALONE.has(kernelName)
      ? (kernelFunc as unknown as (call: RawCall) => TensorInfo)
      : (call: RawCall) => detached(kernelFunc, call);
    register(kernelName, run, setupFunc, disposeFunc);
  }
  for (const { name, run } of native) {
    register(name, (call) => {
      const { inputs, attrs, backend } = call;
      const result = run({
        inputs: inputs as Record<string, TensorInfo>,
        attrs: attrs ?? {},
        backend: backend as OnednnBackend,
      });
      if (result !== undefined) return result;
      // Looked up late: another package may have put a better JavaScript kernel in its place.
      const fallback = getKernel(name, "cpu");
      if (fallback === undefined) throw new Error(`${name}: the backend "${BACKEND}" has no kernel for these inputs`);
      return detached(fallback.kernelFunc, call);
    });
  }
}

type RawCall = { inputs: NamedTensorInfoMap; backend: object; attrs?: Record<string, Attribute> };

/** Runs a JavaScript kernel, and sees to it that its results have memory of their own. */
function detached(kernelFunc: KernelFunc, call: RawCall): TensorInfo | TensorInfo[] {
  const backend = call.backend as OnednnBackend;
  backend.finish();
  const result = kernelFunc(call as Parameters<KernelFunc>[0]);
  const inputs = tensorsIn(Object.values(call.inputs));
  for (const output of tensorsIn([result])) backend.detach(output, inputs);
  return result;
}

/** Some kernels take or give lists of tensors, and optional ones. */
function tensorsIn(values: readonly unknown[]): TensorInfo[] {
  return values.flat(2).filter((value) => value != null) as TensorInfo[];
}

function register(
  kernelName: string,
  kernelFunc: (call: RawCall) => TensorInfo | TensorInfo[],
  setupFunc?: (backend: object) => void,
  disposeFunc?: (backend: object) => void,
): void {
  if (getKernel(kernelName, BACKEND) !== undefined) unregisterKernel(kernelName, BACKEND);
  registerKernel({
    kernelName,
    backendName: BACKEND,
    kernelFunc: kernelFunc as KernelFunc,
    ...(setupFunc && { setupFunc }),
    ...(disposeFunc && { disposeFunc }),
  });
}
