/**
 * The inference form of a network, of stock TensorFlow.js layers: batch norms are folded into the weights and biases of the
 * convolutions before them, activations become those of the convolutions, and dropout is gone. What such a batch norm
 * does to channel c in inference is y·s + b with s = γ/√(σ² + ε) and b = β − μ·s, which multiplies the convolution's filter
 * for c by s and makes b its bias; it is computed in float64.
 */
import { accelerate } from "@roga/ops/layers";
import * as tf from "@tensorflow/tfjs-core";
import { input, type LayersModel, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { Backbone } from "./backbone.js";
import { apply, type Layer } from "./layers/apply.js";

/** Activations that convolutions compute themselves. */
const WITHIN = ["relu", "relu6", "swish", "sigmoid", "elu"];

/** A convolution, and what of the layers after it becomes part of it. */
interface Chain {
  readonly convolution: Layer;
  readonly x: SymbolicTensor;
  readonly norm: Layer | undefined;
  readonly activation: string;
}

/**
 * Makes the inference form of a network with its weights at this moment. Outputs agree with the network's within rounding.
 * A batch norm that follows something else than a convolution without activation stays as it is.
 *
 * @param backbone the network, which stays as it is
 * @returns a model of its own, accelerated, whose weights are copies; `dispose()` frees them
 */
export function fold({ model: network }: Pick<Backbone, "model">): LayersModel {
  const images = input({ name: network.inputNames[0]!, shape: network.inputs[0]!.shape.slice(1) });
  const consumers = countConsumers(network);
  const made = new Map<SymbolicTensor, SymbolicTensor>([[network.inputs[0]!, images]]);
  const copies = new Map<Layer, Layer>();
  const weights: { layer: Layer; values: () => tf.Tensor[] }[] = [];

  function rebuild(tensor: SymbolicTensor): SymbolicTensor {
    const known = made.get(tensor);
    if (known !== undefined) return known;
    const chain = chainAt(tensor, consumers);
    const result = chain ? folded(chain) : copied(tensor);
    made.set(tensor, result);
    return result;
  }

  function folded({ convolution, x, norm, activation }: Chain): SymbolicTensor {
    const config = convolution.getConfig();
    const useBias = norm !== undefined || config.useBias === true;
    const zeros = { kernelInitializer: "zeros", depthwiseInitializer: "zeros", biasInitializer: "zeros" };
    const layer = fromConfig(convolution, { ...config, ...zeros, useBias, activation });
    weights.push({ layer, values: () => foldedWeights(convolution, norm) });
    return apply(layer, rebuild(x));
  }

  function copied(tensor: SymbolicTensor): SymbolicTensor {
    const { sourceLayer, inputs } = tensor;
    const rebuilt = inputs.map(rebuild);
    if (sourceLayer.getClassName() === "Dropout") return rebuilt[0]!;
    let layer = copies.get(sourceLayer);
    if (layer === undefined) {
      layer = fromConfig(sourceLayer, sourceLayer.getConfig());
      copies.set(sourceLayer, layer);
      if (sourceLayer.weights.length > 0) weights.push({ layer, values: () => sourceLayer.getWeights() });
    }
    return apply(layer, ...rebuilt);
  }

  const outputs = network.outputs.map(rebuild);
  const result = model({ name: `${network.name}_folded`, inputs: images, outputs });
  for (const { layer, values } of weights) tf.tidy(() => layer.setWeights(values()));
  accelerate(result);
  return result;
}

/** A layer of the same class. */
function fromConfig(layer: Layer, config: tf.serialization.ConfigDict): Layer {
  const kind = layer.constructor as tf.serialization.SerializableConstructor<Layer>;
  return kind.fromConfig(kind, config);
}

/** How many layers read each tensor that the outputs are computed from; an output counts as read once more. */
function countConsumers({ inputs, outputs }: LayersModel): ReadonlyMap<SymbolicTensor, number> {
  const count = new Map<SymbolicTensor, number>();
  const visit = (tensor: SymbolicTensor): void => {
    const known = count.get(tensor);
    count.set(tensor, (known ?? 0) + 1);
    if (known === undefined && !inputs.includes(tensor)) for (const each of tensor.inputs) visit(each);
  };
  for (const output of outputs) visit(output);
  return count;
}

/** The convolution that computes a tensor together with what follows it; undefined where there is none. */
function chainAt(tensor: SymbolicTensor, consumers: ReadonlyMap<SymbolicTensor, number>): Chain | undefined {
  const alone = (each: SymbolicTensor) => consumers.get(each) === 1;
  let at = tensor;
  let activation = "linear";
  let norm: Layer | undefined;
  const after = at.sourceLayer.getConfig().activation as string;
  if (at.sourceLayer.getClassName() === "Activation" && WITHIN.includes(after) && alone(at.inputs[0]!)) {
    activation = after;
    at = at.inputs[0]!;
  }
  if (normalizesChannels(at.sourceLayer) && alone(at.inputs[0]!)) {
    norm = at.sourceLayer;
    at = at.inputs[0]!;
  }
  const convolution = at.sourceLayer;
  // Used in one place, or it would have to be two layers afterwards.
  const isConvolution = ["Conv2D", "DepthwiseConv2D"].includes(convolution.getClassName());
  if (!isConvolution || convolution.inboundNodes.length > 1) return undefined;
  const own = convolution.getConfig().activation as string;
  if (at !== tensor && own !== "linear") return undefined;
  return { convolution, x: at.inputs[0]!, norm, activation: at === tensor ? own : activation };
}

/** Whether a layer is a batch norm over the last axis of images. */
function normalizesChannels(layer: Layer): boolean {
  if (layer.getClassName() !== "BatchNormalization" || layer.inboundNodes.length > 1) return false;
  const [shape] = layer.inboundNodes[0]!.inputShapes as number[][];
  return shape?.length === 4 && [-1, 3].includes(layer.getConfig().axis as number);
}

/** Kernel and bias of a convolution with the batch norm after it. */
function foldedWeights(convolution: Layer, norm: Layer | undefined): tf.Tensor[] {
  const [kernel, bias] = convolution.getWeights();
  if (norm === undefined) return bias ? [kernel!, bias] : [kernel!];
  const values = (layer: Layer, weight: string) => {
    const found = layer.weights.find(({ originalName }) => originalName === `${layer.name}/${weight}`);
    return found?.read().dataSync();
  };
  const [mean, variance] = ["moving_mean", "moving_variance"].map((weight) => values(norm, weight)!);
  const [gamma, beta] = ["gamma", "beta"].map((weight) => values(norm, weight));
  const offset = bias?.dataSync();
  const channels = mean!.length;
  const epsilon = norm.getConfig().epsilon as number;
  const scale = Float64Array.from(variance!, (value, c) => (gamma?.[c] ?? 1) / Math.sqrt(value + epsilon));
  const shift = Float32Array.from(mean!, (value, c) => (beta?.[c] ?? 0) + ((offset?.[c] ?? 0) - value) * scale[c]!);
  // The channel is the last index of a convolution's kernel, and the last two, [in, multiplier], of a depthwise one's.
  const scaled = Float32Array.from(kernel!.dataSync());
  for (let i = 0; i < scaled.length; i++) scaled[i]! *= scale[i % channels]!;
  return [tf.tensor(scaled, kernel!.shape, "float32"), tf.tensor(shift, [channels], "float32")];
}
