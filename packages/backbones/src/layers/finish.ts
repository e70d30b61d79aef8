/** Makes a backbone of the layers of an architecture: the last thing that every builder does. */
import { accelerate } from "@roga/ops/layers";
import { model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { Backbone, Preprocessing, ResolvedOptions } from "../backbone.js";
import { cost } from "../cost.js";
import { type Flattened, type TheirNames, weightNames } from "../weights/names.js";

/** What an architecture's builder has made. */
export interface Parts {
  /** The architecture. */
  name: string;
  options: ResolvedOptions;
  image: SymbolicTensor;
  /** What the last layer sees. */
  features: SymbolicTensor;
  logits: SymbolicTensor;
  preprocessing: Omit<Preprocessing, "size">;
  theirNames: TheirNames;
  /** Where a dense layer sees a flattened image. */
  flattened?: Flattened;
  /** Weights in the published PyTorch files that this network has no use for. */
  unusedWeights?: Backbone["unusedWeights"];
}

export function finish({ name, options, image, features, logits, ...rest }: Parts): Backbone {
  const network = model({ name, inputs: image, outputs: logits });
  const extractor = model({ name: `${name}_features`, inputs: image, outputs: features });
  accelerate(network);
  accelerate(extractor);
  return {
    name,
    variant: options.variant,
    model: network,
    inputSize: options.inputSize,
    classes: options.classes,
    preprocessing: { size: options.inputSize, ...rest.preprocessing },
    weightNames: weightNames(network, rest.theirNames, rest.flattened),
    unusedWeights: rest.unusedWeights ?? {},
    cost: cost(network),
    features: (images) => extractor.apply(images) as ReturnType<Backbone["features"]>,
    dispose() {
      // `model.dispose()` counts uses and would leave the weights of a layer that is used twice.
      for (const weight of network.weights) weight.dispose();
    },
  };
}
