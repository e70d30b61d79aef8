/** Things to look into a step with: a base optimizer that keeps what it is given, losses with known gradients, bits. */
import type { BaseOptimizer, DomainLoss } from "@roga/optimizer";
import * as tf from "@tensorflow/tfjs-core";

/** A base optimizer that changes nothing and keeps a copy of the last gradient, by position. */
export interface Capture extends BaseOptimizer {
  readonly gradients: Float32Array[];
}

export function capture(): Capture {
  const kept: Float32Array[] = [];
  return {
    name: "capture",
    learningRate: 0,
    gradients: kept,
    applyGradients(gradients, variables) {
      kept.splice(0, kept.length, ...variables.map(({ name }) => gradients[name]!.dataSync<"float32">().slice()));
    },
    state: () => ({}),
    restore: () => undefined,
    dispose: () => undefined,
  };
}

/** The values of tensors as bit patterns, which tell −0 from 0 and one NaN from another. */
export function bits(tensors: readonly tf.Tensor[]): number[][] {
  return tensors.map((tensor) => [...new Uint32Array(tensor.dataSync<"float32">().slice().buffer)]);
}

/** A smooth loss Σ sin(a x + b) + (x − c)²/4 of one variable, and its gradient in float64. */
export interface KnownLoss {
  readonly loss: DomainLoss;
  gradient(x: ArrayLike<number>): Float64Array;
}

export function knownLoss(variable: tf.Variable, a: number, b: number, c: number): KnownLoss {
  return {
    loss: () =>
      tf.add(
        tf.sum(tf.sin(tf.add(tf.mul(variable, a), b))),
        tf.mul(tf.sum(tf.square(tf.sub(variable, c))), 0.25),
      ) as tf.Scalar,
    gradient: (x) => Float64Array.from(x, (value) => a * Math.cos(a * value + b) + (value - c) / 2),
  };
}

/** Euclidean norm in float64. */
export function norm(x: ArrayLike<number>): number {
  return Math.hypot(...Array.from(x));
}
