/** Reductions over any axes: Sum, Mean, Max, Min, Prod; native/reduction.cc numbers them likewise. */
import * as tf from "@tensorflow/tfjs-core";
import { allFloat32, type OnednnBackend } from "../backend.js";
import { kernel, type NativeKernel } from "../register.js";

const SUM = 0;

interface Attrs {
  axis?: number | number[];
  reductionIndices?: number | number[];
  keepDims?: boolean;
}

/** A shape as [outer, middle, inner] of which the middle axis is reduced. */
type Step = readonly [outer: number, middle: number, inner: number];

/** One step for each group of neighbouring axes that are reduced, the last group first. */
function stepsOf(shape: readonly number[], axes: readonly number[]): Step[] {
  const groups: { size: number; reduced: boolean }[] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const reduced = axes.includes(axis);
    const last = groups.at(-1);
    if (last?.reduced === reduced) last.size *= size;
    else groups.push({ size, reduced });
  });
  const steps: Step[] = [];
  let inner = 1;
  for (let at = groups.length - 1; at >= 0; at--) {
    const { size, reduced } = groups[at]!;
    if (!reduced) {
      inner *= size;
      continue;
    }
    const outer = groups.slice(0, at).reduce((product, group) => product * group.size, 1);
    steps.push([outer, size, inner]);
  }
  return steps.length > 0 ? steps : [[1, 1, inner]];
}

/** Runs the steps from `x` on into `out`; the last result is multiplied by `scale`. */
function reduceInto(
  backend: OnednnBackend,
  operation: number,
  x: Float32Array,
  steps: readonly Step[],
  scale: number,
  out: Float32Array,
): void {
  let from = x;
  steps.forEach(([outer, middle, inner], index) => {
    const last = index === steps.length - 1;
    const to = last ? out : backend.allocate(outer * inner);
    backend.addon.reduce(operation, from, to, outer, middle, inner, last ? scale : 1);
    if (from !== x) backend.release(from);
    from = to;
  });
}

const operations = [tf.Sum, tf.Max, tf.Min, tf.Prod, tf.Mean] as const;

export const reductionKernels: readonly NativeKernel[] = operations.map((name, operation) =>
  kernel<{ x: tf.TensorInfo }, Attrs>(name, ({ inputs: { x }, attrs, backend }) => {
    if (!allFloat32(x) || x.shape.includes(0)) return undefined;
    const axes = tf.util.parseAxisParam((name === tf.Max ? attrs.reductionIndices : attrs.axis)!, x.shape);
    const [shape, reduced] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
    const out = backend.make(attrs.keepDims ? tf.backend_util.expandShapeToKeepDim(shape, axes) : shape);
    const mean = name === tf.Mean;
    const scale = mean ? 1 / tf.util.sizeFromShape(reduced) : 1;
    reduceInto(backend, mean ? SUM : operation, backend.floats(x), stepsOf(x.shape, axes), scale, out.values);
    return out.info;
  }),
);
