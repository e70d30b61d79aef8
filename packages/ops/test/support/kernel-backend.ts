/**
 * A backend that has all kernels of the contract: the JavaScript backend's, and the contract's as loops in float64. It
 * writes down which of them ran, with what, and updates in place where the contract lets a kernel do so.
 */
import "@tensorflow/tfjs";
import { useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import {
  AdamUpdate,
  AverageUpdate,
  BatchNormTraining,
  BatchNormTrainingGrad,
  FusedConv2DSwish,
  FusedDepthwiseConv2DSwish,
  ListAxpy,
  ListDot,
  ListNorm,
  ListScale,
  SgdUpdate,
  Swish,
  SwishGrad,
} from "../../src/index.js";
import { ACTIVATIONS, adamStep, batchNorm, batchNormGradient, type Normalized, sgdStep } from "./formulas.js";
import { JOINED } from "./joined-kernels.js";

/** The parts of the JavaScript backend that its kernels use. */
interface JsBackend extends tf.KernelBackend {
  readonly data: { get(id: object): { values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: "float32", values: Float32Array): tf.TensorInfo;
}

type Inputs = Record<string, tf.TensorInfo>;
type Attributes = Record<string, number | string | boolean | number[]>;
/** What a kernel of the tests works with. */
interface Context {
  readonly inputs: Inputs;
  readonly attrs: Attributes;
  values(name: string): Float32Array;
  has(name: string): boolean;
  output(values: ArrayLike<number>, shape: readonly number[]): tf.TensorInfo;
  /** What the JavaScript backend's kernel gives for the same inputs and attributes, with f applied to each value. */
  mapped(kernel: string, f: (value: number) => number): tf.TensorInfo;
  /** New values of an input: in its place where it has no other owner. */
  replacing(name: string, values: ArrayLike<number>): tf.TensorInfo;
}

/** A kernel of the contract that ran. */
export interface Call {
  readonly kernel: string;
  readonly inputs: readonly string[];
  readonly attrs: Attributes;
}

/** The calls since `useKernelBackend` or the last emptying. */
export const calls: Call[] = [];

function normalized({ inputs, attrs, values, has }: Context): Normalized {
  return {
    x: values("x"),
    channels: inputs.x!.shape.at(-1)!,
    gamma: has("gamma") ? values("gamma") : undefined,
    beta: has("beta") ? values("beta") : undefined,
    epsilon: attrs.epsilon as number,
    activation: attrs.activation as string,
  };
}

function perTensor(context: Context, prefix: string, f: (index: number, name: string) => tf.TensorInfo[]) {
  return Array.from({ length: context.attrs.count as number }, (_, index) => f(index, `${prefix}${index}`)).flat();
}

function factor({ attrs, has, values }: Context): number {
  if (has("alpha") === (attrs.alpha !== undefined)) throw new Error("alpha must be given in one place");
  return has("alpha") ? values("alpha")[0]! : Math.fround(attrs.alpha as number);
}

function sum(context: Context, term: (index: number, i: number) => number): number {
  let total = 0;
  for (let index = 0; index < (context.attrs.count as number); index++) {
    for (let i = 0; i < context.values(`x${index}`).length; i++) total += term(index, i);
  }
  return total;
}

const KERNELS: Record<string, (context: Context) => tf.TensorInfo[]> = {
  [BatchNormTraining](context) {
    const [y, mean, variance] = batchNorm(normalized(context)) as [number[], number[], number[]];
    const channels = [mean.length];
    return [
      context.output(y, context.inputs.x!.shape),
      context.output(mean, channels),
      context.output(variance, channels),
    ];
  },
  [BatchNormTrainingGrad](context) {
    const [dx, dGamma, dBeta] = batchNormGradient({ ...normalized(context), dy: context.values("dy") });
    const expected = batchNorm(normalized(context));
    for (const [name, values] of [["mean", expected[1]!] as const, ["variance", expected[2]!] as const]) {
      values.forEach((value, c) => {
        if (context.values(name)[c] !== Math.fround(value)) throw new Error(`${name} is not that of the forward pass`);
      });
    }
    const channels = [dGamma!.length];
    return [
      context.output(dx!, context.inputs.x!.shape),
      context.output(dGamma!, channels),
      context.output(dBeta!, channels),
    ];
  },
  [Swish]: ({ inputs, values, output }) => [output(values("x").map(ACTIVATIONS.swish!.f), inputs.x!.shape)],
  [SwishGrad]: ({ inputs, values, output }) => [
    output(
      values("x").map((x, i) => values("dy")[i]! * ACTIVATIONS.swish!.derivative(x)),
      inputs.x!.shape,
    ),
  ],
  [FusedConv2DSwish]: ({ mapped }) => [mapped(tf.FusedConv2D, ACTIVATIONS.swish!.f)],
  [FusedDepthwiseConv2DSwish]: ({ mapped }) => [mapped(tf.FusedDepthwiseConv2D, ACTIVATIONS.swish!.f)],
  [ListAxpy]: (context) =>
    perTensor(context, "x", (index, name) => {
      const y = context.values(`y${index}`);
      const alpha = factor(context);
      return [
        context.output(
          context.values(name).map((x, i) => alpha * x + y[i]!),
          context.inputs[name]!.shape,
        ),
      ];
    }),
  [ListScale]: (context) =>
    perTensor(context, "x", (_, name) => {
      const alpha = factor(context);
      return [
        context.output(
          context.values(name).map((x) => alpha * x),
          context.inputs[name]!.shape,
        ),
      ];
    }),
  [ListNorm]: (context) => [
    context.output([Math.sqrt(sum(context, (index, i) => context.values(`x${index}`)[i]! ** 2))], []),
  ],
  [ListDot]: (context) => [
    context.output([sum(context, (index, i) => context.values(`x${index}`)[i]! * context.values(`y${index}`)[i]!)], []),
  ],
  [SgdUpdate]: (context) =>
    perTensor(context, "v", (index, name) => {
      const g = context.values(`g${index}`);
      const m = context.attrs.momentum === 0 ? undefined : context.values(`m${index}`);
      const options = context.attrs as unknown as Parameters<typeof sgdStep>[1];
      const steps = Array.from(context.values(name), (v, i) => sgdStep([v, g[i]!, m?.[i] ?? 0], options));
      const value = context.replacing(
        name,
        steps.map(([v]) => v),
      );
      return m === undefined
        ? [value]
        : [
            value,
            context.replacing(
              `m${index}`,
              steps.map(([, momentum]) => momentum),
            ),
          ];
    }),
  [AverageUpdate]: (context) =>
    perTensor(context, "v", (index, name) => {
      const x = context.values(`x${index}`);
      const rate = context.attrs.rate as number;
      const moved = Array.from(context.values(name), (v, i) => v - (v - x[i]!) * rate);
      return [context.replacing(name, moved)];
    }),
  [AdamUpdate]: (context) =>
    perTensor(context, "v", (index, name) => {
      const [g, m, s] = ["g", "m", "s"].map((prefix) => context.values(`${prefix}${index}`));
      const options = context.attrs as unknown as Parameters<typeof adamStep>[1];
      const steps = Array.from(context.values(name), (v, i) => adamStep([v, g![i]!, m![i]!, s![i]!], options));
      return [name, `m${index}`, `s${index}`].map((which, kind) =>
        context.replacing(
          which,
          steps.map((step) => step[kind]!),
        ),
      );
    }),
};

/** Runs a kernel of JOINED; what is between its JavaScript kernels goes with it. */
function runJoined(
  compute: (typeof JOINED)[string],
  js: JsBackend,
  inputs: Inputs,
  attrs: Attributes,
): tf.TensorInfo[] {
  const made: tf.TensorInfo[] = [];
  const outputs = compute({
    inputs,
    attrs,
    stock(kernel, given, attrs = {}) {
      const present = Object.fromEntries(Object.entries(given).filter(([, tensor]) => tensor !== undefined));
      const { kernelFunc } = tf.getKernel(kernel, "cpu");
      const call = { inputs: present, backend: js, attrs: { ...attrs } } as Parameters<tf.KernelFunc>[0];
      const y = kernelFunc(call) as tf.TensorInfo;
      made.push(y);
      return y;
    },
    map(tensor, f) {
      const { values } = js.data.get(tensor.dataId);
      values.set(values.map(f));
      return tensor;
    },
  });
  for (const each of made) if (!outputs.includes(each)) js.disposeData(each.dataId);
  return outputs;
}

function register(): void {
  if (tf.findBackendFactory("kernels") !== null) return;
  tf.registerBackend("kernels", tf.findBackendFactory("cpu"), 0);
  tf.copyRegisteredKernels("cpu", "kernels");
  for (const [kernelName, compute] of Object.entries(JOINED)) {
    tf.registerKernel({
      kernelName,
      backendName: "kernels",
      kernelFunc({ inputs, attrs, backend }) {
        calls.push({ kernel: kernelName, inputs: Object.keys(inputs), attrs: attrs as Attributes });
        return runJoined(compute, backend as JsBackend, inputs as Inputs, attrs as Attributes);
      },
    });
  }
  for (const [kernelName, compute] of Object.entries(KERNELS)) {
    tf.registerKernel({
      kernelName,
      backendName: "kernels",
      kernelFunc({ inputs, attrs, backend }) {
        const js = backend as JsBackend;
        const given = inputs as Inputs;
        const values = (name: string) => js.data.get(given[name]!.dataId).values;
        const output = (values: ArrayLike<number>, shape: readonly number[]) =>
          js.makeTensorInfo([...shape], "float32", Float32Array.from(values));
        calls.push({ kernel: kernelName, inputs: Object.keys(given), attrs: attrs as Attributes });
        return compute({
          inputs: given,
          attrs: attrs as Attributes,
          values,
          output,
          has: (name) => given[name] !== undefined,
          mapped(kernel, f) {
            const { kernelFunc } = tf.getKernel(kernel, "cpu");
            const z = kernelFunc({
              inputs: given,
              backend,
              attrs: { ...attrs, activation: "linear" },
            }) as tf.TensorInfo;
            if ([given.x!, z].some(({ shape }) => shape.includes(0)))
              throw new Error(`${kernelName}: a dimension of 0`);
            const { values } = js.data.get(z.dataId);
            values.set(values.map(f));
            return z;
          },
          replacing(name, next) {
            const { dataId, shape, dtype } = given[name]!;
            if (js.refCount(dataId) !== 1) return output(next, shape);
            values(name).set(next);
            js.incRef(dataId);
            return { dataId, shape, dtype };
          },
        });
      },
    });
  }
}

/** Makes the tests' engine current (`"engine"`), or this one (`"kernels"`), and forgets the calls. */
export async function useBackend(name: "engine" | "kernels"): Promise<void> {
  await useTestEngine();
  register();
  if (name === "kernels") await tf.setBackend(name);
  calls.length = 0;
}

/** Names of the kernels that ran. */
export function ran(): string[] {
  return calls.map(({ kernel }) => kernel);
}
