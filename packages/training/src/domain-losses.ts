/**
 * The closures that an algorithm evaluates: one per domain batch, and one over all of them in a single forward; or
 * several of each, over micro-batches, where a whole batch does not fit into memory.
 */
import type { DomainBatch } from "@roga/datasets";
import type { DomainForward, DomainOutput, JointLosses, JointMicroBatch, MicroBatch } from "@roga/optimizer";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { binaryCrossEntropy } from "./binary-loss.js";
import { type TrainingForward, trainingForward } from "./training-forward.js";

/** The loss, and what it was made of. */
function output({ logits, features }: TrainingForward, labels: tf.Tensor1D): DomainOutput {
  const loss = binaryCrossEntropy(logits, labels);
  return { loss, logits, labels, ...(features !== undefined && { features }) };
}

/** A run of consecutive images of a batch. */
interface Part {
  readonly from: number;
  readonly size: number;
}

/** `size` images in `count` parts whose sizes differ by one at most. */
function parts(size: number, count: number): Part[] {
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * size) / count);
    return { from, size: Math.floor(((index + 1) * size) / count) - from };
  });
}

type LabelledImages = Pick<DomainBatch, "domain" | "images" | "labels">;

function slice({ domain, images, labels }: DomainBatch, { from, size }: Part): LabelledImages {
  const [, ...image] = images.shape;
  return {
    domain,
    images: tf.slice(images, [from, 0, 0, 0], [size, ...image]),
    labels: tf.slice(labels, [from], [size]),
  };
}

/**
 * Per domain, the output of a forward over its batch alone: batch normalisation sees one domain at a time.
 *
 * @param microBatch - How many images a forward takes at most; a larger batch comes in parts of nearly equal size.
 */
export function domainLosses(model: LayersModel, batches: readonly DomainBatch[]): Record<string, DomainForward>;
export function domainLosses(
  model: LayersModel,
  batches: readonly DomainBatch[],
  microBatch: number | undefined,
): Record<string, DomainForward | MicroBatch[]>;
export function domainLosses(
  model: LayersModel,
  batches: readonly DomainBatch[],
  microBatch = Number.POSITIVE_INFINITY,
): Record<string, DomainForward | MicroBatch[]> {
  const forward = ({ images, labels }: LabelledImages) => output(trainingForward(model, images), labels);
  const forwards = (batch: DomainBatch): DomainForward | MicroBatch[] => {
    const { size } = batch.labels;
    if (size <= microBatch) return () => forward(batch);
    return parts(size, Math.ceil(size / microBatch)).map((part) => ({
      samples: part.size,
      loss: () => forward(slice(batch, part)),
    }));
  };
  return Object.fromEntries(batches.map((batch) => [batch.domain, forwards(batch)]));
}

/**
 * The outputs of one forward over the batches of all domains together: batch normalisation sees them mixed.
 *
 * @param microBatch - How many images of all domains a forward is to take; there are no more forwards than the smallest
 *   batch has images, since each takes some of every domain.
 */
export function jointLosses(model: LayersModel, batches: readonly DomainBatch[]): JointLosses;
export function jointLosses(
  model: LayersModel,
  batches: readonly DomainBatch[],
  microBatch: number | undefined,
): JointLosses | JointMicroBatch[];
export function jointLosses(
  model: LayersModel,
  batches: readonly DomainBatch[],
  microBatch = Number.POSITIVE_INFINITY,
): JointLosses | JointMicroBatch[] {
  const sizes = batches.map((batch) => batch.labels.size);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= microBatch) return () => jointOutputs(model, batches);
  const count = Math.max(1, Math.min(Math.ceil(total / microBatch), ...sizes));
  const split = sizes.map((size) => parts(size, count));
  return Array.from({ length: count }, (_, index) => ({
    samples: Object.fromEntries(batches.map(({ domain }, k) => [domain, split[k]![index]!.size])),
    losses: () => {
      const slices = batches.map((batch, k) => slice(batch, split[k]![index]!));
      return jointOutputs(model, slices);
    },
  }));
}

/** The pass that a forward outside of an algorithm's step is part of; nothing here depends on it. */
const NO_STEP = { kind: "clean", step: 0, seed: 0 } as const;

/**
 * The forwards in training mode of the clean pass of a step, for their effect on batch normalisation's statistics.
 *
 * @param batchNormPass - One forward a domain, or one over all of them.
 * @param microBatch - As in {@link domainLosses} and {@link jointLosses}.
 */
export function trainingForwards(
  model: LayersModel,
  batches: readonly DomainBatch[],
  batchNormPass: "perDomain" | "mixed",
  microBatch: number | undefined,
): (() => undefined)[] {
  if (batchNormPass === "mixed") {
    const joint = jointLosses(model, batches, microBatch);
    const forwards = typeof joint === "function" ? [joint] : joint.map(({ losses }) => losses);
    return forwards.map((forward) => () => void forward(NO_STEP));
  }
  return Object.entries(domainLosses(model, batches, microBatch)).flatMap(([domain, losses]) => {
    const forwards = typeof losses === "function" ? [losses] : losses.map(({ loss }) => loss);
    return forwards.map((forward) => () => void forward({ ...NO_STEP, domain }));
  });
}

function jointOutputs(model: LayersModel, batches: readonly LabelledImages[]): Record<string, DomainOutput> {
  const sizes = batches.map((batch) => batch.labels.size);
  const images = batches.map((batch) => batch.images);
  const { logits, features } = trainingForward(model, tf.concat(images, 0));
  const logitParts = tf.split(logits, sizes);
  const featureParts = features && tf.split(features, sizes);
  return Object.fromEntries(
    batches.map(({ domain, labels }, index) => {
      const part = featureParts === undefined ? {} : { features: featureParts[index]! };
      return [domain, output({ logits: logitParts[index]!, ...part }, labels)];
    }),
  );
}
