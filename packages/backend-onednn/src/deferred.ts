/**
 * Values that are computed when they are read: a normalization of another tensor's values, an activation of them, or both.
 * Kernels that read their input once anyway apply it while they read (`Operand`), so that a network's normalizations and
 * activations neither pass over memory by themselves nor fill it; for all others the values are there as soon as they are
 * looked at.
 */

/** y = activation(a · (x − mean) + b); without factors, activation(x). */
export interface Prologue {
  /** The means, then a, then b of the channels. */
  readonly factors?: Float32Array | undefined;
  readonly channels: number;
  /** The addon's number of an activation that can follow a normalization. */
  readonly activation: number;
}

/** What data is, as long as nobody read it. */
export interface Deferred extends Prologue {
  /** The data of x, which is held meanwhile. */
  readonly source: object;
}

/** What a kernel reads that takes a prologue: x, or the input itself where nothing is to be applied. */
export interface Operand {
  readonly values: Float32Array;
  readonly factors: Float32Array | undefined;
  readonly before: number;
}

/** Makes `values` of an object be computed when they are first read. */
export function computedOnRead<T>(target: { values?: T }, compute: () => T): void {
  Object.defineProperty(target, "values", {
    configurable: true,
    enumerable: true,
    get: () => settle(target, compute()),
    set: (values: T) => settle(target, values),
  });
}

/** Makes `values` an ordinary property again. */
function settle<T>(target: { values?: T }, values: T): T {
  Object.defineProperty(target, "values", { configurable: true, enumerable: true, writable: true, value: values });
  return values;
}
