/** Runs one case on a backend, and compares. */
import * as tf from "@tensorflow/tfjs-core";
import type { Case, Inputs, Tolerance, Values } from "./case.js";

export interface Output {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: ArrayLike<number>;
}

function bits(values: ArrayBufferView): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("latin1");
}

/** The outputs of the case's kernel on the current backend; checks that it leaves its inputs, and nothing else, behind. */
export function outputsOf({
  kernel,
  inputs,
  attrs,
  inPlace,
}: Pick<Case, "kernel" | "inputs" | "attrs" | "inPlace">): Output[] {
  const before = tf.memory();
  const tensors = new Map<string, tf.Tensor>();
  const unique = new Map<Values, tf.Tensor>();
  for (const [name, value] of Object.entries(inputs)) {
    const tensor = unique.get(value) ?? tf.tensor(value.values.slice(), value.shape, value.dtype);
    unique.set(value, tensor);
    // In the memory of the backend, as the results of kernels are.
    tensors.set(name, inPlace ? tf.tidy(() => tf.mul(tensor, 1)) : tensor);
  }
  const list = [...tensors.values()];
  const named = (Array.isArray(inputs) ? list : Object.fromEntries(tensors)) as tf.NamedTensorMap;
  const raw: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(kernel, named, (attrs ?? {}) as tf.NamedAttrMap);
  const results = [raw].flat();
  const outputs = results.map((tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, values: tensor.dataSync() }));
  if (!inPlace) {
    for (const [{ values }, tensor] of unique) {
      if (bits(tensor.dataSync()) !== bits(values)) throw new Error(`${kernel} changed an input`);
    }
  }
  tf.dispose([results, list, [...unique.values()]]);
  const after = tf.memory();
  if (after.numTensors !== before.numTensors || after.numDataBuffers !== before.numDataBuffers) {
    throw new Error(`${kernel} leaves tensors behind`);
  }
  return outputs;
}

/** Throws where the outputs of a case are too far from those expected. */
export function compareOutputs(case_: Case, actual: Output[], expected: Output[], magnitudes?: Output[]): void {
  const where = `${case_.kernel}, ${case_.label}`;
  if (actual.length !== expected.length) throw new Error(`${where}: ${actual.length} outputs, not ${expected.length}`);
  expected.forEach((output, index) => {
    const own = actual[index]!;
    if (own.shape.join() !== output.shape.join() || own.dtype !== output.dtype) {
      throw new Error(`${where}: [${own.shape}] ${own.dtype}, expected [${output.shape}] ${output.dtype}`);
    }
    const worst = farthest(case_.tolerance, own.values, output.values, magnitudes?.[index]?.values);
    if (worst === undefined) return;
    const values = `${own.values[worst]}, expected ${output.values[worst]}`;
    throw new Error(`${where}: output ${index} [${output.shape}] at ${worst} is ${values}`);
  });
}

/** The index where the tolerance is exceeded most, if anywhere. */
function farthest(
  tolerance: Tolerance,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  magnitudes: ArrayLike<number> | undefined,
): number | undefined {
  const { rtol = 0, atol = 0, terms = 0 } = tolerance === "exact" ? {} : tolerance;
  let [worst, most]: [number | undefined, number] = [undefined, 1];
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (a === e || (Number.isNaN(a) && Number.isNaN(e))) continue;
    const finite = Number.isFinite(a) && Number.isFinite(e);
    const allowed = Math.abs(rtol * e) + atol + (magnitudes ? terms * 2 ** -23 * magnitudes[i]! : 0);
    const ratio = finite ? Math.abs(a - e) / allowed : Infinity;
    // Also what is not a number: an allowance that is not one allows nothing.
    if (!(ratio <= most)) [worst, most] = [i, Number.isNaN(ratio) ? Infinity : ratio];
  }
  return worst;
}

/** The kernel to run for {@link Tolerance}: with absolute values, and linear, as activations do not widen distances. */
export function inMagnitude<C extends Pick<Case, "inputs" | "attrs">>(case_: C): C {
  const absolute = (input: Values): Values =>
    input.dtype === "float32" ? { ...input, values: Float32Array.from(input.values, Math.abs) } : input;
  const inputs: Inputs = Array.isArray(case_.inputs)
    ? case_.inputs.map(absolute)
    : Object.fromEntries(Object.entries(case_.inputs).map(([name, input]) => [name, absolute(input)]));
  const { preluActivationWeights: _, ...rest } = inputs as Record<string, Values>;
  const linear = case_.attrs && "activation" in case_.attrs;
  return {
    ...case_,
    inputs: linear ? rest : inputs,
    ...(linear && { attrs: { ...case_.attrs, activation: "linear" } }),
  };
}
