/**
 * The trainer's configuration: every knob, its default and what it does. The descriptions here are the
 * documentation: `roga config` prints them, and unknown keys are errors. File paths are relative to the folder
 * the command runs in.
 */
import { backbones } from "@roga/backbones";
import { SMALLEST_FACE } from "@roga/datasets";
import { z } from "zod";
import { algorithmNames, algorithmSections } from "./algorithms.js";
import { averageSection, optimizerSection } from "./optimization.js";

const fraction = z.number().min(0).max(1);
const count = z.int().min(1);

const data = z
  .strictObject({
    real: z.string().nullable().default(null).describe("folder of real face photographs; the fakes are made from them"),
    manifest: z.string().nullable().default(null).describe("CSV or JSONL manifest of real and fake images instead"),
    rendered: z
      .strictObject({
        identities: count.default(120).describe("people"),
        videos: count.default(1).describe("videos of each person: other lighting, camera and background"),
        frames: count.default(3).describe("frames of each video: other pose and expression"),
      })
      .prefault({})
      .describe("drawn faces, used where neither `real` nor `manifest` is given"),
    size: z
      .int()
      .min(48)
      .max(512)
      .nullable()
      .default(null)
      .describe(
        "side in px of the crops that are forged; null: the model's input size, so that resizing hides nothing",
      ),
    crop: z
      .number()
      .gt(0)
      .max(1)
      .default(0.95)
      .describe("side of the centre crop, as a fraction of a photograph's shorter side"),
    sources: z
      .array(z.string())
      .min(1)
      .nullable()
      .default(null)
      .describe(
        "domains to train on; null: a manifest's training fakes, else deepfakes, face2face, faceswap, neuraltextures",
      ),
    targets: z
      .array(z.string())
      .nullable()
      .default(null)
      .describe("domains that training never sees, to test on; null: all others"),
    split: z
      .strictObject({
        train: fraction.default(0.6).describe("fraction of the identities to train on"),
        val: fraction.default(0.15).describe("… to select the epoch on"),
        test: fraction.default(0.25).describe("… to test on"),
      })
      .prefault({})
      .describe("identities never cross a split; ignored where a manifest brings its own"),
    groupSize: count
      .default(10)
      .describe("photographs in a row, by file name, that are taken for one person: neighbours often are"),
  })
  .prefault({});

const model = z
  .strictObject({
    backbone: z
      .enum(backbones.map(({ name }) => name) as [string, ...string[]])
      .default("meso4")
      .describe("architecture"),
    inputSize: z.int().min(32).max(600).default(48).describe("side in px of the model's input"),
    variant: z.string().nullable().default(null).describe("which published definition to follow; null: its first"),
    dropout: z.number().min(0).lt(1).nullable().default(0).describe("dropout rate; null: as published, for long runs"),
    classes: z
      .union([z.literal(1), z.literal(2)])
      .default(1)
      .describe("logits: 1 (sigmoid) or 2 (softmax)"),
    weights: z
      .string()
      .nullable()
      .default(null)
      .describe("file of weights to start from: safetensors, PyTorch, Keras, TensorFlow.js or .npz; null: drawn"),
    keepHead: z
      .boolean()
      .default(false)
      .describe("leave the last layer as drawn, where the file's is of other classes; not of the meso networks"),
  })
  .prefault({});

const training = z
  .strictObject({
    epochs: count.default(10).describe("an epoch shows every fake of the source domains once"),
    perDomain: z.int().min(2).multipleOf(2).default(8).describe("images of each domain in a batch, half of them real"),
    checkpointEvery: count
      .nullable()
      .default(null)
      .describe("steps between checkpoints within an epoch; null: only at its end"),
    microBatch: count
      .nullable()
      .default(null)
      .describe(
        "images in a forward-backward pass at most, where a batch does not fit into memory; null: whole batches",
      ),
    diagnosticsEvery: count
      .nullable()
      .default(null)
      .describe("steps between records of how the gradients lie to one another; null: none"),
    augment: z.boolean().default(true).describe("random flips, brightness and contrast"),
  })
  .prefault({});

const evaluation = z
  .strictObject({
    batchSize: count.default(32).describe("images in a batch"),
    level: z.enum(["frame", "video"]).default("frame").describe("score single frames, or the mean score of each video"),
    replicates: count.default(1000).describe("bootstrap replicates of the intervals, resampled by video"),
  })
  .prefault({});

/** Algorithms whose penalties are no means over samples, so that batches cannot come in parts. */
const WHOLE_BATCHES: readonly string[] = ["irm", "coral", "fishr"];

/** The whole configuration of `roga train`. */
export const configSchema = z
  .strictObject({
    algorithms: z.array(z.enum(algorithmNames)).min(1).default(["erm", "roga"]).describe("what to train and compare"),
    seeds: z.array(z.int().min(0)).min(1).default([1]).describe("one training run per algorithm and seed"),
    dataSeed: z
      .int()
      .min(0)
      .default(1)
      .describe("seed of the forgeries, drawn faces and splits, the same for all runs"),
    engine: z.string().default("auto").describe("compute engine; `roga engines` lists them"),
    jobs: z
      .int()
      .min(0)
      .default(0)
      .describe("training runs at a time; 0: as many as there are cores, which they share"),
    data: data.describe("what to train and test on"),
    model: model.describe("the detector"),
    ...algorithmSections,
    optimizer: optimizerSection.describe("what applies the update"),
    average: averageSection.describe(
      "the average of the weights that is validated, saved and tested instead of the last ones",
    ),
    training: training.describe("the training loop"),
    evaluation: evaluation.describe("the test"),
  })
  .superRefine((config, context) => {
    if (config.data.real !== null && config.data.manifest !== null) {
      context.addIssue({ code: "custom", path: ["data"], message: "give `real` or `manifest`, not both" });
    }
    for (const [path, values] of [
      [["algorithms"], config.algorithms],
      [["seeds"], config.seeds],
      [["data", "sources"], config.data.sources ?? []],
      [["data", "targets"], config.data.targets ?? []],
    ] as const) {
      const twice = values.find((value, index) => values.indexOf(value as never) !== index);
      if (twice !== undefined)
        context.addIssue({ code: "custom", path: [...path], message: `"${twice}" is given twice` });
    }
    for (const domain of config.data.targets ?? []) {
      if (config.data.sources?.includes(domain)) {
        context.addIssue({ code: "custom", path: ["data", "targets"], message: `"${domain}" is a source domain too` });
      }
    }
    const { average, training } = config;
    if (average.name === "swa" && average.start >= training.epochs) {
      const message = `must be below training.epochs, which is ${training.epochs}; got ${average.start}`;
      context.addIssue({ code: "custom", path: ["average", "start"], message });
    }
    const whole = config.algorithms.filter((name) => WHOLE_BATCHES.includes(name));
    if (training.microBatch !== null && training.microBatch < training.perDomain && whole.length > 0) {
      const message = `must be at least training.perDomain, which is ${training.perDomain}, for ${whole.join(", ")}; got ${training.microBatch}`;
      context.addIssue({ code: "custom", path: ["training", "microBatch"], message });
    }
    const { train, val, test } = config.data.split;
    if (Math.abs(train + val + test - 1) > 1e-9) {
      context.addIssue({
        code: "custom",
        path: ["data", "split"],
        message: `fractions must sum to 1, got ${train + val + test}`,
      });
    }
  });

export type Config = z.output<typeof configSchema>;

/** Side of the crops that are forged, in px. */
export function cropSize({ data, model }: Config): number {
  return data.size ?? Math.max(model.inputSize, SMALLEST_FACE);
}
