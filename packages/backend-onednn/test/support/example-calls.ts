/** One or more calls, with arguments that fit together, of every function that the addon exports. */
import type { Addon } from "../../src/addon.js";
import { array } from "./arrays.js";

/** The names of the addon's functions. */
export type AddonFunction = {
  [K in keyof Addon]: Addon[K] extends (...args: never[]) => unknown ? K : never;
}[keyof Addon];

let seed = 0;
const floats = (length: number): Float32Array => array([length], ++seed, { from: -2, to: 2 });
const positive = (length: number): Float32Array => array([length], ++seed, { from: 0.5, to: 2 });
const bytes = (length: number): Uint8Array => Uint8Array.from(floats(length), (value) => (value > 0 ? 1 : 0));
const ints = (...numbers: number[]): Int32Array => Int32Array.from(numbers);

/** A convolution in which `pad` zeros surround the image; see native/convolution.h for the order of the numbers. */
function convolution(
  { n, h, w, c }: Sizes,
  { k = c, side, stride = 1, pad = 1, dilation = 1, groups = 1 }: Partial<Record<string, number>> & { side: number },
) {
  const out = (size: number) => Math.floor((size + 2 * pad - (side - 1) * dilation - 1) / stride) + 1;
  const [oh, ow] = [out(h), out(w)];
  const shape = ints(n, h, w, c, k, side, side, stride, stride, pad, pad, pad, pad, dilation, dilation, groups, oh, ow);
  const [x, y, filter] = [n * h * w * c, n * oh * ow * k, (side * side * c * k) / groups];
  return { shape, x: () => floats(x), y: () => floats(y), filter: () => floats(filter), bias: () => floats(k) };
}

/** Images of a call: how many, height, width, channels. */
export interface Sizes {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
}

/** A call takes microseconds. */
export const SMALL: Sizes = { n: 2, h: 5, w: 7, c: 3 };
/** Several threads share the work of a call. */
export const LARGE: Sizes = { n: 3, h: 23, w: 21, c: 37 };

/** New arguments at every call; outputs are full of arbitrary numbers. */
export function exampleCalls(sizes: Sizes): Record<AddonFunction, unknown[][]> {
  const { n, h, w, c } = sizes;
  const [rows, values] = [n * h * w, n * h * w * c];
  const all = () => floats(values);
  const channels = () => floats(c);
  const factors = () => floats(3 * c);
  const sums = () => Float64Array.from(floats(2 * c));
  const plain = convolution(sizes, { side: 3, k: c + 2 });
  const strided = convolution(sizes, { side: 3, k: 5, stride: 2 });
  const dilated = convolution(sizes, { side: 3, k: 4, dilation: 2, pad: 2 });
  const pointwise = [1, 40].map((k) => convolution(sizes, { side: 1, pad: 0, k }));
  const subsampled = convolution(sizes, { side: 1, pad: 0, stride: 2, k: 9 });
  const convolutions = [plain, strided, dilated, ...pointwise, subsampled];
  const depthwises = [
    convolution(sizes, { side: 3, groups: c }),
    convolution(sizes, { side: 5, stride: 2, pad: 2, groups: c }),
    convolution(sizes, { side: 3, dilation: 2, pad: 2, groups: c }),
    convolution(sizes, { side: 2, groups: c }),
  ];
  const pools = [convolution(sizes, { side: 3, stride: 2 }), convolution(sizes, { side: 2, stride: 2, pad: 0 })];
  const list = () => [floats(values), floats(c), floats(1)];
  const doubled = { n, h, w: 2 * w, c };
  const resized = ints(n, h, w, c, 2 * h - 1, w + 3);
  const large = () => floats(n * (2 * h - 1) * (w + 3) * c);
  const numbersUpTo = (count: number) => Array.from({ length: count }, (_, index) => index);
  return {
    reserveSlab: [[4096 * n]],
    releasePages: [[new ArrayBuffer(3 * 4096), 5, 2 * 4096]],
    setThreads: [[2]],
    getThreads: [[]],
    setBfloat16: [[false]],
    usesBfloat16: [[]],
    panelSize: [[c, rows]],
    packFilter: [[floats(c * w), c, w, floats(c * (w + 64))]],
    kernelMilliseconds: [[]],
    kernelCalls: [[]],
    resetKernelTime: [[]],
    matmul: [
      [floats(rows * c), floats(rows * w), floats(c * w), 1, c, w, rows, true, false, false, false],
      [floats(rows * c), floats(c * w), floats(rows * w), 1, rows, w, c, false, false, false, false],
      [floats(rows * c), floats(c * w), floats(rows * w), 1, rows, w, c, true, true, false, false],
      [floats(n * h * c), floats(c * w), floats(n * h * w), n, h, w, c, false, true, false, true],
      [floats(h * c), floats(n * c * w), floats(n * h * w), n, h, w, c, true, false, true, false],
    ],
    convolution: convolutions.flatMap(({ shape, x, filter, y, bias }, index) => [
      [shape, x(), filter(), bias(), y(), index, 0.2],
      [shape, x(), filter(), undefined, y(), 6 - index, 0.2],
    ]),
    convolutionBackwardInput: convolutions.map(({ shape, x, filter, y }) => [shape, y(), filter(), x()]),
    convolutionBackwardFilter: convolutions.map(({ shape, x, filter, y }) => [shape, x(), y(), filter()]),
    pointwise: numbersUpTo(7).flatMap((activation) => [
      [
        ...[all(), floats(c * w), undefined, floats(w), floats(n * c), floats(rows * w), floats(rows * w)],
        ...[n, rows, c, w, activation, 0.2],
      ],
      [
        ...[all(), floats(c * w), undefined, undefined, undefined, undefined, floats(rows * w)],
        ...[n, rows, c, w, activation, 0.2],
      ],
    ]),
    biasActivation: numbersUpTo(7).flatMap((activation) => [
      [all(), channels(), activation, 0.2],
      [all(), undefined, activation, 0.2],
    ]),
    depthwise: depthwises.flatMap(({ shape, x, filter, y, bias }, index) => [
      [shape, x(), undefined, 0, filter(), bias(), y(), index, 0.2],
      [shape, x(), undefined, index % 4, filter(), undefined, y(), 6 - index, 0.2],
      [shape, x(), factors(), index % 4, filter(), undefined, y(), 0, 0.2],
    ]),
    depthwiseMean: depthwises.map(({ shape, x, filter, y, bias }, index) => [
      ...[shape, x(), undefined, index % 4, filter(), bias(), y(), floats(n * c), index, 0.2],
    ]),
    expandedDepthwise: depthwises.flatMap(({ shape, filter, y, bias }, index) => {
      const before = [shape, floats(rows * 3), 3, floats(3 * c), undefined] as const;
      return [
        [...before, channels(), index, filter(), bias(), y(), floats(n * c), 4 - index],
        [...before, undefined, 3, filter(), undefined, y(), undefined, index],
      ];
    }),
    separable: depthwises.flatMap(({ shape, x, filter, y, bias }, index) => {
      const [before, w] = [numbersUpTo(4)[index]!, floats(c * c)];
      return [
        [shape, x(), undefined, before, filter(), bias(), index, w, c, undefined, channels(), y(), y(), 4 - index],
        [shape, x(), factors(), 0, filter(), undefined, 0, w, c, undefined, undefined, undefined, y(), index],
      ];
    }),
    depthwiseBackward: depthwises.flatMap(({ shape, x, filter, y }, index) => [
      [shape, x(), undefined, 0, y(), filter(), x(), filter(), undefined],
      [shape, x(), undefined, index % 4, y(), filter(), x(), filter(), undefined],
      [shape, undefined, undefined, 0, y(), filter(), x(), undefined, undefined],
      [shape, x(), factors(), index % 4, y(), undefined, undefined, filter(), undefined],
      [shape, x(), factors(), index % 4, y(), filter(), x(), filter(), sums()],
      [shape, x(), factors(), index % 4, y(), filter(), x(), undefined, sums()],
    ]),
    prepare: numbersUpTo(4).flatMap((activation) => [
      [all(), factors(), c, activation, undefined, all()],
      [all(), factors(), c, activation, all(), all()],
      [all(), undefined, 1, activation, undefined, all()],
    ]),
    batchNormTraining: numbersUpTo(4).map((activation) => [
      ...[all(), activation % 2 ? channels() : undefined, channels(), activation < 2 ? all() : undefined, channels()],
      ...[channels(), factors(), 1e-3, activation],
    ]),
    batchNormTrainingBackward: numbersUpTo(4).map((activation) => [
      ...[all(), all(), channels(), activation % 2 ? channels() : undefined, channels(), positive(c)],
      ...[activation < 2 ? sums() : undefined, all(), channels(), channels(), 1e-3, activation],
    ]),
    batchNorm: [
      [all(), channels(), positive(c), channels(), channels(), all(), 1e-3],
      [all(), channels(), positive(c), undefined, undefined, all(), 1e-3],
    ],
    batchNormBackward: [
      [
        ...[all(), all(), channels(), positive(c), channels()],
        ...[all(), channels(), channels(), channels(), channels(), 1e-3],
      ],
    ],
    maxPool: pools.flatMap(({ shape, x, y }, index) => [
      [shape, x(), undefined, 0, y()],
      [shape, x(), factors(), index, y()],
    ]),
    maxPoolBackward: pools.flatMap(({ shape, x, y }, index) => [
      [shape, x(), undefined, 0, y(), x()],
      [shape, x(), factors(), index, y(), x()],
    ]),
    averagePool: pools.map(({ shape, x, y }) => [shape, x(), y()]),
    averagePoolBackward: pools.map(({ shape, x, y }) => [shape, y(), x()]),
    unary: numbersUpTo(23).map((operation) => [operation, all(), all(), -0.5, 0.5]),
    unaryGradient: numbersUpTo(14).map((operation) => [operation, all(), all(), all(), -0.5, 0.5]),
    binary: numbersUpTo(8).flatMap((operation) => [
      [operation, all(), all(), all(), ints(values, 1, 1)],
      [operation, all(), channels(), all(), ints(rows, c, 0, c, 1, 1)],
      [operation, floats(rows), channels(), all(), ints(rows, 1, 0, c, 0, 1)],
    ]),
    compare: numbersUpTo(6).flatMap((operation) => [
      [operation, all(), all(), bytes(values), ints(values, 1, 1)],
      [operation, channels(), all(), bytes(values), ints(rows, 0, c, c, 1, 1)],
    ]),
    select: [
      [bytes(values), all(), all(), all(), 1],
      [bytes(rows), all(), all(), all(), c],
    ],
    addN: [[[all(), all(), all()], all()]],
    fill: [[all(), 0.5]],
    intsToFloats: [[Int32Array.from(all(), (value) => 1000 * value), all()]],
    bytesToFloats: [[bytes(values), all()]],
    floatsToInts: [[Float32Array.from(all(), (value) => 3e9 * value), new Int32Array(values)]],
    reduce: numbersUpTo(4).flatMap((operation) => [
      [operation, all(), floats(n * c), n, h * w, c, 0.5],
      [operation, all(), floats(n), n, h * w * c, 1, 0.5],
      [operation, all(), floats(h * w * c), 1, n, h * w * c, 0.5],
    ]),
    reduceProduct: [[all(), all(), channels(), 1, rows, c]],
    copyRows: [[all(), floats(rows * (c + 3) + 5), rows, c - 1, 1, c, 5, c + 3]],
    transpose: [
      [all(), all(), ints(n, h * w * c, c, 1, h * w, c)],
      [all(), all(), ints(h, w * c, n, h * w * c, w, c, c, 1)],
    ],
    remap: [
      // Every second image row, mirrored with a border of fill; then channels in reverse.
      [
        ...[all(), floats(n * (h + 1) * w * c)],
        ints(h * w * c, 1, n, 0, 1, w * c, 2, h, h - 1, -1, 1, -1, 0, c, 1, w, 0, 1, 1, 1, c, c - 1, -1),
        0.25,
      ],
    ],
    softmax: [[all(), all(), rows, c]],
    softmaxBackward: [[all(), all(), all(), rows, c]],
    resizeBilinear: [
      [all(), large(), resized, false, false],
      [all(), large(), resized, true, false],
      [all(), large(), resized, false, true],
    ],
    resizeBackward: [
      [large(), all(), resized, false, false, true],
      [large(), all(), resized, true, true, false],
      [floats(values), floats(2 * values), ints(n, h, doubled.w, c, h, w), false, true, false],
    ],
    listScale: [
      [list(), list(), undefined, 0.5],
      [list(), list(), floats(1), 0],
    ],
    listAxpy: [
      [list(), list(), list(), undefined, 0.5],
      [list(), list(), list(), floats(1), 0],
    ],
    listNorm: [[list(), floats(1)]],
    listDot: [[list(), list(), floats(1)]],
    listSquares: [[list(), floats(list().length)]],
    listCombine: [[[...list(), ...list(), ...list()], floats(3), list()]],
    averageUpdate: [[list(), list(), list(), 0.1]],
    sgdUpdate: [
      [list(), list(), list(), list(), list(), 0.1, 0.9, true, 0.01],
      [list(), list(), [], list(), [], 0.1, 0, false, 0],
    ],
    adamUpdate: [
      [list(), list(), list(), [positive(values), positive(c), positive(1)], list(), list(), list()].concat([
        0.1, 0.9, 0.99, 1e-8, 0.01, 1,
      ] as never[]),
    ],
  };
}
