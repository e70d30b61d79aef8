import "@tensorflow/tfjs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Sample } from "@roga/datasets";
import { expectNoTensorLeak, useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EvaluationError, evaluate, NonFiniteScoreError, readScoreTable } from "../src/index.js";
import { temporaryFolder } from "./support/runs.js";
import { memoryLoader, pixelsOf, SIZE, samplesOf, tinyModel } from "./support/synthetic.js";

const samples = samplesOf(0, 3);
let model: LayersModel;
beforeAll(async () => {
  await useTestEngine();
  model = tinyModel();
});
afterAll(() => model.dispose());

const run = (changes: Partial<Parameters<typeof evaluate>[0]> = {}) =>
  evaluate({ model, samples, loader: memoryLoader(), ...changes });

/** The score of one sample by itself, from `predict`. */
function scoreOf(sample: Sample): number {
  return tf.tidy(() => {
    const logit = model.predict(tf.tensor4d(pixelsOf(sample), [1, SIZE, SIZE, 3])) as tf.Tensor;
    return 1 / (1 + Math.exp(-logit.dataSync()[0]!));
  });
}

describe("evaluate", () => {
  test("scores every sample once, in order, as the model predicts it", async () => {
    const { rows, skipped } = await run();
    expect(skipped).toEqual([]);
    expect(rows.map(({ score: _, ...row }) => row)).toEqual(
      samples.map(({ id, video, identity, domain, label }) => ({ sample: id, video, identity, domain, label })),
    );
    expect(rows.map(({ score }) => score)).toBeAllClose(samples.map(scoreOf), { rtol: 1e-5 });
    expect(new Set(rows.map(({ score }) => score)).size).toBe(samples.length);
  });

  test.each([1, 7, 18, 100])("gives the same scores in batches of %i", async (batchSize) => {
    const scores = (table: Awaited<ReturnType<typeof run>>) => table.rows.map(({ score }) => score);
    const seen: number[] = [];
    const table = await run({ batchSize, onProgress: ({ done, total }) => seen.push(done / total) });
    expect(scores(table)).toBeAllClose(scores(await run()), { rtol: 1e-6 });
    expect(seen).toHaveLength(Math.ceil(18 / batchSize));
    expect(seen.at(-1)).toBe(1);
  });

  test("writes the table that it returns", async () => {
    const path = join(await temporaryFolder(), "scores", "test.csv");
    const { rows } = await run({ path, batchSize: 4 });
    expect((await readScoreTable(path)).rows).toEqual(rows);
    expect(await readdir(join(path, ".."))).toEqual(["test.csv"]);
  });

  test("leaves no tensor and no statistic changed", async () => {
    const before = model.getWeights().map((weight) => weight.dataSync().slice());
    await expectNoTensorLeak(async () => run({ batchSize: 5 }));
    expect(model.getWeights().map((weight) => weight.dataSync())).toEqual(before);
  });

  test("takes fakes of chosen domains and the shared reals", async () => {
    const own = { ...samples[0]!, id: "own", domain: "grid" };
    const { rows } = await run({ samples: [...samples, own], domains: ["tint"] });
    expect(new Set(rows.map(({ domain }) => domain))).toEqual(new Set(["real", "tint"]));
    expect(rows).toHaveLength(12);
    const grid = await run({ samples: [...samples, own], domains: ["grid"] });
    expect(grid.rows.map(({ sample }) => sample)).toContain("own");
  });

  test("counts what cannot be read, also a whole batch of it", async () => {
    const unreadable = samples.slice(2, 6).map(({ id }) => id);
    const { rows, skipped } = await run({ loader: memoryLoader(new Set(unreadable)), batchSize: 2 });
    expect(skipped).toEqual(unreadable);
    expect(rows.map(({ sample }) => sample)).toEqual(
      samples.map(({ id }) => id).filter((id) => !unreadable.includes(id)),
    );
  });

  test("stops between batches when told to, without a table", async () => {
    const folder = await temporaryFolder();
    const controller = new AbortController();
    let batches = 0;
    const onProgress = () => {
      batches++;
      // A timer, as a key press would be: the loop must let it through.
      setImmediate(() => controller.abort(new Error("enough")));
    };
    const attempt = expectNoTensorLeak(async () => {
      await expect(
        run({ batchSize: 1, signal: controller.signal, onProgress, path: join(folder, "x.csv") }),
      ).rejects.toThrow("enough");
    });
    await attempt;
    expect(batches).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  test("refuses logits that are not finite, by sample", async () => {
    const broken = tinyModel();
    broken.getLayer("head").setWeights([tf.fill([36, 1], Number.NaN), tf.zeros([1])]);
    const attempt = run({ model: broken, batchSize: 2 });
    await expect(attempt).rejects.toThrow(NonFiniteScoreError);
    await expect(attempt).rejects.toMatchObject({ sampleIds: samples.slice(0, 2).map(({ id }) => id) });
    broken.dispose();
  });

  test.each<[string, Partial<Parameters<typeof evaluate>[0]>, string]>([
    ["no samples", { samples: [] }, "expected at least one sample"],
    ["an id twice", { samples: [...samples, samples[0]!] }, 'got "real/p0/0" twice'],
    ["an unknown domain", { domains: ["swop"] }, 'got "swop"'],
    ["a batch size of 0", { batchSize: 0 }, "evaluate.batchSize"],
  ])("refuses %s", async (_, changes, message) => {
    await expect(run(changes)).rejects.toThrow(EvaluationError);
    await expect(run(changes)).rejects.toThrow(message);
  });
});
