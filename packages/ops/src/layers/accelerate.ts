/**
 * The pass that makes a model of stock TensorFlow.js layers train through the operations of this package, and infer
 * through fused kernels. It replaces methods of single layer objects and of the model, nothing else: what the model is saved as, its weights and its
 * summary stay those of stock layers, and a copy that is loaded elsewhere computes the same.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { OpInputError } from "../errors.js";
import { patchConvolution } from "./convolution.js";
import { type Fusible, fusibleActivations } from "./fusible.js";
import { type InferencePlan, inferencePlan } from "./inference-plan.js";
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
  /** Of these, those that compute the activation of the layer after them as well, in at least one place. */
  readonly convolutionActivations: number;
  /** Products with a gate, sums and global means that a convolution beside them computes in inference. */
  readonly joined: number;
}

/** What is fused in a model, as of the outputs it had then. */
interface Plan {
  outputs: LayersModel["outputs"];
  fusible: Fusible;
  inference: InferencePlan | undefined;
}

const plans = new WeakMap<LayersModel, Plan>();

/**
 * Changes a model in place, nested models included:
 *
 * - A stock `BatchNormalization` over the last axis trains through `batchNormTraining` and moves its statistics as
 *   before. Inference is untouched.
 * - A stock `Conv2D` or `DepthwiseConv2D` over channels that are last, whose activation is none, relu, relu6, elu, sigmoid
 *   or swish, computes bias and activation in its own kernel in inference, that is where no gradient is recorded.
 * - Where the output of a batch normalization goes only to one stock `Activation` or `ReLU` layer of relu, relu6 or swish,
 *   it computes that activation too, and the activation layer lets it pass.
 * - In inference, a convolution without activation does the same, also for sigmoid and elu; where its filter is 1×1, also
 *   for a stock `Multiply` of its images by a gate `[N, 1, 1, C]` before it, and a stock `Add` of two after it, if nothing
 *   else reads what is between; a depthwise one for a stock `GlobalAveragePooling2D` of its output. Where the layers are
 *   given what these kernels do not take, or a call hook, each computes by itself.
 * - Both hold for `model.apply`, `model.call`, `model.predict` and `model.predictOnBatch`; another model that shares the
 *   layers, `model.fit` and `model.evaluate` compute each layer by itself.
 * - What a convolution computes besides itself needs a backend with the kernel (`FusedConv2DSwish`,
 *   `FusedDepthwiseConv2DSwish`, `FusedPointwise`, `FusedDepthwiseConv2DMean`); others compute it in several.
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
  const before = union(models.map((each) => reported.get(each) ?? none));
  const changed = { batchNormalizations: 0, swishes: 0, convolutions: 0 };
  for (const layer of new Set(models.flatMap(({ layers }) => layers))) {
    if (patchNormalization(layer)) changed.batchNormalizations += 1;
    if (patchActivation(layer) === "swish") changed.swishes += 1;
    if (patchConvolution(layer)) changed.convolutions += 1;
  }
  for (const each of models) patchModel(each);
  for (const each of models) reported.set(each, fusedIn(each));
  const after = union(models.map((each) => reported.get(each)!));
  const added = (kind: keyof Fused) => [...after[kind]].filter((layer) => !before[kind].has(layer)).length;
  return {
    ...changed,
    fusedActivations: added("normalizations"),
    convolutionActivations: added("convolutions"),
    joined: added("joined"),
  };
}

function withNested(model: LayersModel): LayersModel[] {
  return [model, ...model.layers.filter(isModel).flatMap(withNested)];
}

function isModel(layer: Layer): layer is LayersModel {
  return "layers" in layer && "outputs" in layer;
}

/** Layers of a model that compute others besides themselves, and those that convolutions compute. */
type Fused = Readonly<Record<"normalizations" | "convolutions" | "joined", ReadonlySet<Layer>>>;

const none: Fused = { normalizations: new Set(), convolutions: new Set(), joined: new Set() };
/** What was reported of models. */
const reported = new WeakMap<LayersModel, Fused>();

/** What is fused in the layers that a model has, which a sequential one may execute only after it is built again. */
function fusedIn(model: LayersModel): Fused {
  const inference = inferencePlan(model);
  return {
    normalizations: new Set(fusibleActivations(model).keys()),
    convolutions: new Set(inference?.activating),
    joined: new Set(inference?.joined),
  };
}

function union(all: readonly Fused[]): Fused {
  const of = (kind: keyof Fused) => new Set(all.flatMap((fused) => [...fused[kind]]));
  return { normalizations: of("normalizations"), convolutions: of("convolutions"), joined: of("joined") };
}

/** Tells the layers, in every call, which activations are fused in this model; infers by a plan. */
function patchModel(model: LayersModel): void {
  const known = plans.get(model);
  if (known !== undefined) {
    Object.assign(known, planOf(model));
    return;
  }
  const stock = isStockModel(model);
  const plan = planOf(model);
  const call = model.call.bind(model);
  model.call = (inputs, kwargs) => {
    const { outputs } = executing(model);
    if (outputs.length !== plan.outputs.length || outputs.some((output, i) => output !== plan.outputs[i])) {
      Object.assign(plan, planOf(model));
    }
    const marked = { ...kwargs, [FUSED]: plan.fusible } as MarkedArguments;
    return (stock && infer(plan, inputs, marked)) || call(inputs, marked);
  };
  if (stock) predictThroughCall(model);
  plans.set(model, plan);
}

/** The outputs by the plan; undefined in training, where gradients are recorded, and where the plan does not hold. */
function infer({ inference }: Plan, inputs: tf.Tensor | tf.Tensor[], kwargs: MarkedArguments): tf.Tensor[] | undefined {
  if (inference === undefined || kwargs.training || kwargs.mask != null || tf.engine().state.gradientDepth > 0) {
    return undefined;
  }
  return tf.tidy(() => inference.run([inputs].flat(), kwargs) as tf.Tensor[]);
}

function planOf(model: LayersModel): Plan {
  const runs = executing(model);
  return { outputs: [...runs.outputs], fusible: fusibleActivations(runs), inference: inferencePlan(runs) };
}
