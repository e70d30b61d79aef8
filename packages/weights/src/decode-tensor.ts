/**
 * Between the bytes of one tensor and its array. Files are little-endian, and so is every machine that Node.js
 * supports with prebuilt binaries; on another this refuses rather than swaps.
 */
import { ARRAY_TYPES, bytesPerElement, type DType } from "./dtype.js";
import type { NamedArray, TensorInfo } from "./named-array.js";
import { elementCount } from "./shape.js";
import { WeightsError, type WeightsErrorClass } from "./weights-error.js";

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * The array over a buffer that holds exactly one tensor's bytes; it takes the buffer over.
 * @param Failure The class of errors. Default: `WeightsError`.
 * @throws WeightsError if a BOOL is neither 0 nor 1.
 */
export function decodeTensor(
  name: string,
  { dtype, shape }: TensorInfo,
  buffer: ArrayBuffer,
  Failure: WeightsErrorClass = WeightsError,
): NamedArray {
  checkEndianness(Failure);
  const data = new ARRAY_TYPES[dtype](buffer);
  if (dtype === "BOOL") checkBooleans(name, data as Uint8Array, Failure);
  // The array type was looked up by this very dtype, which TypeScript cannot follow through a union.
  return { dtype, shape: [...shape], data } as NamedArray;
}

/**
 * The bytes of a tensor, as a view of its array.
 * @param Failure The class of errors. Default: `WeightsError`.
 * @throws WeightsError if dtype, shape and array do not fit together.
 */
export function encodeTensor(
  name: string,
  { dtype, shape, data }: NamedArray,
  Failure: WeightsErrorClass = WeightsError,
): Uint8Array {
  checkEndianness(Failure);
  const type = ARRAY_TYPES[dtype as DType] as (typeof ARRAY_TYPES)[DType] | undefined;
  if (type === undefined) throw new Failure(name, `dtype: ${JSON.stringify(dtype)} is unknown`);
  if (!(data instanceof type)) {
    throw new Failure(name, `${dtype} needs a ${type.name}, got a ${data.constructor.name}`);
  }
  const count = elementCount(name, shape, Failure);
  if (count !== data.length) {
    throw new Failure(name, `shape ${JSON.stringify(shape)} has ${count} elements, the data ${data.length}`);
  }
  if (dtype === "BOOL") checkBooleans(name, data as Uint8Array, Failure);
  return new Uint8Array(data.buffer, data.byteOffset, count * bytesPerElement(dtype));
}

function checkBooleans(name: string, data: Uint8Array, Failure: WeightsErrorClass): void {
  const index = data.findIndex((byte) => byte > 1);
  if (index >= 0) throw new Failure(name, `BOOL element ${index} is ${data[index]}, expected 0 or 1`);
}

function checkEndianness(Failure: WeightsErrorClass): void {
  if (!LITTLE_ENDIAN) throw new Failure(null, "this machine is big-endian, which is not supported");
}
