/** Cases of convolutions with what one kernel computes besides them: bias and activation, gates, sums, means. */
import {
  FusedConv2DSwish,
  FusedDepthwiseConv2DMean,
  FusedDepthwiseConv2DSwish,
  FusedExpandedDepthwise,
  FusedPointwise,
  FusedSeparable,
} from "@roga/ops";
import * as tf from "@tensorflow/tfjs-core";
import { type Case, floats } from "./case.js";
import { type Convolution, DEPTHWISE, describe, label, rarely, SHAPES } from "./convolution.js";
import { type Activation, fusedConvolution, fusedPointwise, imageMeans } from "./references.js";

const ACTIVATIONS = ["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"];

export function fusedConvolutionCases(): Case[] {
  return [
    ...fusedCases(tf.FusedConv2D, [SHAPES[2]!, SHAPES[3]!, SHAPES[13]!], false),
    ...fusedCases(tf.FusedDepthwiseConv2D, [DEPTHWISE[1]!, DEPTHWISE.at(-14)!], true),
    ...swishCases(SHAPES, false),
    ...swishCases(DEPTHWISE, true),
    ...pointwiseCases(),
    ...meanCases(),
    ...expandedCases(),
    ...separableCases(),
  ];
}

function swishCases(shapes: Convolution[], depthwise: boolean): Case[] {
  const kernel = depthwise ? FusedDepthwiseConv2DSwish : FusedConv2DSwish;
  return shapes.flatMap((shape) => {
    const { filterShape, attrs, dyShape, terms } = describe(shape, depthwise);
    const both = { x: floats(shape.x), filter: floats(filterShape) };
    // The rounding errors of partial sums, which grow with the root of the number of terms, add up.
    const tolerance = { rtol: 4e-7, atol: 3e-7 * terms };
    return [both, { ...both, bias: floats([dyShape[3]]) }].map((inputs) => ({
      kernel,
      label: `${label(shape)}${"bias" in inputs ? ", bias" : ""}`,
      inputs,
      attrs,
      tolerance,
      reference: () => [fusedConvolution(inputs, attrs, depthwise, "swish")],
    }));
  });
}

function fusedCases(kernel: string, shapes: Convolution[], depthwise: boolean): Case[] {
  const cases: Case[] = [];
  for (const shape of shapes) {
    for (const activation of ACTIVATIONS) {
      for (const biased of [false, true]) {
        const { filterShape, attrs, dyShape, terms } = describe(shape, depthwise);
        const channels = [dyShape[3]];
        cases.push({
          kernel,
          label: `${label(shape)}, ${biased ? "bias, " : ""}${activation}`,
          inputs: {
            x: floats(shape.x),
            filter: floats(filterShape),
            ...(biased && { bias: floats(channels) }),
            ...(activation === "prelu" && { preluActivationWeights: floats(channels, () => 0.2) }),
          },
          attrs: { ...attrs, activation, leakyreluAlpha: 0.1 },
          tolerance: { terms: terms + 1, rtol: 4e-7, atol: 2e-7 },
          native: activation !== "prelu",
        });
      }
    }
  }
  return cases;
}

/** Rows, channels and outputs that leave rests in every direction, of few panels and of many. */
const PRODUCTS = [
  { x: [1, 1, 1, 1], k: 1 },
  { x: [3, 5, 7, 17], k: 16 },
  { x: [2, 13, 11, 100], k: 130 },
  { x: [8, 1, 1, 48], k: 4 },
  { x: [2, 3, 5, 33], k: 300 },
  { x: [2, 20, 21, 600], k: 200 },
] as const;

function pointwiseCases(): Case[] {
  const activations: Activation[] = ["linear", "relu", "relu6", "swish", "sigmoid", "elu"];
  return PRODUCTS.flatMap(({ x: [n, h, w, c], k }, index) =>
    [[], ["gate"], ["addend"], ["bias", "gate", "addend"]].map((names, which): Case => {
      const activation = activations[(index + which) % activations.length]!;
      const make = which === 3 && index % 2 === 1 ? rarely : floats;
      const all = { bias: floats([k]), gate: floats([n, 1, 1, c]), addend: make([n, h, w, k]) };
      const neighbours = Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
      const inputs = { x: make([n, h, w, c]), filter: floats([1, 1, c, k]), ...neighbours };
      return {
        kernel: FusedPointwise,
        label: `[${n},${h},${w},${c}] → ${k}, ${activation}, ${names}`,
        inputs,
        attrs: { activation },
        tolerance: { rtol: make === rarely ? 1e-5 : 4e-7, atol: 3e-7 * (c + 2) },
        reference: () => [fusedPointwise(inputs, activation)],
      };
    }),
  );
}

function meanCases(): Case[] {
  const activations: Activation[] = ["swish", "linear", "relu6"];
  return DEPTHWISE.map((shape, index): Case => {
    const activation = activations[index % activations.length]!;
    const { filterShape, attrs, dyShape, terms } = describe(shape, true);
    const inputs = { x: floats(shape.x), filter: floats(filterShape), bias: floats([dyShape[3]]) };
    return {
      kernel: FusedDepthwiseConv2DMean,
      label: `${label(shape)}, ${activation}`,
      inputs,
      attrs: { ...attrs, activation },
      tolerance: { rtol: 4e-7, atol: 3e-7 * terms },
      reference() {
        const y = fusedConvolution(inputs, attrs, true, activation);
        return [y, imageMeans(y, dyShape)];
      },
    };
  });
}

/** Small ones, and some beyond the size from which rows are expanded as they are needed. */
const EXPANDED: (Convolution & { channels: number; biased?: boolean })[] = [
  { x: [2, 7, 9, 12], channels: 3, k: 1, filter: [3, 3], biased: true },
  { x: [1, 6, 5, 8], channels: 2, k: 2, filter: [3, 3] },
  { x: [1, 129, 130, 99], channels: 5, k: 1, filter: [3, 3], strides: [2, 2], biased: true },
  { x: [2, 65, 131, 97], channels: 7, k: 1, filter: [5, 5], strides: [2, 2] },
  { x: [3, 61, 91, 100], channels: 3, k: 1, filter: [3, 3], pad: "valid" },
  { x: [1, 9, 1201, 150], channels: 2, k: 1, filter: [3, 2], dilations: [2, 1], biased: true },
];

function expandedCases(): Case[] {
  const activations: Activation[] = ["swish", "relu6", "linear"];
  return EXPANDED.map(({ channels, biased, ...shape }, index): Case => {
    const { filterShape, attrs, dyShape, terms } = describe(shape, true);
    const [n, h, w, expanded] = shape.x;
    const [expansionActivation, activation] = [activations[index % 3]!, activations[(index + 1) % 3]!];
    const x = floats([n, h, w, channels]);
    const expansion = floats([1, 1, channels, expanded]);
    const filter = floats(filterShape);
    const [expansionBias, bias] = [floats([expanded]), floats([dyShape[3]])];
    return {
      kernel: FusedExpandedDepthwise,
      label: `${channels} → ${label(shape)}, ${expansionActivation}, ${activation}`,
      inputs: { x, expansion, filter, ...(biased && { expansionBias, bias }) },
      attrs: { ...attrs, activation, expansionActivation },
      tolerance: { rtol: 2e-6, atol: 1e-6 * terms },
      reference() {
        const z = fusedPointwise({ x, filter: expansion, ...(biased && { bias: expansionBias }) }, expansionActivation);
        const images = { shape: shape.x, values: Float32Array.from(z), dtype: "float32" as const };
        const y = fusedConvolution({ x: images, filter, ...(biased && { bias }) }, attrs, true, activation);
        return [y, imageMeans(y, dyShape)];
      },
    };
  });
}

/** Depthwise shapes with the outputs of the product after them, of few panels and of many. */
const SEPARABLE: (Convolution & { outputs: number; names: string[] })[] = [
  { x: [1, 1, 1, 1], k: 1, filter: [3, 3], outputs: 1, names: [] },
  { x: [3, 7, 9, 17], k: 1, filter: [3, 3], outputs: 20, names: ["depthwiseBias", "bias", "addend"] },
  { x: [2, 9, 8, 6], k: 2, filter: [3, 3], outputs: 5, names: ["bias", "addend"] },
  { x: [2, 33, 31, 70], k: 1, filter: [3, 3], outputs: 300, names: ["bias"] },
  { x: [2, 20, 19, 130], k: 1, filter: [5, 5], strides: [2, 2], outputs: 33, names: ["depthwiseBias", "addend"] },
  { x: [1, 12, 40, 600], k: 1, filter: [3, 3], pad: "valid", outputs: 48, names: ["addend"] },
  { x: [1, 13, 14, 40], k: 1, filter: [2, 3], dilations: [2, 2], outputs: 16, names: ["depthwiseBias", "bias"] },
];

function separableCases(): Case[] {
  const activations: Activation[] = ["linear", "relu", "swish", "sigmoid"];
  return SEPARABLE.map(({ outputs, names, ...shape }, index): Case => {
    const { filterShape, attrs, dyShape, terms } = describe(shape, true);
    const [depthwiseActivation, activation] = [activations[index % 4]!, activations[(index + 1) % 4]!];
    const channels = dyShape[3];
    const [x, depthwise, filter] = [floats(shape.x), floats(filterShape), floats([1, 1, channels, outputs])];
    const all = {
      depthwiseBias: floats([channels]),
      bias: floats([outputs]),
      addend: floats([...dyShape.slice(0, 3), outputs]),
    };
    const given: Partial<typeof all> = Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
    const { depthwiseBias, ...rest } = given;
    return {
      kernel: FusedSeparable,
      label: `${label(shape)} → ${outputs}, ${depthwiseActivation}, ${activation}, ${names}`,
      inputs: { x, depthwise, filter, ...given },
      attrs: { ...attrs, activation, depthwiseActivation },
      tolerance: { rtol: 4e-7, atol: 3e-7 * terms * (channels + 2) },
      reference() {
        const before = { x, filter: depthwise, ...(depthwiseBias && { bias: depthwiseBias }) };
        const z = fusedConvolution(before, attrs, true, depthwiseActivation);
        const images = { shape: dyShape, values: Float32Array.from(z), dtype: "float32" as const };
        return [fusedPointwise({ x: images, filter, ...rest }, activation)];
      },
    };
  });
}
