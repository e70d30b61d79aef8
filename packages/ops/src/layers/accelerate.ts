/**
 * The pass that makes a model of stock TensorFlow.js layers train through the operations of this package, and infer
 * through fused kernels. It replaces methods of single layer objects and of the model, nothing else: what the model is saved as, its weights and its
 * summary stay those of stock layers, and a copy that is loaded elsewhere computes the same.
 */
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { OpInputError } from "../errors.js";
import { isPatchedLinear, patchConvolution } from "./convolution.js";
import { type Fusible, fusibleActivations } from "./fusible.js";
import { FUSED, type MarkedArguments } from "./marks.js";
import { patchActivation, patchNormalization } from "./patches.js";
import { predictThroughCall } from "./predict.js";
import { executing, isStockModel, type Layer } from "./stock-layer.js";

/** What {@link accelerate} changed, nested models included; all 0 where it had been there before. */
export interface AccelerationReport {
  /** Batch normalizations that train through `batchNormTraining`. */
  readonly batchNormalizations: number;
  /** Of these, those that compute the activation of the layer after them as well. */
  readonly fusedActivations: number;
  /** Swish layers that compute through `swish`, unless the batch normalization before them does. */
  readonly swishes: number;
  /** Convolutions, depthwise ones among them, that compute bias and activation in the same kernel in inference. */
  readonly convolutions: number;
  /** Of these, those that compute the activation of the layer after them as well. */
  readonly convolutionActivations: number;
}

/** What is fused in a model, as of the outputs it had then. */
interface Plan {
  outputs: LayersModel["outputs"];
  fusible: Fusible;
}

const plans = new WeakMap<LayersModel, Plan>();

/**
 * Changes a model in place, nested models included:
 *
 * - A stock `BatchNormalization` over the last axis trains through `batchNormTraining` and moves its statistics as
 *   before. Inference is untouched.
 * - A stock `Conv2D` or `DepthwiseConv2D` over channels that are last, whose activation is none, relu, relu6, elu, sigmoid
 *   or swish, computes bias and activation in its own kernel in inference, that is where no gradient is recorded.
 * - Where the output of either, for a convolution one without activation, goes only to one stock `Activation` or `ReLU`
 *   layer of relu, relu6 or swish, it computes that activation too, and the activation layer lets it pass. That holds for
 *   `model.apply`, `model.call`, `model.predict` and `model.predictOnBatch`; another model that shares the layers,
 *   `model.fit` and `model.evaluate` compute each layer by itself.
 * - Bias and swish in the kernel of a convolution need a backend with `FusedConv2DSwish` or `FusedDepthwiseConv2DSwish`;
 *   on others swish is computed by itself.
 * - A stock `Activation` layer of swish computes through `swish`.
 * - `model.predict` does not copy inputs that are one batch.
 *
 * Layers of other classes, and those whose `call` somebody else has replaced, stay as they are. Outputs and gradients
 * agree with the stock layers' within rounding; the changed layers can be differentiated once. A batch normalization
 * without γ or β, which stock layers cannot train, can be trained. It may be called again, for instance after layers
 * were added to a sequential model.
 *
 * @param model a built model
 * @throws OpInputError when the model is not built, so has no outputs yet
 */
export function accelerate(model: LayersModel): AccelerationReport {
  const models = withNested(model);
  for (const { name, outputs } of models) {
    if (outputs?.length) continue;
    throw new OpInputError("accelerate", "model", "a built model", `"${name}", which has no outputs yet`);
  }
  const before = fusedIn(models.filter((each) => plans.has(each)));
  const changed = { batchNormalizations: 0, swishes: 0, convolutions: 0 };
  for (const layer of new Set(models.flatMap(({ layers }) => layers))) {
    if (patchNormalization(layer)) changed.batchNormalizations += 1;
    if (patchActivation(layer) === "swish") changed.swishes += 1;
    if (patchConvolution(layer)) changed.convolutions += 1;
  }
  for (const each of models) patchModel(each);
  const fused = [...fusedIn(models)].filter((layer) => !before.has(layer));
  const convolutionActivations = fused.filter(isPatchedLinear).length;
  return { ...changed, fusedActivations: fused.length - convolutionActivations, convolutionActivations };
}

function withNested(model: LayersModel): LayersModel[] {
  return [model, ...model.layers.filter(isModel).flatMap(withNested)];
}

function isModel(layer: Layer): layer is LayersModel {
  return "layers" in layer && "outputs" in layer;
}

function fusedIn(models: readonly LayersModel[]): Set<Layer> {
  return new Set(models.flatMap((model) => [...fusibleActivations(model).keys()]));
}

/** Tells the layers, in every call, which activations are fused in this model. */
function patchModel(model: LayersModel): void {
  const known = plans.get(model);
  if (known !== undefined) {
    Object.assign(known, planOf(model));
    return;
  }
  const plan = planOf(model);
  const stock = isStockModel(model);
  const call = model.call.bind(model);
  model.call = (inputs, kwargs) => {
    const { outputs } = executing(model);
    if (outputs.length !== plan.outputs.length || outputs.some((output, i) => output !== plan.outputs[i])) {
      Object.assign(plan, planOf(model));
    }
    return call(inputs, { ...kwargs, [FUSED]: plan.fusible } as MarkedArguments);
  };
  if (stock) predictThroughCall(model);
  plans.set(model, plan);
}

function planOf(model: LayersModel): Plan {
  const runs = executing(model);
  return { outputs: [...runs.outputs], fusible: fusibleActivations(runs) };
}
