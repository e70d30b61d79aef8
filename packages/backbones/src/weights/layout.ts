/** How a weight's values are ordered here and in PyTorch. Keras orders as TensorFlow.js does. */
import type { WeightLayout } from "../backbone.js";

/** @returns the shape that a PyTorch `state_dict` gives a weight which has `shape` here */
export function pytorchShape(shape: readonly number[], { kind }: WeightLayout): readonly number[] {
  switch (kind) {
    case "vector":
      return shape;
    case "conv2d":
      return [shape[3]!, shape[2]!, shape[0]!, shape[1]!];
    case "depthwise":
      return [shape[2]! * shape[3]!, 1, shape[0]!, shape[1]!];
    case "dense":
    case "flattened-dense":
      return [shape[1]!, shape[0]!];
  }
}

/** A weight's dimensions as PyTorch has them, each apart, and the order that makes ours of them. */
function dimensions(shape: readonly number[], layout: WeightLayout): { theirs: readonly number[]; order: number[] } {
  switch (layout.kind) {
    case "vector":
      return { theirs: shape, order: [0] };
    case "conv2d":
      return { theirs: pytorchShape(shape, layout), order: [2, 3, 1, 0] };
    case "depthwise":
      // Output channel in·mult + m of PyTorch's grouped convolution is [in, m] here.
      return { theirs: [shape[2]!, shape[3]!, shape[0]!, shape[1]!], order: [2, 3, 0, 1] };
    case "dense":
      return { theirs: pytorchShape(shape, layout), order: [1, 0] };
    case "flattened-dense":
      return { theirs: [shape[1]!, layout.channels, layout.height, layout.width], order: [2, 3, 1, 0] };
  }
}

/** The values of a PyTorch array in our order; `shape` is ours. */
export function fromPyTorch(values: Float32Array, shape: readonly number[], layout: WeightLayout): Float32Array {
  const { theirs, order } = dimensions(shape, layout);
  return permute(values, theirs, order);
}

/** The values of one of our weights in PyTorch's order; `shape` is ours. */
export function toPyTorch(values: Float32Array, shape: readonly number[], layout: WeightLayout): Float32Array {
  const { theirs, order } = dimensions(shape, layout);
  const back = order.map((_, axis) => order.indexOf(axis));
  return permute(
    values,
    order.map((axis) => theirs[axis]!),
    back,
  );
}

/** Row-major values of `shape` with the dimensions in the order `axes`; the values themselves where that is the same. */
function permute(values: Float32Array, shape: readonly number[], axes: readonly number[]): Float32Array {
  if (axes.every((axis, i) => axis === i)) return values;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((size, length) => size * length, 1));
  const lengths = axes.map((axis) => shape[axis]!);
  const steps = axes.map((axis) => strides[axis]!);
  const last = axes.length - 1;
  const [run, step] = [lengths[last]!, steps[last]!];
  const out = new Float32Array(values.length);
  let o = 0;
  const walk = (depth: number, offset: number): void => {
    if (depth === last) {
      for (let i = 0; i < run; i++) out[o++] = values[offset + i * step]!;
      return;
    }
    for (let i = 0; i < lengths[depth]!; i++) walk(depth + 1, offset + i * steps[depth]!);
  };
  if (values.length > 0) walk(0, 0);
  return out;
}
