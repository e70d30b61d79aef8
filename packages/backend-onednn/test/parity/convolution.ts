/** Cases of convolutions, depthwise ones, and their gradients. */
import { DilatedConv2DGrad } from "@roga/ops";
import * as tf from "@tensorflow/tfjs-core";
import { type Case, floats, special, type Values } from "./case.js";
import { dilatedGradients } from "./references.js";

export interface Convolution {
  readonly x: [number, number, number, number];
  /** Output channels, or filters per channel. */
  readonly k: number;
  readonly filter: [number, number];
  readonly strides?: [number, number];
  readonly dilations?: [number, number];
  readonly pad?: "same" | "valid" | number | [[number, number], [number, number], [number, number], [number, number]];
}

/** Top, bottom, left and right differ, which only explicit padding allows. */
const UNEVEN: Convolution["pad"] = [
  [0, 0],
  [1, 2],
  [0, 3],
  [0, 0],
];

export const SHAPES: Convolution[] = [
  { x: [1, 1, 1, 1], k: 1, filter: [1, 1] },
  { x: [1, 5, 5, 1], k: 1, filter: [3, 3] },
  { x: [2, 7, 9, 3], k: 4, filter: [3, 3] },
  { x: [2, 8, 8, 3], k: 32, filter: [3, 3], strides: [2, 2] },
  { x: [2, 7, 9, 3], k: 5, filter: [3, 3], strides: [2, 2], pad: "valid" },
  { x: [1, 9, 7, 4], k: 3, filter: [5, 5], strides: [2, 2] },
  { x: [1, 9, 8, 17], k: 19, filter: [3, 2], strides: [1, 2] },
  { x: [1, 11, 12, 2], k: 3, filter: [3, 3], dilations: [2, 3] },
  { x: [1, 11, 12, 6], k: 6, filter: [3, 3], dilations: [2, 2], pad: "valid" },
  { x: [2, 6, 5, 3], k: 2, filter: [3, 3], pad: UNEVEN },
  { x: [2, 6, 5, 3], k: 2, filter: [3, 3], pad: 3 },
  { x: [1, 10, 9, 8], k: 8, filter: [3, 3], strides: [3, 2], pad: UNEVEN },
  { x: [1, 4, 4, 3], k: 2, filter: [7, 7] },
  { x: [2, 6, 7, 5], k: 9, filter: [1, 1] },
  { x: [2, 7, 6, 5], k: 9, filter: [1, 1], strides: [2, 2] },
  { x: [1, 5, 6, 3], k: 7, filter: [1, 1], pad: 1 },
  { x: [1, 3, 3, 728], k: 16, filter: [1, 1] },
  { x: [1, 19, 19, 16], k: 24, filter: [3, 3] },
  { x: [3, 33, 31, 8], k: 16, filter: [1, 1] },
  // Products of several blocks and panels, with rests in every direction.
  { x: [2, 13, 11, 100], k: 130, filter: [1, 1] },
  { x: [1, 5, 7, 33], k: 300, filter: [1, 1] },
  { x: [1, 9, 11, 100], k: 130, filter: [1, 1], strides: [2, 2] },
  { x: [1, 8, 10, 70], k: 300, filter: [1, 1], strides: [2, 3], pad: "valid" },
];

export const DEPTHWISE: Convolution[] = [
  ...SHAPES.filter(({ x, k }) => x[3] * k < 200).map((shape, index) => ({ ...shape, k: (index % 3) + 1 })),
  { x: [1, 1, 1, 5], k: 1, filter: [3, 3] },
  { x: [1, 2, 40, 5], k: 1, filter: [3, 3] },
  { x: [2, 9, 37, 3], k: 1, filter: [3, 3] },
  { x: [2, 9, 37, 16], k: 1, filter: [5, 5] },
  { x: [1, 20, 39, 17], k: 1, filter: [3, 3], strides: [2, 2] },
  { x: [1, 20, 39, 33], k: 1, filter: [5, 5], strides: [2, 2], pad: "valid" },
  { x: [1, 20, 21, 4], k: 1, filter: [3, 3], pad: UNEVEN },
  { x: [1, 20, 21, 4], k: 1, filter: [3, 3], pad: 4 },
  { x: [1, 20, 21, 4], k: 1, filter: [5, 5], strides: [2, 2], pad: UNEVEN },
  { x: [1, 13, 14, 6], k: 1, filter: [3, 3], dilations: [2, 2] },
  { x: [1, 12, 14, 6], k: 1, filter: [7, 7], strides: [2, 2] },
  { x: [1, 12, 14, 6], k: 1, filter: [3, 5] },
  { x: [1, 12, 14, 6], k: 1, filter: [3, 3], strides: [4, 4] },
  { x: [1, 8, 8, 728], k: 1, filter: [3, 3] },
  { x: [1, 6, 31, 20], k: 1, filter: [3, 3] },
  { x: [1, 6, 16, 16], k: 1, filter: [5, 5] },
  { x: [1, 7, 32, 20], k: 1, filter: [5, 5], strides: [2, 2] },
  { x: [1, 7, 63, 16], k: 1, filter: [3, 3], strides: [2, 2], pad: 2 },
  { x: [2, 1, 19, 70], k: 1, filter: [5, 5] },
  { x: [1, 65, 66, 8], k: 1, filter: [3, 3] },
  { x: [1, 1, 31, 3], k: 1, filter: [1, 3] },
];

const EMPTY: Convolution[] = [
  { x: [0, 4, 4, 3], k: 2, filter: [3, 3] },
  { x: [1, 2, 2, 3], k: 2, filter: [3, 3], pad: "valid" },
];

export function label({ x, k, filter, strides, dilations, pad }: Convolution): string {
  return `[${x}] → ${k}, ${filter}, stride ${strides ?? 1}, dilation ${dilations ?? 1}, padding ${pad ?? "same"}`;
}

export function describe(
  { x, k, filter, strides = [1, 1], dilations = [1, 1], pad = "same" }: Convolution,
  depthwise: boolean,
) {
  const filterShape: [number, number, number, number] = [...filter, x[3], k];
  const info = tf.backend_util.computeConv2DInfo(x, filterShape, strides, dilations, pad, undefined, depthwise);
  const attrs = { strides, pad, dilations, dataFormat: "NHWC" };
  const size = filter[0] * filter[1];
  const positions = info.batchSize * info.outHeight * info.outWidth;
  return {
    filterShape,
    attrs,
    dyShape: info.outShape,
    terms: size * (depthwise ? 1 : x[3]) + 2,
    back: size * k + 2,
    positions,
  };
}

type Make = (shape: number[]) => Values;
export const rarely: Make = (shape) => special(shape, 0.01);

function forward(kernel: string, shape: Convolution, depthwise: boolean, native: boolean, make: Make = floats): Case {
  const { filterShape, attrs, terms } = describe(shape, depthwise);
  const inputs = { x: make(shape.x), filter: floats(filterShape) };
  return { kernel, label: label(shape), inputs, attrs, tolerance: { terms }, native };
}

function backward(shape: Convolution, depthwise: boolean, native: boolean, make: Make = floats): Case[] {
  const { filterShape, attrs, dyShape, back, positions } = describe(shape, depthwise);
  const [x, dy, filter] = [make(shape.x), make(dyShape), floats(filterShape)];
  const names = depthwise
    ? ([tf.DepthwiseConv2dNativeBackpropInput, tf.DepthwiseConv2dNativeBackpropFilter] as const)
    : ([tf.Conv2DBackpropInput, tf.Conv2DBackpropFilter] as const);
  const toInput = { kernel: names[0], inputs: { dy, filter }, attrs: { ...attrs, inputShape: shape.x } };
  const toFilter = { kernel: names[1], inputs: { x, dy }, attrs: { ...attrs, filterShape } };
  const terms = Math.max(back, positions + 2);
  if (depthwise && shape.dilations) return dilatedBackward(shape, native);
  const cases: Case[] = [
    { ...toInput, label: label(shape), tolerance: { terms: back }, native },
    { ...toFilter, label: label(shape), tolerance: { terms: positions + 2 }, native },
  ];
  if (depthwise && shape.k === 1 && native) {
    const joint = { kernel: "DepthwiseConv2dNativeBackprop", inputs: { x, dy, filter }, attrs };
    cases.push({ ...joint, label: label(shape), tolerance: { terms }, like: [toInput, toFilter] });
  }
  return cases;
}

/** TensorFlow.js has no gradient of a dilated convolution, but one of a dilated depthwise convolution. */
const undilated = ({ dilations }: Convolution) => dilations === undefined;

export function convolutionCases(): Case[] {
  const uneven = SHAPES.find(({ strides }) => strides?.[0] === 2)!;
  const threes = DEPTHWISE.filter(({ k, filter }) => k === 1 && filter[0] === filter[1]);
  return [
    ...SHAPES.map((shape) => forward(tf.Conv2D, shape, false, true)),
    ...SHAPES.filter(undilated).flatMap((shape) => backward(shape, false, true)),
    ...DEPTHWISE.map((shape) => forward(tf.DepthwiseConv2dNative, shape, true, true)),
    ...DEPTHWISE.flatMap((shape) => backward(shape, true, true)),
    ...EMPTY.flatMap((shape) => [
      forward(tf.Conv2D, shape, false, false),
      forward(tf.DepthwiseConv2dNative, shape, true, false),
      ...backward(shape, false, false),
      ...backward(shape, true, false),
    ]),
    ...[SHAPES[2]!, uneven, SHAPES[13]!].flatMap((shape) => [
      forward(tf.Conv2D, shape, false, true, rarely),
      ...backward(shape, false, true, rarely),
    ]),
    ...threes
      .slice(0, 8)
      .flatMap((shape) => [
        forward(tf.DepthwiseConv2dNative, shape, true, true, rarely),
        ...backward(shape, true, true, rarely),
      ]),
    ...dilatedCases(),
  ];
}

/** The JavaScript kernels of these gradients disregard the dilation. */
function dilatedBackward(shape: Convolution, native: boolean): Case[] {
  const { filterShape, attrs, dyShape } = describe(shape, true);
  const [x, dy, filter] = [floats(shape.x), floats(dyShape), floats(filterShape)];
  const [toInput, toFilter] = [new Float64Array(x.values.length), new Float64Array(filter.values.length)];
  const [[sh, sw], [dh, dw], { k }] = [attrs.strides, attrs.dilations, shape];
  const [, height, width, channels] = shape.x;
  const { padInfo } = tf.backend_util.computeConv2DInfo(
    shape.x,
    filterShape,
    attrs.strides,
    attrs.dilations,
    attrs.pad,
    undefined,
    true,
  );
  dy.values.forEach((gradient: number, index: number) => {
    const output = index % (channels * k);
    const position = Math.floor(index / (channels * k));
    const [column, row] = [position % dyShape[2], Math.floor(position / dyShape[2]) % dyShape[1]];
    const image = Math.floor(position / dyShape[2] / dyShape[1]);
    for (let i = 0; i < filterShape[0]; i++) {
      for (let j = 0; j < filterShape[1]; j++) {
        const [h, w] = [row * sh - padInfo.top + i * dh, column * sw - padInfo.left + j * dw];
        if (h < 0 || w < 0 || h >= height || w >= width) continue;
        const at = ((image * height + h) * width + w) * channels + Math.floor(output / k);
        const tap = (i * filterShape[1] + j) * channels * k + output;
        toInput[at]! += gradient * filter.values[tap]!;
        toFilter[tap]! += gradient * x.values[at]!;
      }
    }
  });
  const common = { label: label(shape), tolerance: { rtol: 1e-5, atol: 1e-4 }, native };
  const cases: Case[] = [
    {
      kernel: tf.DepthwiseConv2dNativeBackpropInput,
      inputs: { dy, filter },
      attrs: { ...attrs, inputShape: shape.x },
      ...common,
      reference: () => [toInput],
    },
    {
      kernel: tf.DepthwiseConv2dNativeBackpropFilter,
      inputs: { x, dy },
      attrs: { ...attrs, filterShape },
      ...common,
      reference: () => [toFilter],
    },
  ];
  if (k === 1) {
    const kernel = "DepthwiseConv2dNativeBackprop";
    cases.push({ kernel, inputs: { x, dy, filter }, attrs, ...common, reference: () => [toInput, toFilter] });
  }
  return cases;
}

/** Images, filter, and the distance of the pixels that it sees. */
const DILATED: [Convolution["x"], [number, number], number, number][] = [
  [[1, 1, 1, 1], [1, 1], 1, 1],
  [[2, 9, 7, 3], [3, 3], 4, 2],
  [[1, 16, 13, 4], [3, 3], 4, 3],
  [[1, 5, 6, 2], [2, 3], 5, 4],
  [[2, 12, 11, 17], [3, 3], 19, 2],
  [[0, 4, 4, 2], [3, 3], 3, 2],
];

function dilatedCases(): Case[] {
  return DILATED.map(([shape, kernel, outputs, rate]): Case => {
    const [x, filter] = [floats(shape), floats([...kernel, shape[3], outputs])];
    const dy = floats([...shape.slice(0, 3), outputs]);
    return {
      kernel: DilatedConv2DGrad,
      label: `${shape}, ${kernel}, ${outputs} outputs, rate ${rate}`,
      inputs: { x, filter, dy },
      attrs: { rate },
      tolerance: { rtol: 1e-6, atol: 3e-7 * shape[1] * shape[2] * kernel[0] * kernel[1] },
      native: shape[0] > 0,
      reference: () => dilatedGradients(x, filter, dy, rate),
    };
  });
}
