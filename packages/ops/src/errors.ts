/** The errors of this package, and the checks that raise them. Everything is checked before anything is computed. */
import type { Tensor } from "@tensorflow/tfjs-core";

/** An argument that an operation cannot take; the message says what it expected and what it got. */
export class OpInputError extends TypeError {
  /** The operation that was called. */
  readonly operation: string;
  /** The argument at fault, such as `gamma` or `ys[3]`. */
  readonly argument: string;

  /** @internal */
  constructor(operation: string, argument: string, expected: string, got: string) {
    super(`${operation}: ${argument}: expected ${expected}, got ${got}`);
    this.name = "OpInputError";
    this.operation = operation;
    this.argument = argument;
  }
}

/** A gradient was asked of a gradient: an operation of this package can be differentiated once. */
export class SecondOrderGradientError extends Error {
  /** @internal */
  constructor(operation: string) {
    super(`${operation}: its gradient cannot be differentiated; TensorFlow.js' own operations can`);
    this.name = "SecondOrderGradientError";
  }
}

/** What a message calls a tensor. */
export function describe({ dtype, shape }: Tensor): string {
  return `${dtype} [${shape}]`;
}

/** Throws unless a tensor is float32 and, where a shape is given, of that shape. */
export function requireFloat(operation: string, argument: string, tensor: Tensor, shape?: readonly number[]): void {
  const fits = shape === undefined || (shape.length === tensor.rank && shape.every((n, i) => n === tensor.shape[i]));
  if (tensor.dtype === "float32" && fits) return;
  const expected = shape === undefined ? "a float32 tensor" : `float32 [${shape}]`;
  throw new OpInputError(operation, argument, expected, describe(tensor));
}

/** Throws unless every tensor is float32. */
export function requireFloats(operation: string, argument: string, tensors: readonly Tensor[]): void {
  for (const [index, tensor] of tensors.entries()) requireFloat(operation, `${argument}[${index}]`, tensor);
}

/** Throws unless `others` are float32 tensors of the shapes of `tensors`, in order. */
export function requireAlike(
  operation: string,
  argument: string,
  others: readonly Tensor[],
  tensors: readonly Tensor[],
): void {
  if (others.length !== tensors.length) {
    throw new OpInputError(operation, argument, `${tensors.length} tensors`, `${others.length}`);
  }
  for (const [index, { shape }] of tensors.entries()) {
    requireFloat(operation, `${argument}[${index}]`, others[index]!, shape);
  }
}

/** Throws unless `from` ≤ value, and value < `below` where that is given. */
export function requireNumber(operation: string, option: string, value: unknown, from: number, below?: number): void {
  const valid = typeof value === "number" && Number.isFinite(value) && value >= from;
  if (valid && (below === undefined || value < below)) return;
  const range = below === undefined ? `a number of ${from} or more` : `a number from ${from} to below ${below}`;
  throw new OpInputError(operation, option, range, String(value));
}
