/** The loss closures that an algorithm evaluates: one per domain batch, and one over all of them in a single forward. */
import type { DomainBatch } from "@roga/datasets";
import type { DomainLoss, JointLosses } from "@roga/optimizer";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { binaryCrossEntropy, binaryLoss, logitsOf } from "./binary-loss.js";

/** Per domain, the loss of a forward over its batch alone: batch normalisation sees one domain at a time. */
export function domainLosses(model: LayersModel, batches: readonly DomainBatch[]): Record<string, DomainLoss> {
  return Object.fromEntries(batches.map((batch) => [batch.domain, () => binaryLoss(model, batch)]));
}

/** The losses of one forward over the batches of all domains together: batch normalisation sees them mixed. */
export function jointLosses(model: LayersModel, batches: readonly DomainBatch[]): JointLosses {
  return () => {
    const images = batches.map((batch) => batch.images);
    const sizes = batches.map((batch) => batch.labels.size);
    const parts = tf.split(logitsOf(model, tf.concat(images, 0), true), sizes);
    return Object.fromEntries(
      batches.map((batch, index) => [batch.domain, binaryCrossEntropy(parts[index]!, batch.labels)]),
    );
  };
}
