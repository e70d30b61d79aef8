import "@tensorflow/tfjs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Algorithm, erm, roga, sgd } from "@roga/optimizer";
import { useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import {
  createRunDirectory,
  readLog,
  readScoreTable,
  runDirectory,
  type StepProgress,
  summarize,
  TrainOptionsError,
  train,
  type ValidationProgress,
  ValidationSetError,
} from "../src/index.js";
import { bitsOf, dispose, runIn, temporaryFolder } from "./support/runs.js";
import { DOMAINS, memoryLoader, planOf, samplesOf, tinyModel } from "./support/synthetic.js";

beforeAll(useTestEngine);

describe("a whole run", () => {
  test.each([
    ["roga", roga({ seed: 9 })],
    ["erm", erm({ seed: 9 })],
  ])("%s learns both domains on people it never saw", async (_, algorithm) => {
    const folder = await temporaryFolder();
    const ran = await runIn(folder, { algorithm, epochs: 5 });
    const { result } = ran;
    const { entries } = await readLog(runDirectory(folder).log);
    const losses = entries.flatMap((entry) => (entry.kind === "step" ? [entry.loss] : []));
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    expect(losses).toHaveLength(15);
    expect(mean(losses.slice(-3))).toBeLessThan(0.6 * mean(losses.slice(0, 3)));
    expect(result.best!.macroAuc).toBeGreaterThan(0.9);
    expect(result).toMatchObject({ interrupted: false, epochs: 5, steps: 15, selection: "source-validation" });
    dispose(ran);
  });

  test("what it says, what it logs and what it leaves on disk agree", async () => {
    const folder = await temporaryFolder();
    const steps: StepProgress[] = [];
    const validations: ValidationProgress[] = [];
    const saved: string[] = [];
    const ran = await runIn(folder, {
      callbacks: {
        onStep: (progress) => steps.push(progress),
        onValidation: (progress) => validations.push(progress),
        onCheckpoint: ({ path }) => saved.push(path),
      },
    });
    const { log, checkpoints, scores } = runDirectory(folder);
    const { entries, superseded, torn } = await readLog(log);
    expect({ superseded, torn }).toEqual({ superseded: 0, torn: null });
    expect(entries.map(({ kind, step }) => `${kind} ${step}`)).toEqual([
      "start 0",
      ...["step 1", "step 2", "step 3", "validation 3", "checkpoint 3"],
      ...["step 4", "step 5", "step 6", "validation 6", "checkpoint 6"],
      "end 6",
    ]);
    expect(steps.map(({ step, epoch }) => [step, epoch])).toEqual([1, 2, 3, 4, 5, 6].map((n) => [n, n < 4 ? 1 : 2]));
    const stepEntries = entries.filter((entry) => entry.kind === "step");
    for (const [index, { record, imagesPerSecond, forwardBackwardsPerSecond }] of steps.entries()) {
      const { step: _, ...recorded } = record;
      expect(stepEntries[index]).toMatchObject({ ...recorded, imagesPerSecond, images: 16, learningRate: 0.02 });
      expect(record.loss).toBeCloseTo((record.domainLosses.grid! + record.domainLosses.tint!) / 2, 5);
      // RoGA takes two forward-backwards an image.
      expect(forwardBackwardsPerSecond).toBeCloseTo(2 * imagesPerSecond, 6);
    }
    expect(steps.at(-1)!.secondsLeft).toBeCloseTo(validations[0]!.result.seconds, 6);

    // Each validation is what its table says.
    for (const { result } of validations) {
      const table = await readScoreTable(join(scores, `validation-epoch-00${result.epoch}.csv`));
      const summary = summarize(table);
      expect(result.macroAuc).toBe(summary.macro.auc.value);
      expect(result.auc).toEqual(Object.fromEntries(DOMAINS.map((name) => [name, summary.domains[name]!.auc.value])));
      expect(result.images).toBe(24);
      const lossOf = (domain: string) => {
        const rows = table.rows.filter((row) => row.domain === domain || row.label === 0);
        const total = rows.reduce((sum, { label, score }) => sum - Math.log(label === 1 ? score : 1 - score), 0);
        return total / rows.length;
      };
      expect(result.loss).toBeCloseTo((lossOf("grid") + lossOf("tint")) / 2, 10);
    }
    expect(ran.result.validations).toEqual(validations.map(({ result }) => result));
    expect((await readdir(checkpoints)).sort()).toEqual(["best", "epoch-001", "epoch-002", "last"]);
    expect(saved).toEqual(["epoch-001", "epoch-002"].map((name) => join(checkpoints, name)));
    expect(await readFile(join(checkpoints, "last"), "utf8")).toBe("epoch-002\n");
    expect(ran.result.throughput).toMatchObject({ images: 96, forwardBackwards: 192 });
    dispose(ran);
  });

  test("leaves no tensor behind, in a step or an epoch", async () => {
    const counts: number[] = [];
    const folder = await temporaryFolder();
    const before = tf.memory().numTensors;
    const ran = await runIn(folder, {
      epochs: 3,
      callbacks: {
        onValidation: () => counts.push(tf.memory().numTensors),
        onCheckpoint: () => counts.push(tf.memory().numTensors),
      },
    });
    expect(new Set(counts).size).toBe(1);
    expect(tf.memory().numTensors).toBe(counts[0]);
    dispose(ran);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("follows the learning-rate schedule, and leaves the base optimizer's rate as it was", async () => {
    const rates: number[] = [];
    const baseOptimizer = sgd({ learningRate: 0.5 });
    const ran = await runIn(await temporaryFolder(), {
      baseOptimizer,
      schedule: ({ step, steps }) => 1 - step / steps,
      callbacks: { onStep: ({ learningRate }) => rates.push(learningRate) },
    });
    expect(rates).toBeAllClose(
      [6, 5, 4, 3, 2, 1].map((n) => n / 12),
      { rtol: 1e-12 },
    );
    expect(baseOptimizer.learningRate).toBe(0.5);
    dispose(ran);
  });

  test("at a learning rate of 0 nothing moves but batch statistics, which RoGA moves as ERM does", async () => {
    const run = async (algorithm: Algorithm) => {
      const ran = await runIn(await temporaryFolder(), { algorithm, schedule: () => 0, epochs: 1 });
      const bits = bitsOf(ran.model);
      dispose(ran);
      return bits;
    };
    const before = bitsOf(tinyModel());
    const after = await run(roga({ seed: 9 }));
    const moved = Object.keys(before).filter((name) => before[name] !== after[name]);
    expect(moved).toEqual(["bn/moving_mean", "bn/moving_variance"]);
    expect(after).toEqual(await run(erm({ seed: 9 })));
  });

  test("batch normalisation over all domains at once is another run", async () => {
    const mixed = await runIn(await temporaryFolder(), {
      algorithm: erm({ seed: 9, batchNormPass: "mixed" }),
      epochs: 1,
    });
    const apart = await runIn(await temporaryFolder(), { algorithm: erm({ seed: 9 }), epochs: 1 });
    expect(bitsOf(mixed.model)["bn/moving_mean"]).not.toBe(bitsOf(apart.model)["bn/moving_mean"]);
    expect(mixed.result.validations[0]!.macroAuc).toBeGreaterThan(0.5);
    dispose(mixed);
    dispose(apart);
  });

  test("images that cannot be read are counted", async () => {
    const loader = memoryLoader(new Set(["grid/p6/0", "real/p7/1"]));
    const folder = await temporaryFolder();
    const ran = await runIn(folder, { loader, epochs: 1 });
    expect(ran.result.validations[0]).toMatchObject({ images: 22, skipped: ["real/p7/1", "grid/p6/0"].sort() });
    const { entries } = await readLog(runDirectory(folder).log);
    expect(entries.find(({ kind }) => kind === "validation")).toMatchObject({ skipped: 2 });
    dispose(ran);
  });
});

describe("is refused before the first step", () => {
  const attempt = async (changes: Parameters<typeof runIn>[1]) => runIn(await temporaryFolder(), changes);

  test.each([
    [{ epochs: 0 }, "epochs: expected a whole number of at least 1, got 0"],
    [{ epochs: 1.5 }, "epochs: "],
    [{ checkpointEvery: 0 }, "checkpointEvery: "],
    [{ keepLast: Number.NaN }, "keepLast: "],
    [{ microBatch: 0 }, "microBatch: expected a whole number of at least 1, got 0"],
    [{ seed: 0.5 }, "seed: "],
  ])("%j", async (changes, message) => {
    await expect(attempt(changes)).rejects.toThrow(TrainOptionsError);
    await expect(attempt(changes)).rejects.toThrow(message);
  });

  const validation = samplesOf(6, 4);
  test.each([
    ["no fakes of a domain", validation.filter(({ domain }) => domain !== "tint"), 'expected fakes of domain "tint"'],
    ["no reals", validation.filter(({ label }) => label === 1), 'expected reals for domain "grid"'],
    ["another domain", [...validation, { ...validation[2]!, id: "x", domain: "x" }], 'got "x" in sample "x"'],
    ["an identity of the training set", [...validation, ...samplesOf(5, 1)], 'got "p5"'],
  ])("validation images with %s", async (_, samples, message) => {
    await expect(attempt({ validation: { samples } })).rejects.toThrow(ValidationSetError);
    await expect(attempt({ validation: { samples } })).rejects.toThrow(message);
  });

  test("a run directory that has checkpoints, without resume", async () => {
    const folder = await temporaryFolder();
    const ran = await runIn(folder, { epochs: 1 });
    const again = train({
      ...ran,
      plan: planOf(),
      loader: memoryLoader(),
      validation: { samples: validation },
      epochs: 2,
      seed: 9,
      runDirectory: runDirectory(folder),
    });
    await expect(again).rejects.toThrow(TrainOptionsError);
    await expect(again).rejects.toThrow("epoch-001");
    await expect(createRunDirectory(folder)).rejects.toThrow("new or empty");
    dispose(ran);
  });
});
