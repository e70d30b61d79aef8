/**
 * One training run: trains one algorithm with one seed, tests the selected epoch, and leaves `result.json`.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { weightMetadata } from "@roga/backbones";
import { ImageLoader, ofSplit, REAL_DOMAIN, writeFileAtomic } from "@roga/datasets";
import type { RunResult } from "@roga/report";
import { use } from "@roga/runtime";
import {
  checkpointWeights,
  createRunDirectory,
  describeEnvironment,
  evaluate,
  loadWeights,
  train,
} from "@roga/training";
import { domainsOf } from "../data/domains.js";
import { loadCorpus } from "../data/prepare.js";
import { readRunConfig } from "../run-folder.js";
import { loadInitialWeights } from "./initial-weights.js";
import { type Job, type JobProgress, jobName } from "./messages.js";
import { algorithmOf, backboneOf, trainingPlan } from "./method.js";
import { averageOf, baseOptimizerOf, scheduleOf, selectionOf } from "./optimization.js";
import { testResults } from "./test-results.js";

/** Milliseconds between two reports of progress. */
const PROGRESS_INTERVAL = 200;

/** False if it was interrupted; what it saved lets it go on. */
export async function trainAndTest(
  run: string,
  job: Job,
  signal: AbortSignal,
  onProgress: (progress: JobProgress) => void,
): Promise<boolean> {
  const config = await readRunConfig(run);
  const engine = await use(config.engine);
  const samples = await loadCorpus(config, run);
  const folder = join(run, jobName(job));
  const directory = await createRunDirectory(folder, { resume: await isStarted(folder) });
  await writeFileAtomic(
    directory.environment,
    `${JSON.stringify(await describeEnvironment({ threads: engine.threads }), null, 2)}\n`,
  );

  const { augment, epochs, checkpointEvery, microBatch } = config.training;
  const backbone = backboneOf(config, job.seed);
  await loadInitialWeights(backbone, config);
  const { mean, std } = backbone.preprocessing;
  const domains = domainsOf(config, samples);
  const plan = trainingPlan(config, samples, job.seed);
  const loader = new ImageLoader({
    size: config.model.inputSize,
    mean,
    std,
    augment: augment ? { seed: job.seed } : null,
  });
  const average = averageOf(config, job.algorithm, plan.stepsPerEpoch);
  const report = throttle(onProgress, PROGRESS_INTERVAL);
  const isSource = new Set(domains.sources);
  const result = await train({
    model: backbone.model,
    algorithm: algorithmOf(job, config),
    baseOptimizer: baseOptimizerOf(config, backbone.model),
    schedule: scheduleOf(config, plan.stepsPerEpoch),
    plan,
    loader,
    validation: {
      samples: ofSplit(samples, "val").filter(({ domain }) => domain === REAL_DOMAIN || isSource.has(domain)),
      batchSize: config.evaluation.batchSize,
    },
    epochs,
    selection: selectionOf(config),
    ...(average !== undefined && { average }),
    metadata: weightMetadata(backbone),
    ...(checkpointEvery !== null && { checkpointEvery }),
    ...(microBatch !== null && { microBatch }),
    runDirectory: directory,
    seed: job.seed,
    resume: true,
    signal,
    callbacks: {
      onStep({ step, steps, epoch, imagesPerSecond, secondsLeft, record }) {
        const note = `epoch ${epoch}/${epochs}, loss ${record.loss.toFixed(3)}, ${imagesPerSecond.toFixed(0)} images/s`;
        report({ kind: "progress", phase: "train", done: step, total: steps, secondsLeft, note });
      },
    },
  });
  if (result.interrupted) return false;
  if (result.best === null) throw new Error("no epoch has a validation AUC, so none can be selected");

  await loadWeights(backbone.model, checkpointWeights(result.best.checkpoint));
  const table = await evaluate({
    model: backbone.model,
    samples: ofSplit(samples, "test"),
    loader,
    batchSize: config.evaluation.batchSize,
    path: join(directory.scores, "test.csv"),
    signal,
    onProgress: ({ done, total }) =>
      report({ kind: "progress", phase: "test", done, total, secondsLeft: null, note: `${done} of ${total} images` }),
  });
  const outcome: RunResult = {
    algorithm: job.algorithm,
    seed: job.seed,
    domains: testResults(table, domains, config),
    seconds: result.throughput.seconds,
    imagesPerSecond: result.throughput.imagesPerSecond,
    selectedEpoch: result.best.epoch,
  };
  await writeFileAtomic(join(folder, "result.json"), `${JSON.stringify(outcome, null, 2)}\n`);
  return true;
}

async function isStarted(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length > 0;
  } catch {
    return false;
  }
}

function throttle<T>(call: (value: T) => void, milliseconds: number): (value: T) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (value) => {
    const now = performance.now();
    if (now - last < milliseconds) return;
    last = now;
    call(value);
  };
}
