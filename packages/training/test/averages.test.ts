import "@tensorflow/tfjs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { adamw, ema, erm, noDecay, swa, swad, type WeightAverage } from "@roga/optimizer";
import { useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, layers, sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type AveragingOptions,
  checkpointAverage,
  checkpointWeights,
  evaluate,
  loadWeights,
  ResumeMismatchError,
  readCheckpoint,
  readLog,
  readScoreTable,
  resolveCheckpoint,
  runDirectory,
  type TrainingCallbacks,
  TrainOptionsError,
} from "../src/index.js";
import { bitsOf, dispose, type RunChanges, runIn, temporaryFolder } from "./support/runs.js";
import { memoryLoader, planOf, samplesOf, tinyModel } from "./support/synthetic.js";

beforeAll(useTestEngine);

/** The cheapest run that has an algorithm's seed, dropout, batch normalisation and an optimizer with state. */
const quick = (): RunChanges => ({
  algorithm: erm({ seed: 9 }),
  baseOptimizer: adamw({ learningRate: 0.02, weightDecay: 0.1, groups: [noDecay] }),
});

/** A part of a run, with an average of its own, as after a restart. */
async function part(folder: string, average: AveragingOptions, changes: RunChanges = {}) {
  const ran = await runIn(folder, { ...quick(), ...changes, average });
  dispose(ran);
  average.weights.dispose();
  return ran.result;
}

/** Every file of the last checkpoint but the one that holds times. */
async function lastCheckpoint(folder: string): Promise<Record<string, string>> {
  const path = await resolveCheckpoint(runDirectory(folder).checkpoints, "last");
  const names = (await readdir(path)).filter((name) => name.endsWith(".safetensors"));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, (await readFile(join(path, name))).toString("hex")])),
  );
}

/** Stops after a step, or at a call of the validation's progress. */
function stopAt(at: { step?: number; validation?: number }) {
  const controller = new AbortController();
  let calls = 0;
  const callbacks: TrainingCallbacks = {
    onStep: ({ step }) => step === at.step && controller.abort(),
    onValidationProgress: () => ++calls === at.validation && controller.abort(),
  };
  return { signal: controller.signal, callbacks };
}

describe("a run in parts gives the checkpoint of a run in one, bit for bit", () => {
  test.each<[string, () => AveragingOptions, number]>([
    ["ema", () => ({ weights: ema({ decay: 0.8, warmup: true }) }), 1],
    // the present weights are scored first, in two batches
    ["swad", () => ({ weights: swad({ convergencePatience: 1, overfitPatience: 2 }) }), 3],
  ])("%s, stopped within an epoch and in the middle of a validation", async (name, make, validation) => {
    const whole = await temporaryFolder();
    const expected = await part(whole, make());
    const folder = await temporaryFolder();
    expect(await part(folder, make(), stopAt({ step: 4 }))).toMatchObject({ interrupted: true, steps: 4, epochs: 1 });
    const second = await part(folder, make(), { ...stopAt({ validation }), resume: true });
    expect(second).toMatchObject({ interrupted: true, steps: 6, epochs: 1 });
    const last = await part(folder, make(), { resume: true });
    expect(Object.keys(await lastCheckpoint(folder))).toContain("present.safetensors");
    expect(await lastCheckpoint(folder)).toEqual(await lastCheckpoint(whole));
    const figures = (result: typeof last) => result.validations.map(({ seconds: _, ...rest }) => rest);
    expect(figures(last)).toEqual(figures(expected));
    expect(last.validations.map(({ average }) => average)).toEqual([name, name]);
  });
});

describe("swad is told losses within epochs", () => {
  const make = (): AveragingOptions => ({
    weights: swad({ convergencePatience: 1, overfitPatience: 2 }),
    validateEvery: 2,
  });
  const lossesOf = async (folder: string) => {
    const { entries } = await readLog(runDirectory(folder).log);
    return entries.flatMap((entry) => (entry.kind === "loss" ? [{ step: entry.step, loss: entry.loss }] : []));
  };

  test("after every so many steps that end no epoch, and the average knows", async () => {
    const folder = await temporaryFolder();
    await part(folder, make());
    const losses = await lossesOf(folder);
    // Three steps an epoch: the sixth ends the second, and is validated by itself.
    expect(losses.map(({ step }) => step)).toEqual([2, 4]);
    const { optimizer } = await readCheckpoint(await resolveCheckpoint(runDirectory(folder).checkpoints, "last"));
    const [validations] = optimizer.get("average/counters")!.data;
    expect(validations).toBe(4);
    const plain = await temporaryFolder();
    await part(plain, { weights: make().weights });
    expect(await lossesOf(plain)).toEqual([]);
  });

  test("and a run in parts gives the checkpoint of a run in one, bit for bit", async () => {
    const whole = await temporaryFolder();
    await part(whole, make());
    const folder = await temporaryFolder();
    // Stopped before the loss, then in the middle of it.
    expect(await part(folder, make(), stopAt({ step: 2 }))).toMatchObject({ interrupted: true, steps: 2 });
    const second = await part(folder, make(), { ...stopAt({ validation: 1 }), resume: true });
    expect(second).toMatchObject({ interrupted: true, steps: 2 });
    await part(folder, make(), { resume: true });
    expect(await lastCheckpoint(folder)).toEqual(await lastCheckpoint(whole));
    expect(await lossesOf(folder)).toEqual(await lossesOf(whole));
  });
});

/** A model with the weights that a checkpoint's epoch was validated with. */
async function modelOf(checkpoint: string): Promise<LayersModel> {
  const model = tinyModel();
  await loadWeights(model, checkpointWeights(checkpoint));
  return model;
}

describe("an average", () => {
  let folder: string;
  let checkpoint: string;
  let steps: Record<string, Float32Array>[];
  let presentBits: Record<string, string>;

  async function run(average: AveragingOptions): Promise<void> {
    folder = await temporaryFolder();
    steps = [];
    const model = tinyModel();
    const onStep = () =>
      void steps.push(
        Object.fromEntries(
          model.weights.map((one) => [one.originalName, one.read().dataSync<"float32">().slice()] as const),
        ),
      );
    const ran = await runIn(folder, { ...quick(), model, average, callbacks: { onStep } });
    checkpoint = ran.result.checkpoint;
    presentBits = bitsOf(model);
    dispose(ran);
    average.weights.dispose();
  }

  test("is that of all steps, changes nothing of the training, and is what is validated, saved and logged", async () => {
    const before = tf.memory().numTensors;
    await run({ weights: ema({ decay: 0.7 }) });
    expect(tf.memory().numTensors).toBe(before);
    const { weights, present, run: identity } = await readCheckpoint(checkpoint);
    for (const name of Object.keys(presentBits)) {
      const values = steps.map((step) => step[name]!);
      const mean = values.reduce((sum, value) => sum.map((s, i) => 0.7 * s + 0.3 * value[i]!));
      expect(weights.get(name)!.data as Float32Array).toBeAllClose(mean, { rtol: 1e-5, atol: 1e-6 });
      expect(Buffer.from(present!.get(name)!.data.slice().buffer).toString("hex")).toBe(presentBits[name]);
    }
    const plain = await runIn(await temporaryFolder(), quick());
    expect(bitsOf(plain.model)).toEqual(presentBits);
    dispose(plain);

    expect(identity.average).toBe("ema");
    const model = await modelOf(checkpoint);
    const validation = { samples: samplesOf(6, 4), batchSize: 16, loader: memoryLoader() };
    const { rows } = await evaluate({ model, ...validation });
    expect((await readScoreTable(join(folder, "scores", "validation-epoch-002.csv"))).rows).toEqual(rows);
    model.dispose();
    const { entries } = await readLog(runDirectory(folder).log);
    expect(entries.filter(({ kind }) => kind !== "step")).toMatchObject([
      { kind: "start", average: "ema" },
      { kind: "validation", average: "ema" },
      { kind: "checkpoint", average: "ema" },
      { kind: "validation", average: "ema" },
      { kind: "checkpoint", average: "ema" },
      { kind: "end" },
    ]);
  });

  test.each(["perDomain", "mixed"] as const)(
    "has statistics made anew from the epoch's batches, %s",
    async (batchNormPass) => {
      await run({ weights: swad(), batchNormPass, recomputeSteps: 2 });
      const model = await modelOf(checkpoint);
      const [conv, bn] = [model.getLayer("conv"), model.getLayer("bn")];
      const loader = memoryLoader();
      const batches = await Promise.all(
        [0, 1].map((step) =>
          Promise.all(
            planOf()
              .step(1, step)
              .map((slice) => loader.loadDomainBatch(slice)),
          ),
        ),
      );
      const expected = tf.tidy(() => {
        const images = batches.flatMap((domains) => {
          const own = domains.map((batch) => batch.images);
          return batchNormPass === "mixed" ? [tf.concat(own)] : own;
        });
        const moments = images.map((image) => tf.moments(conv.apply(image) as tf.Tensor, [0, 1, 2]));
        return [
          tf.mean(tf.stack(moments.map(({ mean }) => mean)), 0).dataSync(),
          tf.mean(tf.stack(moments.map(({ variance }) => variance)), 0).dataSync(),
        ];
      });
      const [, , mean, variance] = bn.getWeights();
      expect(mean!).toBeAllClose(expected[0]!, { rtol: 1e-4, atol: 1e-5 });
      expect(variance!).toBeAllClose(expected[1]!, { rtol: 1e-3 });
      tf.dispose(batches.flat().map(({ images, labels }) => [images, labels]));
      model.dispose();
    },
  );
});

test("an epoch before the start is validated with the present weights and not selected", async () => {
  const folder = await temporaryFolder();
  // the last step alone is averaged
  const average: AveragingOptions = { weights: swa({ start: 5, every: 3 }), statistics: "average" };
  const { best, selection, validations } = await part(folder, average, { selection: "last-epoch" });
  expect({ epoch: best?.epoch, selection }).toEqual({ epoch: 2, selection: "last-epoch" });
  expect(validations.map((one) => one.average)).toEqual([undefined, "swa, average"]);
  expect((await readCheckpoint(join(folder, "checkpoints", "epoch-001"))).present).toBeUndefined();
  expect(await checkpointAverage(join(folder, "checkpoints", "epoch-001"))).toBeNull();
  expect(await checkpointAverage(join(folder, "checkpoints", "epoch-002"))).toBe("swa, average");
  const { "weights.safetensors": weights, "present.safetensors": present } = await lastCheckpoint(folder);
  expect(weights).toBe(present);

  const other = (changes: RunChanges) => runIn(folder, { ...quick(), epochs: 3, resume: true, ...changes });
  const again = (weights: WeightAverage): RunChanges => ({ average: { ...average, weights }, selection: "last-epoch" });
  await expect(other({ selection: "last-epoch" })).rejects.toThrow('average was "swa, average", got none');
  await expect(other(again(ema()))).rejects.toThrow(ResumeMismatchError);
  await expect(other({ average })).rejects.toThrow('selection was "last-epoch", got "source-validation"');
});

describe("is refused before the first step", () => {
  const weights = ema();
  test.each<[RunChanges, string]>([
    [
      { average: { weights, statistics: "keep" as never } },
      'average.statistics: expected "average" or "recompute", got keep',
    ],
    [
      { average: { weights, recomputeSteps: 0 } },
      "average.recomputeSteps: expected a whole number of at least 1, got 0",
    ],
    [
      { average: { weights, validateEvery: 5 } },
      "average.validateEvery: expected none, for ema goes by no losses, got 5",
    ],
    [
      { average: { weights: swad(), validateEvery: 0.5 } },
      "average.validateEvery: expected a whole number of at least 1, got 0.5",
    ],
    [{ selection: "oracle" as never }, "selection: expected one of source-validation, last-epoch, got oracle"],
  ])("%j", async (changes, message) => {
    const attempt = runIn(await temporaryFolder(), { ...quick(), ...changes });
    await expect(attempt).rejects.toThrow(TrainOptionsError);
    await expect(attempt).rejects.toThrow(message);
  });

  test("a model whose statistics move at several speeds", async () => {
    const model = sequential({
      layers: [
        layers.flatten({ inputShape: [8, 8, 3] }),
        sequential({ layers: [layers.batchNormalization({ inputShape: [192], momentum: 0.5 })] }),
        layers.batchNormalization(),
        layers.dense({ units: 1 }),
      ],
    });
    const attempt = runIn(await temporaryFolder(), { ...quick(), model, average: { weights: swa() } });
    await expect(attempt).rejects.toThrow("layers of one momentum, got 0.5, 0.99");
  });
});
