import "@tensorflow/tfjs";
import { adam, type DomainLoss, roga, type StepContext } from "@roga/optimizer";
import { useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import {
  checkpointWeights,
  evaluate,
  listCheckpoints,
  loadWeights,
  readLog,
  runDirectory,
  TrainingDivergedError,
} from "../src/index.js";
import { bitsOf, dispose, type RunChanges, runIn, temporaryFolder } from "./support/runs.js";
import { memoryLoader, planOf, samplesOf, tinyModel } from "./support/synthetic.js";

beforeAll(useTestEngine);

/** A loader of which one image is NaN from an epoch on, as a broken decoder would give it. */
function poisonedLoader(domain: string, epoch: number) {
  const { loadBatch, loadDomainBatch } = memoryLoader();
  return {
    loadBatch,
    async loadDomainBatch(slice: Parameters<typeof loadDomainBatch>[0]) {
      const batch = await loadDomainBatch(slice);
      if (slice.domain !== domain || slice.epoch !== epoch || slice.step !== 1) return batch;
      const images = tf.tidy(() => tf.mul(batch.images, Number.NaN)) as tf.Tensor4D;
      batch.images.dispose();
      return { ...batch, images };
    },
  };
}

async function diverge(folder: string, changes: RunChanges): Promise<TrainingDivergedError> {
  const error = await runIn(folder, changes).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TrainingDivergedError);
  return error as TrainingDivergedError;
}

describe("a loss that is not a number", () => {
  test("stops the run with the step, the batch's samples and the last good checkpoint", async () => {
    const folder = await temporaryFolder();
    const model = tinyModel();
    const algorithm = roga({ seed: 9 });
    const baseOptimizer = adam({ learningRate: 0.02 });
    const tensors = tf.memory().numTensors;
    const error = await diverge(folder, { model, algorithm, baseOptimizer, loader: poisonedLoader("tint", 1) });

    const sampleIds = planOf()
      .step(1, 1)[1]!
      .samples.map(({ id }) => id);
    const { checkpoints, log } = runDirectory(folder);
    const lastCheckpoint = `${checkpoints}/epoch-001`;
    expect(error).toMatchObject({ step: 5, epoch: 2, sampleIds, lastCheckpoint });
    expect(error.message).toContain("diverged at step 5 (epoch 2)");
    expect(error.message).toContain('domain "tint"');
    expect(error.message).toContain(sampleIds[0]!);
    expect((await readLog(log)).entries.at(-1)).toMatchObject({
      ...{ kind: "end", reason: "diverged", step: 5, sampleIds, checkpoint: "epoch-001" },
    });
    baseOptimizer.dispose();
    expect(tf.memory().numTensors).toBe(tensors);

    // The checkpoint is whole: a run without the broken image goes on from it as if nothing had been.
    const mended = await runIn(folder, { resume: true });
    const clean = await runIn(await temporaryFolder());
    expect(bitsOf(mended.model)).toEqual(bitsOf(clean.model));
    dispose(mended);
    dispose(clean);
    model.dispose();
  });

  test("in the first step leaves no checkpoint, and says so", async () => {
    const folder = await temporaryFolder();
    const { loadBatch, loadDomainBatch } = poisonedLoader("grid", 0);
    const error = await diverge(folder, { loader: { loadBatch, loadDomainBatch }, epochs: 1 });
    expect(error).toMatchObject({ step: 2, epoch: 1, lastCheckpoint: null });
    expect(error.message).toContain("last good checkpoint: none");
    expect(await listCheckpoints(runDirectory(folder).checkpoints)).toEqual([]);
  });
});

/** RoGA, but at one step the update leaves a weight that is not finite although every loss was. */
function overflowing(step: number) {
  const algorithm = roga({ seed: 9 });
  return {
    name: algorithm.name,
    forwardBackwardsPerSample: (domains: number) => algorithm.forwardBackwardsPerSample(domains),
    parameterBuffers: (domains: number) => algorithm.parameterBuffers(domains),
    state: () => algorithm.state(),
    restore: (state: tf.NamedTensorMap) => algorithm.restore(state),
    dispose: () => algorithm.dispose(),
    async step(context: StepContext) {
      const record = await algorithm.step(context);
      if (record.step === step)
        tf.tidy(() => context.variables.at(-1)!.assign(tf.tensor1d([Number.POSITIVE_INFINITY])));
      return record;
    },
  };
}

describe("a weight that is not finite", () => {
  test("is never saved", async () => {
    const folder = await temporaryFolder();
    const error = await diverge(folder, { algorithm: overflowing(3), checkpointEvery: 4 });
    expect(error).toMatchObject({ step: 4, lastCheckpoint: `${runDirectory(folder).checkpoints}/epoch-001` });
    expect(error.message).toContain('weight "head/bias" is not finite');
    expect(await listCheckpoints(runDirectory(folder).checkpoints)).toEqual(["epoch-001"]);
    const model = tinyModel();
    await loadWeights(model, checkpointWeights(error.lastCheckpoint!));
    const { rows } = await evaluate({ model, samples: samplesOf(6, 1), loader: memoryLoader() });
    expect(rows.every(({ score }) => Number.isFinite(score))).toBe(true);
    model.dispose();
  });

  test("stops a validation, with the samples of the step before it", async () => {
    const error = await diverge(await temporaryFolder(), { algorithm: overflowing(2), epochs: 1 });
    const sampleIds = planOf()
      .step(0, 2)
      .flatMap((slice) => slice.samples.map(({ id }) => id));
    expect(error).toMatchObject({ step: 3, epoch: 1, sampleIds, lastCheckpoint: null });
    expect(error.message).toContain("expected finite logits");
  });
});

test("an error that is no divergence passes as it is", async () => {
  const algorithm = overflowing(-1);
  const broken: DomainLoss = () => {
    throw new RangeError("not a loss");
  };
  const step = (context: StepContext) => algorithm.step({ ...context, domainLosses: { grid: broken } });
  await expect(runIn(await temporaryFolder(), { algorithm: { ...algorithm, step } })).rejects.toThrow(RangeError);
});
