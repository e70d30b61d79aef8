/**
 * One training step of a small net (convolution, depthwise convolution, batch norm, global average pooling, dense layer,
 * binary cross-entropy) on a backend and on `cpu`: whether the gradients agree. The inputs are large enough that the
 * WebGPU backend cannot leave the work to the processor.
 */
import * as tf from "@tensorflow/tfjs-core";

/**
 * How far a gradient's values may be from the `cpu` backend's, as a share of the largest of them. Rounding in another
 * order moves them by some 1e-6; a wrong kernel by far more. A relu that flips at zero stays below.
 */
const TOLERANCE = 1e-3;

/** The net's weights by name and shape. */
const shapes: Readonly<Record<string, readonly number[]>> = {
  convolution: [3, 3, 3, 8],
  depthwise: [3, 3, 8, 1],
  gamma: [8],
  beta: [8],
  dense: [8, 1],
  bias: [1],
};
const IMAGES: [number, number, number, number] = [4, 16, 16, 3];

/** Numbers between -1 and 1 that show no pattern, the same on every machine to the last bits. */
function values(size: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

function loss(images: tf.Tensor4D, labels: tf.Tensor2D, weights: tf.Tensor[]): tf.Scalar {
  const [convolution, depthwise, gamma, beta, dense, bias] = weights;
  let x: tf.Tensor4D = tf.relu(tf.conv2d(images, convolution as tf.Tensor4D, 2, "same"));
  x = tf.depthwiseConv2d(x, depthwise as tf.Tensor4D, 1, "same");
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  x = tf.relu(
    tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, beta as tf.Tensor1D, gamma as tf.Tensor1D, 1e-3),
  );
  const logits = tf.add(tf.matMul(tf.mean<tf.Tensor2D>(x, [1, 2]), dense as tf.Tensor2D), bias!);
  return tf.losses.sigmoidCrossEntropy(labels, logits);
}

/** The loss and its gradients with respect to every weight. */
async function trainingStep(backend: string): Promise<Map<string, Float32Array>> {
  if (!(await tf.setBackend(backend))) throw new Error("the backend could not be started");
  const results = tf.tidy(() => {
    const images = tf.tensor4d(values(tf.util.sizeFromShape(IMAGES), 1), IMAGES);
    const labels = tf.tensor2d([[0], [1], [1], [0]]);
    const weights = Object.values(shapes).map((shape, i) =>
      tf.tensor(values(tf.util.sizeFromShape([...shape]), i + 2), [...shape]),
    );
    const { value, grads } = tf.valueAndGrads((...given: tf.Tensor[]) => loss(images, labels, given))(weights);
    return [value, ...grads];
  });
  const names = ["loss", ...Object.keys(shapes)];
  const named = new Map<string, Float32Array>();
  for (const [i, tensor] of results.entries()) named.set(names[i]!, (await tensor.data()) as Float32Array);
  tf.dispose(results);
  return named;
}

/**
 * Compares the backend's step with that of `cpu`; the backend that was current stays so.
 *
 * @param backend a registered backend's name
 * @returns where they disagree or what went wrong, `undefined` when they agree
 */
export async function gradientDisagreement(backend: string): Promise<string | undefined> {
  const current: string | undefined = tf.getBackend();
  try {
    const expected = await trainingStep("cpu");
    const actual = await trainingStep(backend);
    for (const [name, reference] of expected) {
      const scale = reference.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      const given = actual.get(name)!;
      // Not `some(… > …)`: a NaN must count as far.
      const worst = reference.findIndex((value, i) => !(Math.abs(given[i]! - value) <= TOLERANCE * scale));
      if (worst < 0) continue;
      const what = name === "loss" ? "the loss" : `the gradient of ${name}, value ${worst},`;
      return `${what} is ${given[worst]}, on cpu ${reference[worst]}; allowed are ${TOLERANCE} of the largest, ${scale}`;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    if (current) await tf.setBackend(current);
  }
}
