/**
 * PyTorch's padding with stock layers. PyTorch pads by stated numbers of pixels; stock layers know none ("valid") or what
 * keeps size/stride pixels with the odd one after ("same"), which on even sizes is another window grid. Where the two
 * agree, "same" is used and costs nothing; else the image is padded by a layer of its own.
 */
import { layers, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { apply } from "./apply.js";

/**
 * "valid" or "same" as TensorFlow means them, PyTorch's `padding` on both sides, or pixels before and after each row and
 * column.
 */
export type Padding = "valid" | "same" | number | readonly [before: number, after: number];

/** An image, and the padding that the stock layer after it takes. */
interface Padded {
  x: SymbolicTensor;
  padding: "valid" | "same";
}

/**
 * Pads a square image with zeros for windows of `size` at distances of `stride`, unless the layer can do so itself.
 *
 * @param name of the padding layer, if one is made
 */
export function padImage(x: SymbolicTensor, name: string, padding: Padding, size: number, stride: number): Padded {
  if (padding === "valid" || padding === "same") return { x, padding };
  const [before, after] = typeof padding === "number" ? [padding, padding] : padding;
  const length = x.shape[1]!;
  const grid = windows(length, size, stride, before, after);
  if (isSame(length, size, stride, before, grid.count)) return { x, padding: "same" };
  if (before === 0 && grid.after === 0) return { x, padding: "valid" };
  const margins: [number, number] = [before, grid.after];
  return { x: apply(layers.zeroPadding2d({ name, padding: [margins, margins] }), x), padding: "valid" };
}

/** How many windows there are, and how many pixels after the image they read. */
function windows(length: number, size: number, stride: number, before: number, after: number) {
  const count = Math.floor((length + before + after - size) / stride) + 1;
  return { count, after: Math.max(0, (count - 1) * stride + size - length - before) };
}

/** Whether TensorFlow's "same" has as many windows at the same places. */
function isSame(length: number, size: number, stride: number, before: number, count: number): boolean {
  const same = Math.ceil(length / stride);
  const total = Math.max(0, (same - 1) * stride + size - length);
  return count === same && before === Math.floor(total / 2);
}

/**
 * PyTorch's `MaxPool2d(3, stride=2, padding=1)` of a square image, whose border counts for nothing. On odd sizes that is
 * "same". On even ones the first window begins a pixel before the image: its first row and column are repeated there,
 * which leaves every maximum as it is; where no value is negative, zeros do so too and are cheaper.
 */
export function maxPool3(
  x: SymbolicTensor,
  name: string,
  { nonNegative = false }: { nonNegative?: boolean } = {},
): SymbolicTensor {
  const size = x.shape[1]!;
  const pool = { name, poolSize: 3, strides: 2 };
  if (size % 2 === 1) return samePool3(x, name);
  const margins: [number, number] = [1, 0];
  const padded = nonNegative
    ? apply(layers.zeroPadding2d({ name: `${name}_pad`, padding: [margins, margins] }), x)
    : repeatFirst(repeatFirst(x, `${name}_rows`, 1), `${name}_columns`, 2);
  return apply(layers.maxPooling2d({ ...pool, padding: "valid" }), padded);
}

/** TensorFlow's max pooling of 3×3 windows at every second pixel with padding "same". */
export function samePool3(x: SymbolicTensor, name: string): SymbolicTensor {
  return apply(layers.maxPooling2d({ name, poolSize: 3, strides: 2, padding: "same" }), x);
}

/** The image with its first row (axis 1) or column (axis 2) twice. */
function repeatFirst(x: SymbolicTensor, name: string, axis: 1 | 2): SymbolicTensor {
  const none: [number, number] = [0, 0];
  const rest: [number, number] = [0, x.shape[axis]! - 1];
  const cropping: [[number, number], [number, number]] = axis === 1 ? [rest, none] : [none, rest];
  const first = apply(layers.cropping2D({ name: `${name}_first`, cropping }), x);
  return apply(layers.concatenate({ name, axis }), first, x);
}
