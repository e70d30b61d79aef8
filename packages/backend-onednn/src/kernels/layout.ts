/** Slices, padding, tiles, reversal and gathering, all of them choices of elements along each axis. */
import * as tf from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { kernel, type NativeKernel } from "../register.js";
import { remap, type Segment, segmentsOf, VALUE, whole } from "./remap.js";

const slice = kernel<tf.SliceInputs, tf.SliceAttrs>(tf.Slice, ({ inputs: { x }, attrs, backend }) => {
  if (!allFloat32(x)) return undefined;
  const [begin, size] = tf.slice_util.parseSliceParams(x as tf.Tensor, attrs.begin, attrs.size) as [number[], number[]];
  tf.slice_util.assertParamsValid(x as tf.Tensor, begin, size);
  const choice = size.map((length, axis): Segment[] => [[length, begin[axis]!, 1]]);
  return remap(backend, x, choice, size);
});

const stridedSlice = kernel<tf.StridedSliceInputs, tf.StridedSliceAttrs>(
  tf.StridedSlice,
  ({ inputs: { x }, attrs, backend }) => {
    if (!allFloat32(x)) return undefined;
    const { finalShape, isIdentity, begin, end, strides } = tf.slice_util.sliceInfo(
      x.shape,
      attrs.begin,
      attrs.end,
      attrs.strides,
      attrs.beginMask,
      attrs.endMask,
      attrs.ellipsisMask,
      attrs.newAxisMask,
      attrs.shrinkAxisMask,
    );
    if (isIdentity || finalShape.includes(0)) return undefined;
    const lengths = tf.slice_util.computeOutShape(begin, end, strides);
    const choice = lengths.map((length, axis): Segment[] => [[length, begin[axis]!, strides[axis]!]]);
    return remap(backend, x, choice, finalShape);
  },
);

const unpack = kernel<tf.UnpackInputs, tf.UnpackAttrs>(tf.Unpack, ({ inputs: { value }, attrs, backend }) => {
  if (!allFloat32(value) || value.shape.includes(0)) return undefined;
  const axis = attrs.axis < 0 ? attrs.axis + value.shape.length : attrs.axis;
  const shape = value.shape.filter((_, index) => index !== axis);
  return Array.from({ length: value.shape[axis]! }, (_, index) => {
    const choice = value.shape.map((size, each): Segment[] => (each === axis ? [[1, index, 1]] : whole(size)));
    return remap(backend, value, choice, shape)!;
  });
});

const splitV = kernel<tf.SplitVInputs, tf.SplitVAttrs>(tf.SplitV, ({ inputs: { x }, attrs, backend }) => {
  const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0]!;
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, attrs.numOrSizeSplits, axis);
  if (!allFloat32(x) || x.shape.includes(0) || sizes.includes(0)) return undefined;
  let begin = 0;
  return sizes.map((length) => {
    const part: Segment[] = [[length, begin, 1]];
    begin += length;
    const choice = x.shape.map((size, index) => (index === axis ? part : whole(size)));
    return remap(
      backend,
      x,
      choice,
      x.shape.map((size, index) => (index === axis ? length : size)),
    )!;
  });
});

const padV2 = kernel<tf.PadV2Inputs, tf.PadV2Attrs>(tf.PadV2, ({ inputs: { x }, attrs, backend }) => {
  const { paddings, constantValue } = attrs;
  if (!allFloat32(x)) return undefined;
  const choice = paddings.map(([before, after], axis): Segment[] => [
    [before, VALUE, 1],
    [x.shape[axis]!, 0, 1],
    [after, VALUE, 1],
  ]);
  return remap(backend, x, present(choice), padded(x.shape, paddings), constantValue);
});

const mirrorPad = kernel<tf.MirrorPadInputs, tf.MirrorPadAttrs>(tf.MirrorPad, ({ inputs: { x }, attrs, backend }) => {
  const { paddings, mode } = attrs;
  if (!allFloat32(x)) return undefined;
  // "symmetric" repeats the outermost elements, "reflect" does not.
  const skipped = mode === "reflect" ? 1 : 0;
  const choice = paddings.map(([before, after], axis): Segment[] => {
    const size = x.shape[axis]!;
    return [
      [before, before - 1 + skipped, -1],
      [size, 0, 1],
      [after, size - 1 - skipped, -1],
    ];
  });
  return remap(backend, x, present(choice), padded(x.shape, paddings));
});

function padded(shape: readonly number[], paddings: readonly (readonly number[])[]): number[] {
  return shape.map((size, axis) => paddings[axis]![0]! + size + paddings[axis]![1]!);
}

/** Without segments of no elements. */
function present(choice: Segment[][]): Segment[][] {
  return choice.map((segments) => segments.filter(([length]) => length > 0));
}

const tile = kernel<tf.TileInputs, tf.TileAttrs>(tf.Tile, ({ inputs: { x }, attrs: { reps }, backend }) => {
  if (!allFloat32(x)) return undefined;
  const choice = x.shape.map((size, axis): Segment[] =>
    size === 1 ? [[reps[axis]!, 0, 0]] : Array.from({ length: reps[axis]! }, () => [size, 0, 1] as const),
  );
  return remap(
    backend,
    x,
    choice,
    x.shape.map((size, axis) => size * reps[axis]!),
  );
});

const reverse = kernel<tf.ReverseInputs, tf.ReverseAttrs>(tf.Reverse, ({ inputs: { x }, attrs, backend }) => {
  if (!allFloat32(x) || x.shape.length === 0) return undefined;
  const axes = tf.util.parseAxisParam(attrs.dims, x.shape);
  const choice = x.shape.map((size, axis): Segment[] => (axes.includes(axis) ? [[size, size - 1, -1]] : whole(size)));
  return remap(backend, x, choice, x.shape);
});

const gatherV2 = kernel<tf.GatherV2Inputs, tf.GatherV2Attrs>(
  tf.GatherV2,
  ({ inputs, attrs, backend }) => {
    const { x, indices } = inputs;
    const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0]!;
    const chosen = backend.readable(indices);
    if (!allFloat32(x) || (attrs.batchDims ?? 0) !== 0 || !(chosen instanceof Int32Array)) return undefined;
    // The JavaScript kernel says what is wrong with an index.
    if (!chosen.every((index) => index >= 0 && index < x.shape[axis]!)) return undefined;
    const choice = x.shape.map((size, index) => (index === axis ? segmentsOf(chosen) : whole(size)));
    return remap(backend, x, choice, [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]);
  },
  { other: "batch dimensions; indices that are out of range" },
);

export const layoutKernels: readonly NativeKernel[] = [
  slice,
  stridedSlice,
  unpack,
  splitV,
  padV2,
  mirrorPad,
  tile,
  reverse,
  gatherV2,
];
