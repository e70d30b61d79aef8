/** The contract's kernels of convolutions and what is beside them, one JavaScript kernel after the other. */
import * as tf from "@tensorflow/tfjs-core";
import { FusedDepthwiseConv2DMean, FusedExpandedDepthwise, FusedPointwise, FusedSeparable } from "../../src/index.js";
import { ACTIVATIONS } from "./formulas.js";

type Inputs = Readonly<Record<string, tf.TensorInfo | undefined>>;
type Attributes = Readonly<Record<string, unknown>>;

/** A kernel's call, and how a JavaScript kernel is run. */
export interface Call {
  readonly inputs: Inputs;
  readonly attrs: Attributes;
  stock(kernel: string, inputs: Inputs, attrs?: Attributes): tf.TensorInfo;
  /** Changes the values of what a JavaScript kernel gave. */
  map(tensor: tf.TensorInfo, f: (value: number) => number): tf.TensorInfo;
}

const ALONE = { strides: [1, 1], pad: "valid", dataFormat: "NHWC", dilations: [1, 1] };

function convolve(call: Call, kernel: string, inputs: Inputs, { activation, ...attrs }: Attributes): tf.TensorInfo {
  if (activation !== "swish") return call.stock(kernel, inputs, { ...attrs, activation });
  return call.map(call.stock(kernel, inputs, { ...attrs, activation: "linear" }), ACTIVATIONS.swish!.f);
}

const plus = (call: Call, a: tf.TensorInfo, b: tf.TensorInfo | undefined) => (b ? call.stock(tf.Add, { a, b }) : a);
const meanOf = (call: Call, x: tf.TensorInfo) => call.stock(tf.Mean, { x }, { axis: [1, 2], keepDims: false });

export const JOINED: Record<string, (call: Call) => tf.TensorInfo[]> = {
  [FusedPointwise](call) {
    const { x, filter, bias, gate, addend } = call.inputs;
    const gated = gate ? call.stock(tf.Multiply, { a: x, b: gate }) : x;
    const attrs = { ...ALONE, activation: call.attrs.activation };
    return [plus(call, convolve(call, tf.FusedConv2D, { x: gated, filter, bias }, attrs), addend)];
  },
  [FusedDepthwiseConv2DMean](call) {
    const y = convolve(call, tf.FusedDepthwiseConv2D, call.inputs, call.attrs);
    return [y, meanOf(call, y)];
  },
  [FusedExpandedDepthwise](call) {
    const { x, expansion, expansionBias, filter, bias } = call.inputs;
    const { expansionActivation, ...attrs } = call.attrs;
    const before = { ...ALONE, activation: expansionActivation };
    const z = convolve(call, tf.FusedConv2D, { x, filter: expansion, bias: expansionBias }, before);
    const y = convolve(call, tf.FusedDepthwiseConv2D, { x: z, filter, bias }, attrs);
    return [y, meanOf(call, y)];
  },
  [FusedSeparable](call) {
    const { x, depthwise, depthwiseBias, filter, bias, addend } = call.inputs;
    const { depthwiseActivation, activation, ...attrs } = call.attrs;
    const before = { ...attrs, activation: depthwiseActivation };
    const z = convolve(call, tf.FusedDepthwiseConv2D, { x, filter: depthwise, bias: depthwiseBias }, before);
    return [plus(call, convolve(call, tf.FusedConv2D, { x: z, filter, bias }, { ...ALONE, activation }), addend)];
  },
};
