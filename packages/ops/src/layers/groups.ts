/**
 * Groups of neighbouring layers that one kernel computes in inference: a convolution, the activation after it, and, where
 * its filter is 1×1, the product with a gate before it and the sum after it; for a depthwise one the global mean of its
 * output.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { ConvolutionActivation } from "../kernels.js";
import { convolve, depthwiseMean, isPatchedConvolution, isPointwise, pointwise, takes } from "./convolution.js";
import { type Graph, onlyConsumer } from "./graph.js";
import { patchedActivation } from "./patches.js";
import {
  type Convolution,
  convolutionActivationOf,
  isImageMean,
  isStock,
  type Layer,
  ownActivation,
} from "./stock-layer.js";

/** What computes some tensors of a graph from others. */
export interface Group {
  readonly inputs: readonly SymbolicTensor[];
  /** The group is computed where the first of them stands. */
  readonly outputs: readonly SymbolicTensor[];
  /** The outputs, or undefined where only the layers themselves know what to do with such inputs. */
  run(inputs: readonly Tensor[]): readonly Tensor[] | undefined;
  /** All tensors that need no step of their own. */
  readonly members: readonly SymbolicTensor[];
  readonly convolution: Layer;
  /** Whether the convolution computes the activation of a layer after it. */
  readonly activates: boolean;
  /** Products, sums and means that it computes. */
  readonly joined: readonly Layer[];
}

/** The group of a convolution at one of its places, and what the groups are made from. */
interface Place {
  readonly graph: Graph;
  readonly layer: Convolution;
  readonly input: SymbolicTensor;
  /** The convolution's tensor, after its activation. */
  readonly y: SymbolicTensor;
  readonly activation: ConvolutionActivation;
  readonly isFree: (tensor: SymbolicTensor | undefined) => tensor is SymbolicTensor;
}

/**
 * The group around a tensor of a convolution, without tensors that belong to other groups; undefined where the tensor is
 * another layer's.
 */
export function groupAt(graph: Graph, tensor: SymbolicTensor, taken: ReadonlySet<SymbolicTensor>): Group | undefined {
  const layer = tensor.sourceLayer;
  if (!isPatchedConvolution(layer)) return undefined;
  const after = activationAfter(graph, tensor, layer);
  const place: Place = {
    graph,
    layer,
    input: tensor.inputs[0]!,
    y: after?.tensor ?? tensor,
    activation: after?.activation ?? ownActivation(layer),
    isFree: (other): other is SymbolicTensor => other !== undefined && !taken.has(other),
  };
  const { inputs, outputs, run, joined } = around(place);
  return {
    inputs,
    outputs,
    run,
    members: [...(after ? [tensor, after.tensor] : [tensor]), ...joined],
    convolution: layer,
    activates: after !== undefined,
    joined: joined.map(({ sourceLayer }) => sourceLayer),
  };
}

/** The tensor of an activation layer that alone reads a convolution without activation, with that activation. */
function activationAfter(graph: Graph, convolution: SymbolicTensor, layer: Convolution) {
  const tensor = ownActivation(layer) === "linear" ? onlyConsumer(graph, convolution) : undefined;
  if (tensor === undefined) return undefined;
  const activation = patchedActivation(tensor.sourceLayer) ?? convolutionActivationOf(tensor.sourceLayer);
  return activation && { tensor, activation };
}

type Around = Pick<Group, "inputs" | "outputs" | "run"> & { readonly joined: readonly SymbolicTensor[] };

function around(place: Place): Around {
  const { layer, input, y, activation } = place;
  if (layer.depthwiseKernel) return withMean(place);
  if (isPointwise(layer)) return withNeighbours(place);
  const run: Group["run"] = ([x]) => (takes(layer, x!) ? [convolve(layer, x, activation)] : undefined);
  return { inputs: [input], outputs: [y], run, joined: [] };
}

function withMean({ graph, layer, input, y, activation, isFree }: Place): Around {
  const mean = graph.consumers.get(y)?.find((tensor) => isImageMean(tensor.sourceLayer) && isFree(tensor));
  return {
    inputs: [input],
    outputs: mean ? [y, mean] : [y],
    joined: mean ? [mean] : [],
    run([x]) {
      if (!takes(layer, x!)) return undefined;
      return mean ? depthwiseMean(layer, x, activation) : [convolve(layer, x, activation)];
    },
  };
}

function withNeighbours({ graph, layer, input, y, activation, isFree }: Place): Around {
  const before = isFree(input) ? gatedImage(graph, input) : undefined;
  const after = addition(graph, y);
  const sum = isFree(after?.sum) ? after : undefined;
  return {
    inputs: [...(before ? [before.image, before.gate] : [input]), ...(sum ? [sum.addend] : [])],
    outputs: [sum?.sum ?? y],
    joined: [...(before ? [input] : []), ...(sum ? [sum.sum] : [])],
    run(tensors) {
      const x = tensors[0]!;
      const gate = before && tensors[1];
      const addend = sum && tensors.at(-1);
      if (!takes(layer, x)) return undefined;
      const [images, height, width, channels] = x.shape;
      if (gate && !isFloat(gate, [images, 1, 1, channels])) return undefined;
      if (addend && !isFloat(addend, [images, height, width, y.shape[3]!])) return undefined;
      return [gate || addend ? pointwise(layer, x, { gate, addend }, activation) : convolve(layer, x, activation)];
    },
  };
}

/** The factors of a product that one tensor alone reads: images, and a gate for each of their channels. */
function gatedImage(graph: Graph, product: SymbolicTensor) {
  const [a, b, ...others] = product.inputs;
  if (!isStock(product.sourceLayer, "Multiply") || onlyConsumer(graph, product) === undefined) return undefined;
  if (a?.rank !== 4 || b?.rank !== 4 || others.length > 0 || a.shape[3] !== b.shape[3]) return undefined;
  const isGate = ({ shape }: SymbolicTensor) => shape[1] === 1 && shape[2] === 1;
  return isGate(b) ? { image: a, gate: b } : isGate(a) ? { image: b, gate: a } : undefined;
}

/** The sum of two that alone reads a tensor, and its other term. */
function addition(graph: Graph, tensor: SymbolicTensor) {
  const sum = onlyConsumer(graph, tensor);
  if (sum?.inputs.length !== 2 || !isStock(sum.sourceLayer, "Add")) return undefined;
  return { sum, addend: sum.inputs.find((input) => input !== tensor)! };
}

/** Whether a tensor is float32 of a shape. */
function isFloat({ dtype, rank, shape }: Tensor, sizes: readonly number[]): boolean {
  return dtype === "float32" && rank === sizes.length && shape.every((size, axis) => size === sizes[axis]);
}
