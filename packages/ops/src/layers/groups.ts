/**
 * Groups of neighbouring layers that one kernel computes in inference: a convolution, the activation after it, and, where
 * its filter is 1×1, the product with a gate before it and the sum after it; for a depthwise one the 1×1 convolution that
 * makes its channels, and the global mean of its output.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { ConvolutionActivation } from "../kernels.js";
import {
  convolve,
  depthwiseMean,
  type Expansion,
  expandedDepthwise,
  isDepthwise,
  isPatchedConvolution,
  isPointwise,
  pointwise,
  takes,
  takesExpanded,
} from "./convolution.js";
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
  if (place === undefined || expandedIn(place) !== undefined) return undefined;
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

/** The depthwise convolution that alone reads a pointwise one. */
function expandedIn({ graph, layer, y }: Place): SymbolicTensor | undefined {
  const consumer = isPointwise(layer) ? onlyConsumer(graph, y) : undefined;
  return consumer && isDepthwise(consumer.sourceLayer) ? consumer : undefined;
}

/** The pointwise convolution that a depthwise one alone reads. */
function expansionOf({ graph, tensor }: Place): Place | undefined {
  const [z] = tensor.inputs;
  // An activation layer, or the convolution itself.
  for (const candidate of [z, z?.inputs[0]]) {
    const place = candidate && placeOf(graph, candidate);
    if (place !== undefined && place.y === z && expandedIn(place) === tensor) return place;
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
  const before = expansionOf(place);
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
  const expansion: Expansion = { layer: before.layer, activation: before.activation };
  return {
    ...own,
    inputs: before.tensor.inputs,
    members: [...tensorsOf(before), ...own.members],
    activating: activating(before, place),
    run([x]) {
      if (!takesExpanded(expansion, layer, x!)) return undefined;
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
  const before = isFree(input) ? gatedImage(graph, input) : undefined;
  const after = addition(graph, y);
  const sum = after && isFree(after.sum) ? after : undefined;
  const joined = [...(before ? [input] : []), ...(sum ? [sum.sum] : [])];
  return {
    inputs: [...(before ? [before.image, before.gate] : [input]), ...(sum ? [sum.addend] : [])],
    outputs: [sum?.sum ?? y],
    members: [...tensorsOf(place), ...joined],
    activating: activating(place),
    joined: joined.map(({ sourceLayer }) => sourceLayer),
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
