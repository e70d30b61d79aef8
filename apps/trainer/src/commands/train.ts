/**
 * `roga train`: makes or checks the data, trains every algorithm with every seed in processes of their own, tests
 * each on seen and unseen domains, and compares them. Whatever is finished is kept, so that an interrupted run goes
 * on with `--resume`.
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { type Engine, use } from "@roga/runtime";
import { applySettings, readConfigFile, resolveConfig } from "../config/load.js";
import type { Config } from "../config/schema.js";
import { checkDomains, domainsOf } from "../data/domains.js";
import { loadCorpus, prepareCorpus } from "../data/prepare.js";
import { loadInitialWeights } from "../jobs/initial-weights.js";
import { Interrupted, interruptSignal } from "../jobs/interrupt.js";
import { type Job, jobName } from "../jobs/messages.js";
import { backboneOf, trainingPlan } from "../jobs/method.js";
import { baseOptimizerOf } from "../jobs/optimization.js";
import { runJobs } from "../jobs/pool.js";
import { compare } from "../output/compare.js";
import { writeContactSheet } from "../output/contact-sheet.js";
import { duration, progressBoard } from "../output/progress.js";
import { createRunFolder, discardUnprepared, readRunConfig, resumeCommand } from "../run-folder.js";

/** The command's flags; each but `config`, `out` and `set` stands for one option of the configuration. */
export interface TrainFlags {
  readonly out: string;
  readonly config?: string;
  readonly real?: string;
  readonly manifest?: string;
  readonly algorithms?: readonly string[];
  readonly seeds?: readonly number[];
  readonly epochs?: number;
  readonly engine?: string;
  readonly set?: Readonly<Record<string, unknown>>;
}

/** Starts a run in a new folder. */
export async function train(flags: TrainFlags): Promise<void> {
  const given: Record<string, unknown> = {
    "data.real": flags.real,
    "data.manifest": flags.manifest,
    algorithms: flags.algorithms,
    seeds: flags.seeds,
    "training.epochs": flags.epochs,
    engine: flags.engine,
    ...flags.set,
  };
  const settings = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const file = flags.config === undefined ? {} : await readConfigFile(flags.config);
  const config = absolutePaths(resolveConfig(applySettings(file, settings), flags.config ?? "command line"));
  const engine = await use(config.engine);
  await createRunFolder(flags.out, config);
  try {
    await execute(flags.out, config, engine);
  } catch (error) {
    if (!(error instanceof Interrupted)) await discardUnprepared(flags.out);
    throw error;
  }
}

/** Paths that hold when the run goes on from another working directory. */
function absolutePaths({ data, model, ...config }: Config): Config {
  const absolute = (path: string | null) => (path === null ? null : resolve(path));
  return {
    ...config,
    data: { ...data, real: absolute(data.real), manifest: absolute(data.manifest) },
    model: { ...model, weights: absolute(model.weights) },
  };
}

/** Goes on with a run that was interrupted or in which a job failed. */
export async function resume(folder: string): Promise<void> {
  const config = await readRunConfig(folder);
  await execute(folder, config, await use(config.engine));
}

/** Whether every parameter group means some weight, which only the model tells. */
function checkGroups(config: Config): void {
  if (config.optimizer.groups.length === 0) return;
  const backbone = backboneOf(config, 0);
  try {
    baseOptimizerOf(config, backbone.model).dispose();
  } finally {
    backbone.dispose();
  }
}

/** Whether the weights to start from are of the network. */
async function checkWeights(config: Config): Promise<void> {
  if (config.model.weights === null) return;
  const backbone = backboneOf(config, 0);
  try {
    await loadInitialWeights(backbone, config);
  } finally {
    backbone.dispose();
  }
}

async function execute(folder: string, config: Config, engine: Engine): Promise<void> {
  const start = performance.now();
  const signal = interruptSignal("Saving … (again to quit at once)");
  console.error(`engine: ${engine.name}, ${engine.device} (${engine.reason})\nrun folder: ${folder}`);

  const jobs = config.seeds.flatMap((seed) => config.algorithms.map((algorithm): Job => ({ algorithm, seed })));
  const board = progressBoard();
  try {
    await prepareCorpus(config, folder, board, signal);
    const samples = await loadCorpus(config, folder);
    // Fail here, once, rather than in every run or after it.
    trainingPlan(config, samples, 0);
    checkDomains(domainsOf(config, samples), samples);
    checkGroups(config);
    await checkWeights(config);
    await writeContactSheet(join(folder, "contact-sheet.png"), samples);

    const waiting = jobs.filter((job) => !existsSync(join(folder, jobName(job), "result.json")));
    const concurrency = Math.min(config.jobs || availableParallelism(), jobs.length);
    const lines = new Map(waiting.map((job) => [jobName(job), board.line(jobName(job), 1)]));
    const outcomes = await runJobs(waiting, {
      program: process.argv[1] as string,
      argumentsFor: ({ algorithm, seed }) => ["job", "--run", folder, "--algorithm", algorithm, "--seed", String(seed)],
      concurrency,
      // Small networks gain more from a run beside them than from a second thread.
      environment: { ROGA_ONEDNN_THREADS: String(Math.max(1, Math.floor(availableParallelism() / concurrency))) },
      signal,
      onProgress: (job, { phase, done, total, secondsLeft, note }) =>
        lines.get(jobName(job))?.update(done / total, `${phase} ${note}`, secondsLeft),
      onEnd: ({ job, end }) => lines.get(jobName(job))?.end(end.kind),
    });
    const failed = outcomes.filter(({ end }) => end.kind === "failed");
    if (failed.length > 0) {
      const reasons = failed.map(({ job, end }) => `${jobName(job)}: ${end.message}`).join("\n");
      throw new Error(
        `${failed.length} of ${jobs.length} runs failed:\n${reasons}\nMend the cause, then: ${resumeCommand(folder)}`,
      );
    }
    signal.throwIfAborted();
  } catch (error) {
    if (signal.aborted && (error as Error).name === "AbortError")
      throw new Interrupted(`Stopped and saved. Go on with: ${resumeCommand(folder)}`);
    throw error;
  } finally {
    board.stop();
  }

  console.log(await compare(folder, config, engine, jobs));
  console.log(`\nDone in ${duration((performance.now() - start) / 1000)}. Report: ${join(folder, "report.html")}`);
}
