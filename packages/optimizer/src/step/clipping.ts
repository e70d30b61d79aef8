/**
 * Gradient clipping, between the algorithm and the base optimizer:
 *
 *     by norm c:   G ← G · min(1, c / (‖G‖ + 1e-6))     over all variables together
 *     by value c:  G_i ← min(max(G_i, −c), c)            every component by itself
 *
 * as `torch.nn.utils.clip_grad_norm_` and `clip_grad_value_` do. What has to be known is read with the step's other
 * scalars, so a gradient that is small enough passes untouched and costs nothing.
 */
import { scale } from "@roga/tensor-utils";
import * as tf from "@tensorflow/tfjs-core";
import type { Readout } from "./readout.js";

/** A limit c > 0 on the norm of the whole gradient, or on the size of each of its components. */
export type ClipOptions =
  | {
      /** c, for the norm over all variables. */
      readonly norm: number;
    }
  | {
      /** c, for each component. */
      readonly value: number;
    };

const EPSILON = 1e-6;

/** Checks the option `clip`. */
export function clipCheck(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const expected = "{ norm: c } or { value: c } with a finite c > 0";
  if (typeof value !== "object" || value === null) return expected;
  const [key, ...others] = Object.keys(value);
  const limit: unknown = Object.values(value)[0];
  const named = others.length === 0 && (key === "norm" || key === "value");
  return named && typeof limit === "number" && Number.isFinite(limit) && limit > 0 ? undefined : expected;
}

/** Clipping of one step's gradient. */
export class Clipping {
  readonly #options: ClipOptions;
  readonly #readout: Readout;
  #largest = 0;

  constructor(options: ClipOptions, readout: Readout) {
    this.#options = options;
    this.#readout = readout;
  }

  /** Notes what the limit is compared with: by value, the largest size of a component of each variable's gradient. */
  measure(gradient: tf.NamedTensorMap): void {
    if ("norm" in this.#options) return; // the readout has it
    const sizes = tf.tidy(() => tf.stack(Object.values(gradient).map((g) => tf.max(tf.abs(g)))));
    this.#largest = this.#readout.note(sizes);
  }

  /**
   * The clipped gradient as new tensors; undefined where nothing exceeds the limit.
   *
   * @param gradient what `measure` was given; stays the caller's
   * @param values what the readout read
   */
  clip(gradient: tf.NamedTensorMap, values: ArrayLike<number>): tf.NamedTensorMap | undefined {
    if ("norm" in this.#options) {
      const factor = this.#options.norm / (this.#readout.gradientNorm(values) + EPSILON);
      return factor < 1 ? scale(factor, gradient) : undefined;
    }
    const { value } = this.#options;
    const entries = Object.entries(gradient);
    const exceeds = entries.map((_, index) => values[this.#largest + index]! > value);
    if (!exceeds.includes(true)) return undefined;
    return Object.fromEntries(
      entries.map(([name, g], index) => [name, exceeds[index] ? tf.clipByValue(g, -value, value) : tf.clone(g)]),
    );
  }
}
