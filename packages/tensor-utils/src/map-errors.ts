/** The error of the named-tensor map functions, and the checks that raise it. */
import type { NamedTensorMap, Tensor } from "@tensorflow/tfjs-core";

/** Maps that an operation cannot take together: other names, shapes or dtypes than it needs. Nothing is computed. */
export class TensorMapError extends TypeError {
  /** The function that was called. */
  readonly operation: string;
  /** The entry at fault, or undefined when it is the set of names. */
  readonly key: string | undefined;

  /** @internal */
  constructor(operation: string, key: string | undefined, reason: string) {
    super(key === undefined ? `${operation}: ${reason}` : `${operation}: "${key}": ${reason}`);
    this.name = "TensorMapError";
    this.operation = operation;
    this.key = key;
  }
}

/** An entry that an earlier check found to be there. */
export function entry(map: NamedTensorMap, key: string): Tensor {
  return map[key] as Tensor;
}

/** Throws unless every tensor is float32. */
export function requireFloat(operation: string, map: NamedTensorMap): void {
  for (const [key, tensor] of Object.entries(map)) {
    if (tensor.dtype !== "float32") {
      throw new TensorMapError(operation, key, `expected dtype float32, got ${tensor.dtype}`);
    }
  }
}

/** Throws unless both maps have the same names, and under each name the same shape and dtype. */
export function requireAlike(operation: string, first: NamedTensorMap, second: NamedTensorMap): void {
  const missing = Object.keys(first).filter((key) => !Object.hasOwn(second, key));
  const extra = Object.keys(second).filter((key) => !Object.hasOwn(first, key));
  if (missing.length + extra.length > 0) {
    const reason = `the second map lacks [${missing.join(", ")}] and has [${extra.join(", ")}] besides`;
    throw new TensorMapError(operation, undefined, reason);
  }
  for (const [key, a] of Object.entries(first)) {
    const b = entry(second, key);
    if (a.shape.length !== b.shape.length || a.shape.some((length, axis) => length !== b.shape[axis])) {
      throw new TensorMapError(operation, key, `shapes differ: [${a.shape}] and [${b.shape}]`);
    }
    if (a.dtype !== b.dtype) throw new TensorMapError(operation, key, `dtypes differ: ${a.dtype} and ${b.dtype}`);
  }
}
