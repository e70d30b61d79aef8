import "@tensorflow/tfjs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { adam, erm, roga, sgd } from "@roga/optimizer";
import { useTestEngine } from "@roga/test-support";
import { beforeAll, describe, expect, test } from "vitest";
import {
  CheckpointError,
  listCheckpoints,
  ResumeMismatchError,
  readCheckpoint,
  readLog,
  resolveCheckpoint,
  runDirectory,
  type TrainingCallbacks,
  WeightMismatchError,
} from "../src/index.js";
import { bitsOf, dispose, type RunChanges, runIn, temporaryFolder } from "./support/runs.js";
import { memoryLoader, planOf, samplesOf, tinyModel } from "./support/synthetic.js";

beforeAll(useTestEngine);

/** A signal and callbacks that raise it once so many steps were taken. */
function stopAfter(steps: number): { signal: AbortSignal; callbacks: TrainingCallbacks } {
  const controller = new AbortController();
  return { signal: controller.signal, callbacks: { onStep: ({ step }) => step >= steps && controller.abort() } };
}

interface Outcome {
  readonly bits: Record<string, string>;
  readonly auc: readonly (number | null)[];
}

async function straight(changes: RunChanges = {}): Promise<Outcome> {
  const ran = await runIn(await temporaryFolder(), changes);
  const outcome = { bits: bitsOf(ran.model), auc: ran.result.validations.map(({ macroAuc }) => macroAuc) };
  dispose(ran);
  return outcome;
}

let whole: Outcome;
beforeAll(async () => {
  whole = await straight();
});

describe("a run in parts gives the weights of a run in one, bit for bit", () => {
  const algorithms = {
    "RoGA with Adam": () => ({ algorithm: roga({ seed: 9 }), baseOptimizer: adam({ learningRate: 0.02 }) }),
    "ERM with momentum": () => ({
      algorithm: erm({ seed: 9 }),
      baseOptimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
    }),
  };
  const schedule = ({ step }: { step: number }) => 1 / (1 + step);
  test.each(Object.entries(algorithms))("%s, from an epoch's end", async (_, make) => {
    const expected = await straight({ ...make(), schedule });
    const folder = await temporaryFolder();
    dispose(await runIn(folder, { ...make(), schedule, epochs: 1 }));
    const second = await runIn(folder, { ...make(), schedule, resume: true });
    expect(bitsOf(second.model)).toEqual(expected.bits);
    expect(second.result.validations.map(({ macroAuc }) => macroAuc)).toEqual(expected.auc);
    dispose(second);
  });

  // Steps 1 and 4 are within an epoch; step 3 is an epoch's last, before its validation.
  test.each([1, 3, 4])("interrupted after step %i", async (steps) => {
    const folder = await temporaryFolder();
    const first = await runIn(folder, stopAfter(steps));
    const epochs = steps < 4 ? 0 : 1;
    const checkpoint = join(folder, "checkpoints", `step-00000${steps}`);
    expect(first.result).toMatchObject({ interrupted: true, checkpoint, steps, epochs });
    dispose(first);
    const second = await runIn(folder, { resume: true });
    expect(second.result).toMatchObject({ interrupted: false, steps: 6, epochs: 2 });
    expect(bitsOf(second.model)).toEqual(whole.bits);
    expect(second.result.validations.map(({ macroAuc }) => macroAuc)).toEqual(whole.auc);
    const { entries } = await readLog(runDirectory(folder).log);
    expect(entries.flatMap((entry) => (entry.kind === "step" ? [entry.step] : []))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(entries.flatMap((entry) => (entry.kind === "validation" ? [entry.epoch] : []))).toEqual([1, 2]);
    dispose(second);
  });

  test("killed between checkpoints", async () => {
    const folder = await temporaryFolder();
    const crash = { onStep: ({ step }: { step: number }) => step === 5 && fail("power cut") };
    await expect(runIn(folder, { callbacks: crash, checkpointEvery: 2 })).rejects.toThrow("power cut");
    // What a crash in the middle of a write and of a removal leaves behind.
    const { checkpoints, log } = runDirectory(folder);
    await mkdir(join(checkpoints, "step-000005.unfinished"));
    await mkdir(join(checkpoints, "epoch-001.old.unfinished"));
    const second = await runIn(folder, { resume: true });
    expect(bitsOf(second.model)).toEqual(whole.bits);
    expect((await readLog(log)).superseded).toBe(1);
    expect((await readdir(checkpoints)).filter((name) => name.endsWith(".unfinished"))).toEqual([]);
    dispose(second);
  });

  test("dropout is part of it: another seed gives other weights", async () => {
    expect((await straight({ algorithm: roga({ seed: 8 }) })).bits).not.toEqual(whole.bits);
  });
});

function fail(message: string): never {
  throw new Error(message);
}

describe("an interruption", () => {
  test("by a timer gets through between steps", async () => {
    const controller = new AbortController();
    const callbacks = { onStep: () => void setImmediate(() => controller.abort()) };
    const ran = await runIn(await temporaryFolder(), { callbacks, signal: controller.signal });
    expect(ran.result).toMatchObject({ interrupted: true, steps: 1 });
    dispose(ran);
  });

  test("by a signal that was raised before leaves a checkpoint of the start", async () => {
    const folder = await temporaryFolder();
    const ran = await runIn(folder, { signal: AbortSignal.abort() });
    expect(ran.result).toMatchObject({ interrupted: true, steps: 0, best: null });
    expect(await listCheckpoints(runDirectory(folder).checkpoints)).toEqual(["step-000000"]);
    expect(bitsOf(ran.model)).toEqual(bitsOf(tinyModel()));
    dispose(ran);
  });

  test("during a validation repeats the whole validation", async () => {
    const folder = await temporaryFolder();
    const controller = new AbortController();
    const callbacks = { onValidationProgress: () => controller.abort() };
    const first = await runIn(folder, { callbacks, signal: controller.signal });
    expect(first.result).toMatchObject({ interrupted: true, steps: 3, epochs: 0 });
    expect(await readdir(join(folder, "scores"))).toEqual([]);
    const second = await runIn(folder, { resume: true });
    expect(bitsOf(second.model)).toEqual(whole.bits);
    expect(second.result.validations).toHaveLength(2);
    dispose(first);
    dispose(second);
  });

  test("right after a resume keeps the checkpoint that is there", async () => {
    const folder = await temporaryFolder();
    dispose(await runIn(folder, stopAfter(2)));
    const second = await runIn(folder, { resume: true, signal: AbortSignal.abort() });
    expect(second.result.checkpoint).toBe(join(folder, "checkpoints", "step-000002"));
    dispose(second);
  });
});

describe("checkpoints", () => {
  test("the newest few are kept, and the best", async () => {
    const folder = await temporaryFolder();
    // The first epoch stays the best: after it nothing moves, and ties go to the earlier.
    const schedule = ({ step }: { step: number }) => (step < 3 ? 1 : 0);
    const model = tinyModel();
    model.getLayer("bn").trainable = false;
    const ran = await runIn(folder, { model, schedule, epochs: 5, keepLast: 2 });
    const { checkpoints } = runDirectory(folder);
    const kept = await listCheckpoints(checkpoints);
    expect(kept).toEqual(["epoch-001", "epoch-004", "epoch-005"]);
    expect(await resolveCheckpoint(checkpoints, "best")).toBe(join(checkpoints, "epoch-001"));
    expect(ran.result.best!.checkpoint).toBe(join(checkpoints, "epoch-001"));
    expect(await resolveCheckpoint(checkpoints, "last")).toBe(join(checkpoints, "epoch-005"));
    expect(await resolveCheckpoint(checkpoints, "epoch-004")).toBe(join(checkpoints, "epoch-004"));
    await expect(resolveCheckpoint(checkpoints, "epoch-002")).rejects.toThrow(CheckpointError);
    await expect(resolveCheckpoint(checkpoints, "../x")).rejects.toThrow(CheckpointError);
    dispose(ran);
  });

  test("a run without any has no best and starts over when resumed", async () => {
    const folder = await temporaryFolder();
    const crash = { onStep: () => fail("power cut") };
    await expect(runIn(folder, { callbacks: crash })).rejects.toThrow("power cut");
    await expect(resolveCheckpoint(runDirectory(folder).checkpoints, "best")).rejects.toThrow("got none so far");
    const ran = await runIn(folder, { resume: true, epochs: 1 });
    expect(bitsOf(ran.model)).toEqual((await straight({ epochs: 1 })).bits);
    dispose(ran);
  });

  test("a finished run that is resumed has nothing to do", async () => {
    const folder = await temporaryFolder();
    const first = await runIn(folder);
    const second = await runIn(folder, { resume: true });
    expect(second.result).toEqual(first.result);
    expect(bitsOf(second.model)).toEqual(bitsOf(first.model));
    dispose(first);
    dispose(second);
  });

  test("hold the run's state in readable form", async () => {
    const folder = await temporaryFolder();
    const ran = await runIn(folder, { epochs: 1 });
    const { state, run, weights, optimizer } = await readCheckpoint(ran.result.checkpoint);
    expect(state).toMatchObject({ epochs: 1, step: 3, images: 48, selection: "source-validation" });
    expect(run).toEqual({
      seed: 9,
      algorithm: "roga",
      baseOptimizer: "adam",
      trainable: ["conv/kernel", "bn/gamma", "bn/beta", "head/kernel", "head/bias"],
      domains: ["grid", "tint"],
      stepsPerEpoch: 3,
    });
    expect([...weights.keys()].sort()).toEqual(Object.keys(bitsOf(ran.model)).sort());
    expect([...optimizer.keys()].every((name) => /^(algorithm|base)\//.test(name))).toBe(true);
    dispose(ran);
  });
});

describe("resuming is refused", () => {
  async function interrupted(): Promise<string> {
    const folder = await temporaryFolder();
    dispose(await runIn(folder, stopAfter(1)));
    return folder;
  }

  test.each<[string, () => RunChanges, string]>([
    ["another seed", () => ({ seed: 10 }), "seed was 9, got 10"],
    ["another algorithm", () => ({ algorithm: erm({ seed: 9 }) }), 'algorithm was "roga", got "erm"'],
    [
      "another base optimizer",
      () => ({ baseOptimizer: sgd({ learningRate: 1 }) }),
      'baseOptimizer was "adam", got "sgd"',
    ],
    ["another plan", () => ({ plan: planOf(samplesOf(0, 6), 4) }), "stepsPerEpoch was 3, got 6"],
  ])("with %s", async (_, changes, message) => {
    const attempt = runIn(await interrupted(), { ...changes(), resume: true });
    await expect(attempt).rejects.toThrow(ResumeMismatchError);
    await expect(attempt).rejects.toThrow(message);
  });

  test("with a model of other shapes", async () => {
    const attempt = runIn(await interrupted(), { model: tinyModel({ filters: 5 }), resume: true });
    await expect(attempt).rejects.toThrow(WeightMismatchError);
    await expect(attempt).rejects.toThrow("conv/kernel (expected float32 [3, 3, 3, 5], got float32 [3, 3, 3, 4])");
  });

  test("from a checkpoint that is not whole or of another format", async () => {
    const folder = await interrupted();
    const state = join(folder, "checkpoints", "step-000001", "state.json");
    await writeFile(state, '{"format": "other"}');
    await expect(runIn(folder, { resume: true })).rejects.toThrow('expected format "roga.checkpoint/1"');
    await writeFile(state, '{"format": ');
    await expect(runIn(folder, { resume: true })).rejects.toThrow("expected JSON");
    await rm(state);
    await expect(runIn(folder, { resume: true })).rejects.toThrow(CheckpointError);
  });
});

test("a loader that fails stops the run with its error, and leaves no tensor behind", async () => {
  const { loadBatch, loadDomainBatch } = memoryLoader();
  const loader = {
    loadBatch,
    loadDomainBatch: async (slice: Parameters<typeof loadDomainBatch>[0]) =>
      slice.step === 1 && slice.domain === "tint" ? fail("disk on fire") : loadDomainBatch(slice),
  };
  const { memory } = await import("@tensorflow/tfjs-core");
  const model = tinyModel();
  const before = memory().numTensors;
  const algorithm = erm();
  const baseOptimizer = sgd({ learningRate: 0.1 });
  await expect(runIn(await temporaryFolder(), { loader, model, algorithm, baseOptimizer })).rejects.toThrow(
    "disk on fire",
  );
  baseOptimizer.dispose();
  expect(memory().numTensors).toBe(before);
});
