/** The closures that an algorithm evaluates: one per domain batch, and one over all of them in a single forward. */
import type { DomainBatch } from "@roga/datasets";
import type { DomainForward, DomainOutput, JointLosses } from "@roga/optimizer";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { binaryCrossEntropy } from "./binary-loss.js";
import { type TrainingForward, trainingForward } from "./training-forward.js";

/** The loss, and what it was made of. */
function output({ logits, features }: TrainingForward, labels: tf.Tensor1D): DomainOutput {
  const loss = binaryCrossEntropy(logits, labels);
  return { loss, logits, labels, ...(features !== undefined && { features }) };
}

/** Per domain, the output of a forward over its batch alone: batch normalisation sees one domain at a time. */
export function domainLosses(model: LayersModel, batches: readonly DomainBatch[]): Record<string, DomainForward> {
  return Object.fromEntries(
    batches.map(({ domain, images, labels }) => [domain, () => output(trainingForward(model, images), labels)]),
  );
}

/** The outputs of one forward over the batches of all domains together: batch normalisation sees them mixed. */
export function jointLosses(model: LayersModel, batches: readonly DomainBatch[]): JointLosses {
  return () => {
    const sizes = batches.map((batch) => batch.labels.size);
    const images = batches.map((batch) => batch.images);
    const { logits, features } = trainingForward(model, tf.concat(images, 0));
    const parts = tf.split(logits, sizes);
    const featureParts = features && tf.split(features, sizes);
    return Object.fromEntries(
      batches.map(({ domain, labels }, index) => {
        const part = featureParts === undefined ? {} : { features: featureParts[index]! };
        return [domain, output({ logits: parts[index]!, ...part }, labels)];
      }),
    );
  };
}
