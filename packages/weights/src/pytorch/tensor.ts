/** Tensors as views of storages: whether a view fits its storage, and its elements in row-major order. */
import { ARRAY_TYPES, bytesPerElement, type DTypeArrays } from "../dtype.js";
import { allocate } from "../files/byte-source.js";
import { PyTorchError } from "./error.js";
import type { TensorView } from "./values.js";

/**
 * Holds a tensor's claims against the length of its storage.
 * @throws PyTorchError if it reaches beyond.
 */
export function checkTensor(name: string, { storage, dtype, offset, shape, strides }: TensorView): void {
  let last = offset;
  let count = 1;
  for (const [axis, size] of shape.entries()) {
    count *= size;
    // May be inexact, but only far beyond any storage.
    last += (size - 1) * strides[axis]!;
  }
  if (count === 0) return;
  const available = elementsOf(storage, dtype);
  if (last >= available) {
    const claim = `shape ${JSON.stringify(shape)} with strides ${JSON.stringify(strides)} from element ${offset}`;
    throw new PyTorchError(name, `${claim} reaches beyond its storage of ${available} elements`);
  }
  if (count > Number.MAX_SAFE_INTEGER) throw new PyTorchError(name, `shape ${JSON.stringify(shape)} is too large`);
}

/**
 * The bytes of a tensor, in row-major order, in a buffer of their own.
 * @param content The bytes of the whole storage; they are passed on if they are the tensor's, and it may have them.
 */
export function gather(
  name: string,
  tensor: TensorView,
  content: Uint8Array<ArrayBuffer>,
  mayKeep: boolean,
): ArrayBuffer {
  const { dtype, shape, strides, storage } = tensor;
  const count = shape.reduce((product, size) => product * size, 1);
  const width = bytesPerElement(dtype);
  const start = storage.offset + tensor.offset;
  if (count === 0) return new ArrayBuffer(0);
  if (isRowMajor(shape, strides)) {
    if (mayKeep && start === 0 && count * width === content.buffer.byteLength) return content.buffer;
    const copy = allocate(count * width, name, PyTorchError);
    copy.set(content.subarray(start * width, (start + count) * width));
    return copy.buffer;
  }
  const type = ARRAY_TYPES[dtype] as new (buffer: ArrayBuffer, offset?: number, length?: number) => DTypeArrays["U8"];
  const from = new type(content.buffer, 0, Math.floor(content.length / width));
  const to = allocate(count * width, name, PyTorchError);
  copyStrided(from, new type(to.buffer), start, shape, strides);
  return to.buffer;
}

/** Row by row along the last axis; the others count like an odometer. */
function copyStrided(
  from: Uint8Array,
  to: Uint8Array,
  start: number,
  shape: readonly number[],
  strides: readonly number[],
): void {
  const rank = shape.length; // Not 0: a scalar is row-major.
  const rowLength = shape[rank - 1]!;
  const rowStride = strides[rank - 1]!;
  const index = new Array<number>(rank - 1).fill(0);
  let row = start;
  for (let at = 0; at < to.length; ) {
    for (let i = 0; i < rowLength; i++) to[at++] = from[row + i * rowStride]!;
    for (let axis = rank - 2; axis >= 0; axis--) {
      row += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      row -= shape[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
}

function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 1) continue;
    if (strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** How many elements of its own dtype a tensor has before it in the storage, or in its part of it. */
function elementsOf(storage: TensorView["storage"], dtype: TensorView["dtype"]): number {
  return storage.record.dtype === "bytes" ? Math.floor(storage.length / bytesPerElement(dtype)) : storage.length;
}
