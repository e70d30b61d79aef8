/**
 * Groups of neighbouring layers that one kernel computes in inference: a convolution, the activation after it, and, where
 * its filter is 1×1, the product with a gate before it and the sum after it; for a depthwise one the 1×1 convolution that
 * makes its channels, and the global mean of its output.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { ConvolutionActivation } from "../kernels.js";
import { convolve, filterOf, isDepthwise, isPatchedConvolution, isPointwise, takes } from "./convolution.js";
import { type Graph, onlyConsumer } from "./graph.js";
import {
  type Before,
  depthwiseMean,
  expandedDepthwise,
  pointwise,
  separable,
  takesBoth,
} from "./joined-convolutions.js";
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
  /** Convolutions that compute the activation of a layer after them. */
  readonly activating: readonly Layer[];
  /** Products, sums and means that it computes. */
  readonly joined: readonly Layer[];
}

/** A convolution at one of its places. */
interface Place {
  readonly graph: Graph;
  readonly layer: Convolution;
  /** The convolution's own tensor, and what it is after its activation. */
  readonly tensor: SymbolicTensor;
  readonly y: SymbolicTensor;
  readonly activation: ConvolutionActivation;
}

/** Whether a tensor belongs to no group yet. */
type IsFree = (tensor: SymbolicTensor) => boolean;

/**
 * The group around a tensor of a convolution, without tensors that belong to other groups; undefined where the tensor is
 * another layer's, or belongs to the group of a tensor after it.
 */
export function groupAt(graph: Graph, tensor: SymbolicTensor, taken: ReadonlySet<SymbolicTensor>): Group | undefined {
  const place = placeOf(graph, tensor);
  if (place === undefined || expandedIn(place) !== undefined || separatedIn(place) !== undefined) return undefined;
  return around(place, (other) => !taken.has(other));
}

function placeOf(graph: Graph, tensor: SymbolicTensor): Place | undefined {
  const layer = tensor.sourceLayer;
  if (!isPatchedConvolution(layer)) return undefined;
  const own = ownActivation(layer);
  const after = own === "linear" ? onlyConsumer(graph, tensor) : undefined;
  const next = after && (patchedActivation(after.sourceLayer) ?? convolutionActivationOf(after.sourceLayer));
  return { graph, layer, tensor, y: next ? after : tensor, activation: next ?? own };
}

/** How many times as many channels a convolution must make for its output to be kept from memory. */
const EXPANSION = 3;

/** The depthwise convolution that alone reads a pointwise one which makes several times as many channels. */
function expandedIn({ graph, layer, y }: Place): SymbolicTensor | undefined {
  const consumer = isPointwise(layer) ? onlyConsumer(graph, y) : undefined;
  if (consumer === undefined || !isDepthwise(consumer.sourceLayer)) return undefined;
  const [, , channels, outputs] = filterOf(layer as Convolution).shape;
  return outputs >= EXPANSION * channels ? consumer : undefined;
}

/** The pointwise convolution that alone reads a depthwise one, where neither is part of an inverted residual block. */
function separatedIn(place: Place): SymbolicTensor | undefined {
  const { graph, layer, y } = place;
  const consumer = isDepthwise(layer) ? onlyConsumer(graph, y) : undefined;
  if (consumer === undefined || !isPointwise(consumer.sourceLayer)) return undefined;
  const next = placeOf(graph, consumer);
  return next && expandedIn(next) === undefined && beforeOf(place, expandedIn) === undefined ? consumer : undefined;
}

/** The convolution that is read by this one alone, if `readerOf` finds this one for it. */
function beforeOf({ graph, tensor }: Place, readerOf: (place: Place) => SymbolicTensor | undefined): Place | undefined {
  const [z] = tensor.inputs;
  // An activation layer, or the convolution itself.
  for (const candidate of [z, z?.inputs[0]]) {
    const place = candidate && placeOf(graph, candidate);
    if (place !== undefined && place.y === z && readerOf(place) === tensor) return place;
  }
  return undefined;
}

const tensorsOf = ({ tensor, y }: Place) => (tensor === y ? [y] : [tensor, y]);
const activating = (...places: Place[]) => places.filter(({ tensor, y }) => tensor !== y).map(({ layer }) => layer);

function around(place: Place, isFree: IsFree): Group {
  const { layer, tensor, y, activation } = place;
  if (layer.depthwiseKernel) return withExpansion(place, isFree);
  if (isPointwise(layer)) return withNeighbours(place, isFree);
  return {
    inputs: tensor.inputs,
    outputs: [y],
    run: ([x]) => (takes(layer, x!) ? [convolve(layer, x, activation)] : undefined),
    members: tensorsOf(place),
    activating: activating(place),
    joined: [],
  };
}

function withExpansion(place: Place, isFree: IsFree): Group {
  const { graph, layer, tensor, y, activation } = place;
  const mean = graph.consumers.get(y)?.find((reader) => isImageMean(reader.sourceLayer) && isFree(reader));
  const before = beforeOf(place, expandedIn);
  const own = {
    outputs: mean ? [y, mean] : [y],
    joined: mean ? [mean.sourceLayer] : [],
    members: [...tensorsOf(place), ...(mean ? [mean] : [])],
  };
  if (before === undefined) {
    return {
      ...own,
      inputs: tensor.inputs,
      activating: activating(place),
      run([x]) {
        if (!takes(layer, x!)) return undefined;
        return mean ? depthwiseMean(layer, x, activation) : [convolve(layer, x, activation)];
      },
    };
  }
  const expansion: Before = { layer: before.layer, activation: before.activation };
  return {
    ...own,
    inputs: before.tensor.inputs,
    members: [...tensorsOf(before), ...own.members],
    activating: activating(before, place),
    run([x]) {
      if (!takesBoth(expansion, layer, x!)) return undefined;
      const [result, average] = expandedDepthwise(expansion, layer, x, activation);
      if (mean) return [result, average];
      average.dispose();
      return [result];
    },
  };
}

function withNeighbours(place: Place, isFree: IsFree): Group {
  const { graph, layer, tensor, y, activation } = place;
  const input = tensor.inputs[0]!;
  const depthwise = beforeOf(place, separatedIn);
  const product = depthwise === undefined && isFree(input) ? gatedImage(graph, input) : undefined;
  const after = depthwise === undefined || keepsSize(depthwise.layer) ? addition(graph, y) : undefined;
  const sum = after && isFree(after.sum) ? after : undefined;
  const joined = [...(product ? [input] : []), ...(sum ? [sum.sum] : [])];
  const first = product ? [product.image, product.gate] : depthwise ? depthwise.tensor.inputs : [input];
  return {
    inputs: [...first, ...(sum ? [sum.addend] : [])],
    outputs: [sum?.sum ?? y],
    members: [...(depthwise ? tensorsOf(depthwise) : []), ...tensorsOf(place), ...joined],
    activating: activating(...(depthwise ? [depthwise] : []), place),
    joined: joined.map(({ sourceLayer }) => sourceLayer),
    run(tensors) {
      const x = tensors[0]!;
      const gate = product && tensors[1];
      const addend = sum && tensors.at(-1);
      if (addend && !isFloat(addend, [...x.shape.slice(0, 3), filterOf(layer).shape[3]])) return undefined;
      if (depthwise !== undefined) {
        return takesBoth(depthwise, layer, x) ? [separable(depthwise, layer, x, addend, activation)] : undefined;
      }
      if (!takes(layer, x) || (gate && !isFloat(gate, [x.shape[0], 1, 1, x.shape[3]]))) return undefined;
      return [gate || addend ? pointwise(layer, x, { gate, addend }, activation) : convolve(layer, x, activation)];
    },
  };
}

/** Whether a depthwise convolution gives images of the size of its input. */
function keepsSize({ padding, strides }: Convolution): boolean {
  return padding === "same" && strides.every((stride) => stride === 1);
}

/** The factors of a product that one tensor alone reads: images, and a gate for each of their channels. */
function gatedImage(graph: Graph, product: SymbolicTensor) {
  const [a, b, ...others] = product.inputs;
  if (!isStock(product.sourceLayer, "Multiply") || onlyConsumer(graph, product) === undefined) return undefined;
  if (a?.rank !== 4 || b?.rank !== 4 || others.length > 0 || a.shape[3] !== b.shape[3]) return undefined;
  const isGate = ({ shape }: SymbolicTensor) => shape[1] === 1 && shape[2] === 1;
  return isGate(b) ? { image: a, gate: b } : isGate(a) ? { image: b, gate: a } : undefined;
}

/** The sum of two of one shape that alone reads a tensor, and its other term. */
function addition(graph: Graph, tensor: SymbolicTensor) {
  const sum = onlyConsumer(graph, tensor);
  if (sum?.inputs.length !== 2 || !isStock(sum.sourceLayer, "Add")) return undefined;
  const addend = sum.inputs.find((input) => input !== tensor);
  const same = addend?.rank === tensor.rank && addend.shape.every((size, axis) => size === tensor.shape[axis]);
  return addend && same ? { sum, addend } : undefined;
}

/** Whether a tensor is float32 of a shape. */
function isFloat({ dtype, rank, shape }: Tensor, sizes: readonly number[]): boolean {
  return dtype === "float32" && rank === sizes.length && shape.every((size, axis) => size === sizes[axis]);
}
