/**
 * Outputs whose elements are elements of the input, chosen along each axis by itself: slices, padding, tiles, reversal,
 * gathering. The choice along an axis is a list of segments.
 */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { OnednnBackend } from "../backend.js";

/** Elements `start`, `start + step`, … of the input's axis; with a start of {@link VALUE} what is not in the input. */
export type Segment = readonly [length: number, start: number, step: number];

/** The start of a segment of elements that are a given value. */
export const VALUE = -1;

/** The whole of an axis. */
export const whole = (size: number): Segment[] => [[size, 0, 1]];

/** The segments of single elements; neighbours are one segment. */
export function segmentsOf(indices: Iterable<number>): Segment[] {
  const segments: [number, number, number][] = [];
  for (const index of indices) {
    const last = segments.at(-1);
    if (last && last[1] + last[0] === index) last[0]++;
    else segments.push([1, index, 1]);
  }
  return segments;
}

function isWhole(segments: readonly Segment[], size: number): boolean {
  const [length, start, step] = segments[0]!;
  return segments.length === 1 && length === size && start === 0 && (step === 1 || size === 1);
}

/** The addon walks at most this many axes. */
const AXES = 8;

interface Axis {
  readonly stride: number;
  size: number;
  segments: readonly Segment[];
}

/** The axes that the addon walks; one that is taken whole is joined to the one before it where that one allows it. */
function axesOf(shape: readonly number[], choice: readonly (readonly Segment[])[]): Axis[] {
  /** From the last axis on. */
  const axes: Axis[] = [];
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    const segments = choice[axis]!;
    const inner = axes.at(-1);
    if (inner && size === 1 && isWhole(segments, 1)) continue;
    const joins =
      inner &&
      isWhole(inner.segments, inner.size) &&
      segments.every(([length, start, step]) => start === VALUE || step === 1 || length === 1);
    if (joins) {
      const { size: block } = inner;
      inner.segments = segments.map(([length, start]) => [length * block, start === VALUE ? VALUE : start * block, 1]);
      inner.size *= size;
    } else {
      axes.push({ stride, size, segments });
    }
    stride *= size;
  }
  if (axes.length === 0) axes.push({ stride: 1, size: 1, segments: whole(1) });
  return axes.reverse();
}

/**
 * The tensor of shape `shape` that is made of a float32 tensor's elements by the choice along each of its axes.
 * `undefined` where there is nothing to choose from or to choose, or too many axes are left.
 */
export function remap(
  backend: OnednnBackend,
  x: TensorInfo,
  choice: readonly (readonly Segment[])[],
  shape: number[],
  value = 0,
): TensorInfo | undefined {
  if (x.shape.includes(0) || shape.includes(0)) return undefined;
  const axes = axesOf(x.shape, choice);
  if (axes.length > AXES) return undefined;
  const y = backend.make(shape);
  const numbers = Int32Array.from(
    axes.flatMap(({ stride, segments }) => [stride, segments.length, ...segments.flat()]),
  );
  backend.addon.remap(backend.floats(x), y.values, numbers, value);
  return y.info;
}
