/**
 * Anything a test compares, as a shape and a flat list of float64 values: tensors, typed arrays, nested arrays, numbers
 * and the `{shape, values}` records of the fixture generators.
 */
import { Tensor } from "@tensorflow/tfjs-core";

/** A tensor as the fixture generators write it: row-major values and their shape. */
export interface FixtureTensor {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** An array of numbers, or of such arrays, all of one shape. */
export type NestedNumbers = readonly (number | NestedNumbers)[];

/** What {@link Matchers.toBeAllClose} takes on either side. */
export type Comparable =
  | number
  | Tensor
  | FixtureTensor
  | NestedNumbers
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Uint8Array;

/** A comparable taken apart. */
export interface ShapedValues {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

function isFixtureTensor(value: object): value is FixtureTensor {
  return "shape" in value && "values" in value && Array.isArray(value.shape) && Array.isArray(value.values);
}

function flatten(nested: NestedNumbers, values: number[]): number[] {
  let inner: number[] | undefined;
  for (const item of nested) {
    const shape = Array.isArray(item) ? flatten(item, values) : [];
    if (shape.length === 0) values.push(item as number); // not an array, hence a number
    if (inner !== undefined && inner.join() !== shape.join()) {
      throw new TypeError(`nested numbers are ragged: [${inner}] beside [${shape}]`);
    }
    inner = shape;
  }
  return [nested.length, ...(inner ?? [])];
}

/**
 * The shape and values of `value`. A tensor is read synchronously.
 *
 * @throws TypeError when it is not comparable, is ragged, or its shape does not fit its number of values
 */
export function shapedValues(value: unknown, what: string): ShapedValues {
  if (typeof value === "number") return { shape: [], values: [value] };
  if (value instanceof Tensor) return { shape: value.shape, values: value.dataSync() };
  if (Array.isArray(value)) {
    const values: number[] = [];
    const shape = flatten(value, values);
    const stranger = values.findIndex((item) => typeof item !== "number");
    if (stranger >= 0) throw new TypeError(`${what}: value ${stranger} is not a number: ${String(values[stranger])}`);
    return { shape, values };
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const values = value as unknown as ArrayLike<number>; // every typed array but the 64-bit integer ones
    if (typeof values[0] !== "bigint") return { shape: [values.length], values };
  }
  if (typeof value === "object" && value !== null && isFixtureTensor(value)) {
    const size = value.shape.reduce((product, length) => product * length, 1);
    if (size !== value.values.length) {
      throw new TypeError(`${what}: shape [${value.shape}] holds ${size} values, got ${value.values.length}`);
    }
    return value;
  }
  throw new TypeError(`${what}: expected numbers or a tensor, got ${value === null ? "null" : typeof value}`);
}
