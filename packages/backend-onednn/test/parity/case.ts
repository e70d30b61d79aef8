/** What a comparison of one kernel with a reference is made of. */
import { util } from "@tensorflow/tfjs-core";
import { generator } from "../support/parity.js";

/** A tensor before it is on a backend. */
export interface Values {
  readonly shape: number[];
  readonly values: Float32Array | Int32Array | Uint8Array;
  readonly dtype: "float32" | "int32" | "bool";
}

export type Inputs = Record<string, Values> | Values[];

/**
 * How far a result may be from the reference. `exact`: not at all. Otherwise by |rtol · expected| + |atol|, and with
 * `terms` by terms · 2⁻²³ · S as well, S being what the same kernel gives for the absolute values of the inputs: where a
 * result is a sum of products, that bounds the rounding errors of any order of summation.
 */
export type Tolerance = "exact" | { readonly rtol?: number; readonly atol?: number; readonly terms?: number };

export interface Case {
  readonly kernel: string;
  readonly label: string;
  readonly inputs: Inputs;
  readonly attrs?: object;
  readonly tolerance: Tolerance;
  /** Where there is no JavaScript kernel of the same name: the outputs … */
  readonly reference?: () => ArrayLike<number>[];
  /** … or the JavaScript kernels that have the same outputs, one after the other. */
  readonly like?: readonly Pick<Case, "kernel" | "inputs" | "attrs">[];
  /** Whether the addon is to compute it; otherwise the JavaScript kernel may. True by default. */
  readonly native?: boolean;
  /** Whether the kernel may write its results into its inputs. */
  readonly inPlace?: boolean;
}

/** What is not finite, and what is hard to compute with. Numbers so large that a sum overflows are not among them. */
const SPECIAL = [Number.NaN, Infinity, -Infinity, 0, -0, 1e-40, -1e-40, 1e-30, 1e15];

/** Normally distributed numbers from a stream that goes on from call to call, so that every array is another. */
const stream = generator(20);

function normal(): number {
  return Math.sqrt(-2 * Math.log(1 - stream())) * Math.cos(2 * Math.PI * stream());
}

export function floats(shape: number[], make: () => number = normal): Values {
  return { shape, values: Float32Array.from({ length: util.sizeFromShape(shape) }, make), dtype: "float32" };
}

export const positive = (shape: number[]): Values => floats(shape, () => 0.1 + 2 * stream());

/** A few values that are not finite, or otherwise special, among normal ones: `share` of them all. */
export function special(shape: number[], share = 0.1): Values {
  return floats(shape, () => (stream() < share ? SPECIAL[Math.floor(stream() * SPECIAL.length)]! : normal()));
}

/** Few different values, so that there are ties. */
export const ties = (shape: number[]): Values => floats(shape, () => Math.round(normal()));

export function integers(shape: number[], below = 10): Values {
  const values = Int32Array.from({ length: util.sizeFromShape(shape) }, () => Math.floor(stream() * below));
  return { shape, values, dtype: "int32" };
}

export function booleans(shape: number[]): Values {
  const values = Uint8Array.from({ length: util.sizeFromShape(shape) }, () => (stream() < 0.5 ? 1 : 0));
  return { shape, values, dtype: "bool" };
}
