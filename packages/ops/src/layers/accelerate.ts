/**
 * The pass that makes a model of stock TensorFlow.js layers train through the operations of this package. It replaces
 * the `call` of single layer objects and of the model, nothing else: what the model is saved as, its weights and its
 * summary stay those of stock layers, and a copy that is loaded elsewhere computes the same.
 */
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { OpInputError } from "../errors.js";
import { type Fusible, fusibleActivations } from "./fusible.js";
import { FUSED, type MarkedArguments, patchActivation, patchNormalization } from "./patches.js";
import type { Layer } from "./stock-layer.js";

/** What {@link accelerate} changed, nested models included; all 0 where it had been there before. */
export interface AccelerationReport {
  /** Batch normalizations that train through `batchNormTraining`. */
  readonly batchNormalizations: number;
  /** Of these, those that compute the activation of the layer after them as well. */
  readonly fusedActivations: number;
  /** Swish layers that compute through `swish`, unless the batch normalization before them does. */
  readonly swishes: number;
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
 * - Where its output goes only to one stock `Activation` or `ReLU` layer of relu, relu6 or swish, it computes that
 *   activation too, and the activation layer lets it pass. That holds for training through `model.apply` (or
 *   `model.call`); another model that shares the layers, and `model.fit`, compute each layer by itself.
 * - A stock `Activation` layer of swish computes through `swish`.
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
  let batchNormalizations = 0;
  let swishes = 0;
  for (const layer of new Set(models.flatMap(({ layers }) => layers))) {
    if (patchNormalization(layer)) batchNormalizations += 1;
    if (patchActivation(layer) === "swish") swishes += 1;
  }
  for (const each of models) patchModel(each);
  return { batchNormalizations, fusedActivations: fusedIn(models).size - before.size, swishes };
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
  const fresh = { outputs: [...model.outputs], fusible: fusibleActivations(model) };
  const known = plans.get(model);
  if (known !== undefined) {
    Object.assign(known, fresh);
    return;
  }
  const plan: Plan = fresh;
  const call = model.call.bind(model);
  model.call = (inputs, kwargs) => {
    // A sequential model has other outputs once a layer is added or taken away.
    const { outputs } = plan;
    if (outputs.length !== model.outputs.length || outputs.some((output, i) => output !== model.outputs[i])) {
      Object.assign(plan, { outputs: [...model.outputs], fusible: fusibleActivations(model) });
    }
    return call(inputs, { ...kwargs, [FUSED]: plan.fusible } as MarkedArguments);
  };
  plans.set(model, plan);
}
