/** Cases of operations that move numbers: transposition, padding, slicing, joining, resizing. */
import * as tf from "@tensorflow/tfjs-core";
import { type Case, floats, integers, special } from "./case.js";
import { resizeGradient } from "./references.js";

const exact = { tolerance: "exact" } as const;

export function layoutCases(): Case[] {
  return [
    ...transposeCases(),
    ...padCases(),
    ...sliceCases(),
    ...joinCases(),
    ...tileCases(),
    ...mirrorCases(),
    ...stridedCases(),
    ...gatherCases(),
    ...resizeCases(),
  ];
}

function transposeCases(): Case[] {
  const shapes: [number[], number[]][] = [
    [[7], [0]],
    [
      [3, 5],
      [1, 0],
    ],
    [
      [3, 5],
      [0, 1],
    ],
    [
      [2, 3, 4],
      [2, 0, 1],
    ],
    [
      [2, 3, 4],
      [0, 2, 1],
    ],
    [
      [2, 5, 6, 3],
      [0, 3, 1, 2],
    ],
    [
      [2, 3, 5, 6],
      [0, 2, 3, 1],
    ],
    [
      [3, 3, 17, 19],
      [1, 0, 3, 2],
    ],
    [
      [129, 257],
      [1, 0],
    ],
    [
      [2, 33, 31, 16],
      [0, 3, 2, 1],
    ],
    [
      [2, 3, 2, 4, 3],
      [4, 2, 0, 3, 1],
    ],
    [
      [0, 3],
      [1, 0],
    ],
    [
      [1, 728, 1, 2],
      [3, 1, 0, 2],
    ],
  ];
  const cases = shapes.map(([shape, perm]): Case => {
    // Axes that keep their order need no copy.
    const native = tf.util.sizeFromShape(shape) > 0 && perm.join() !== [...perm].sort().join();
    return {
      kernel: tf.Transpose,
      label: `[${shape}] ${perm}`,
      inputs: { x: special(shape) },
      attrs: { perm },
      ...exact,
      native,
    };
  });
  const inputs = { x: integers([3, 4]) };
  const whole: Case = {
    kernel: tf.Transpose,
    label: "integers",
    inputs,
    attrs: { perm: [1, 0] },
    ...exact,
    native: false,
  };
  return [...cases, whole];
}

function padCases(): Case[] {
  const shapes: [number[], [number, number][]][] = [
    [[3], [[1, 2]]],
    [[3], [[0, 0]]],
    [
      [2, 3],
      [
        [0, 0],
        [2, 1],
      ],
    ],
    [
      [2, 5, 6, 3],
      [
        [0, 0],
        [1, 2],
        [0, 3],
        [0, 0],
      ],
    ],
    [
      [2, 31, 33, 17],
      [
        [0, 1],
        [1, 1],
        [1, 1],
        [3, 0],
      ],
    ],
  ];
  return shapes.flatMap(([shape, paddings]): Case[] => [
    ...[0, -1.5, Number.NaN].map((constantValue): Case => {
      const attrs = { paddings, constantValue };
      return {
        kernel: tf.PadV2,
        label: `[${shape}] by ${constantValue}`,
        inputs: { x: special(shape) },
        attrs,
        ...exact,
      };
    }),
  ]);
}

function sliceCases(): Case[] {
  const shapes: [number[], number[], number[]][] = [
    [[9], [2], [5]],
    [
      [3, 5],
      [0, 1],
      [3, 2],
    ],
    [
      [3, 5],
      [1, 0],
      [2, 5],
    ],
    [
      [3, 5],
      [0, 0],
      [3, 5],
    ],
    [
      [2, 7, 8, 3],
      [0, 1, 2, 0],
      [2, 5, 5, 3],
    ],
    [
      [2, 7, 8, 33],
      [1, 0, 3, 5],
      [1, 7, 5, 20],
    ],
    [
      [4, 33, 31, 16],
      [1, 1, 1, 0],
      [3, 32, 30, 16],
    ],
    [
      [3, 5],
      [1, 2],
      [0, 3],
    ],
  ];
  return shapes.map(([shape, begin, size]) => {
    const native = tf.util.sizeFromShape(size) > 0;
    const attrs = { begin, size };
    return {
      kernel: tf.Slice,
      label: `[${shape}] from ${begin}`,
      inputs: { x: special(shape) },
      attrs,
      ...exact,
      native,
    };
  });
}

function joinCases(): Case[] {
  const lists: [number, number[][]][] = [
    [0, [[3], [4]]],
    [0, [[3]]],
    [
      1,
      [
        [2, 3],
        [2, 1],
        [2, 5],
      ],
    ],
    [
      3,
      [
        [2, 3, 4, 5],
        [2, 3, 4, 7],
      ],
    ],
    [
      3,
      [
        [2, 31, 33, 16],
        [2, 31, 33, 3],
        [2, 31, 33, 1],
      ],
    ],
    [
      1,
      [
        [2, 3],
        [2, 0],
        [2, 2],
      ],
    ],
    [
      -1,
      [
        [2, 3],
        [2, 2],
      ],
    ],
  ];
  const cases = lists.map(([axis, shapes]): Case => {
    const inputs = shapes.map((shape) => special(shape));
    const native = inputs.filter(({ values }) => values.length > 0).length > 1;
    const label = `${JSON.stringify(shapes)} along ${axis}`;
    return { kernel: tf.Concat, label, inputs, attrs: { axis }, ...exact, native };
  });
  for (const axis of [0, 1, 2]) {
    const inputs = [special([3, 5]), special([3, 5]), special([3, 5])];
    cases.push({ kernel: tf.Pack, label: `along ${axis}`, inputs, attrs: { axis }, ...exact });
  }
  const same = special([3, 5]);
  cases.push({ kernel: tf.Concat, label: "one tensor twice", inputs: [same, same], attrs: { axis: 1 }, ...exact });
  const whole = [integers([2]), integers([3])];
  cases.push({ kernel: tf.Concat, label: "integers", inputs: whole, attrs: { axis: 0 }, ...exact, native: false });
  for (const [numOrSizeSplits, axis] of [
    [2, 1],
    [[1, 2, 1], 1],
    [3, 0],
  ] as const) {
    const attrs = { numOrSizeSplits, axis };
    cases.push({
      kernel: tf.SplitV,
      label: `${numOrSizeSplits} along ${axis}`,
      inputs: { x: special([3, 4, 5]) },
      attrs,
      ...exact,
    });
  }
  return cases;
}

function tileCases(): Case[] {
  const shapes: [number[], number[]][] = [
    [[3], [4]],
    [
      [2, 3],
      [1, 1],
    ],
    [
      [2, 1, 1, 5],
      [1, 7, 6, 1],
    ],
    [
      [2, 3, 4],
      [2, 1, 3],
    ],
    [
      [1, 16],
      [3000, 1],
    ],
  ];
  return shapes.map(([shape, reps]) => ({
    kernel: tf.Tile,
    label: `[${shape}] ${reps}`,
    inputs: { x: special(shape) },
    attrs: { reps },
    ...exact,
  }));
}

/** Reversal, and padding with what is inside. */
function mirrorCases(): Case[] {
  const cases: Case[] = [];
  for (const [shape, dims] of [
    [[5], [0]],
    [[3, 4, 5], [1]],
    [
      [3, 4, 5],
      [0, 2],
    ],
    [
      [2, 60, 61, 3],
      [1, 2],
    ],
  ] as [number[], number[]][]) {
    const label = `[${shape}] ${dims}`;
    cases.push({ kernel: tf.Reverse, label, inputs: { x: special(shape) }, attrs: { dims }, ...exact });
    for (const mode of ["reflect", "symmetric"]) {
      const paddings = shape.map((_, axis) => (dims.includes(axis) ? [2, 1] : [0, 0]));
      const attrs = { paddings, mode };
      cases.push({ kernel: tf.MirrorPad, label: `${label} ${mode}`, inputs: { x: special(shape) }, attrs, ...exact });
    }
  }
  return cases;
}

function stridedCases(): Case[] {
  const masks = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 };
  const strided = ([shape, begin, end, strides, own]: [number[], number[], number[], number[], object?]): Case => {
    const attrs = { begin, end, strides, ...masks, ...own };
    const label = `[${shape}] ${JSON.stringify(attrs)}`;
    return { kernel: tf.StridedSlice, label, inputs: { x: special(shape) }, attrs, ...exact };
  };
  const cases: Case[] = [
    strided([[10], [1], [9], [3]]),
    strided([[10], [8], [0], [-2]]),
    strided([
      [4, 5, 6],
      [0, 1, 5],
      [4, 4, 0],
      [2, 1, -1],
    ]),
    strided([[4, 5, 6], [1, 0, 0], [2, 5, 6], [1, 1, 1], { shrinkAxisMask: 1 }]),
    {
      ...strided([[4, 3], [1, 0], [2, 3], [1, 2], { shrinkAxisMask: 1 }]),
      inputs: {
        x: { shape: [4, 3], values: Float32Array.from({ length: 12 }, (_, index) => index), dtype: "float32" },
      },
      // The JavaScript kernel asks for elements that are not there.
      reference: () => [[3, 5]],
    },
    strided([[4, 70, 80, 3], [0, 0, 0, 0], [4, 70, 80, 3], [1, 2, 2, 1], { endMask: 15 }]),
    strided([[4, 5], [0, 1], [0, 3], [1, 1], { newAxisMask: 1, endMask: 2 }]),
  ];
  for (const [shape, axis] of [
    [[3], 0],
    [[3, 4, 5], 1],
    [[3, 4, 5], 2],
    [[2, 300, 50], 0],
  ] as [number[], number][]) {
    const inputs = { value: special(shape) };
    cases.push({ kernel: tf.Unpack, label: `[${shape}] along ${axis}`, inputs, attrs: { axis }, ...exact });
  }
  return cases;
}

function gatherCases(): Case[] {
  return [
    [[9], [4], 0],
    [[9, 17], [5], 0],
    [[9, 17], [5], 1],
    [[2, 30, 40, 16], [25], 1],
  ].map(([shape, indices, axis]): Case => {
    const size = shape as number[];
    const inputs = { x: special(size), indices: integers(indices as number[], size[axis as number]) };
    return { kernel: tf.GatherV2, label: `[${size}] along ${axis}`, inputs, attrs: { axis, batchDims: 0 }, ...exact };
  });
}

function resizeCases(): Case[] {
  const cases: Case[] = [];
  for (const [shape, size] of [
    [
      [1, 1, 1, 1],
      [3, 4],
    ],
    [
      [2, 5, 7, 3],
      [10, 14],
    ],
    [
      [2, 5, 7, 3],
      [3, 4],
    ],
    [
      [1, 6, 5, 17],
      [1, 1],
    ],
    [
      [1, 4, 4, 728],
      [9, 5],
    ],
    [
      [2, 33, 31, 8],
      [64, 47],
    ],
  ] as const) {
    for (const [alignCorners, halfPixelCenters] of [
      [false, false],
      [true, false],
      [false, true],
    ] as const) {
      const label = `[${shape}] to ${size}${alignCorners ? ", aligned" : ""}${halfPixelCenters ? ", half" : ""}`;
      const [images, dy] = [floats([...shape]), floats([shape[0], ...size, shape[3]])];
      const attrs = { alignCorners, halfPixelCenters, size: [...size] };
      const close = { rtol: 1e-6, atol: 4e-6 };
      cases.push({ kernel: tf.ResizeBilinear, label, inputs: { images }, attrs, tolerance: close });
      cases.push({ kernel: tf.ResizeNearestNeighbor, label, inputs: { images }, attrs, ...exact });
      const sums = { rtol: 1e-6, atol: 1e-6 * Math.max(10, (4 * size[0] * size[1]) / shape[1] / shape[2]) };
      // Not the JavaScript kernels: one swaps height and width of the output, the other reads the first image only, and
      // both leave out half pixels.
      for (const kernel of [tf.ResizeBilinearGrad, tf.ResizeNearestNeighborGrad]) {
        const options = { alignCorners, halfPixelCenters, nearest: kernel === tf.ResizeNearestNeighborGrad };
        cases.push({
          kernel,
          label,
          inputs: { images, dy },
          attrs: { alignCorners, halfPixelCenters },
          tolerance: sums,
          reference: () => [resizeGradient(dy.values, [...shape], [...size], options)],
        });
      }
    }
  }
  return cases;
}
