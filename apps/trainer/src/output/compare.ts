/** Puts the finished training runs of a run folder side by side: `comparison.json`, `summary.txt`, and the reports. */
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeFileAtomic } from "@roga/datasets";
import {
  type Comparison,
  comparisonReport,
  type RunResult,
  runReport,
  type ScoreTable,
  summaryTable,
} from "@roga/report";
import type { Engine } from "@roga/runtime";
import { readLog, readScoreTable, runDirectory } from "@roga/training";
import type { Config } from "../config/schema.js";
import { domainsOf } from "../data/domains.js";
import { loadCorpus, readSkipped } from "../data/prepare.js";
import { type Job, jobName } from "../jobs/messages.js";
import { describeAverage, selectionOf } from "../jobs/optimization.js";

/** The selection rules in words. */
const RULES = {
  "source-validation":
    "source-validation: the epoch with the best mean validation AUC over held-out identities of the seen domains",
  "last-epoch": "last-epoch: the last epoch, whatever its validation AUC",
};

/** Writes everything and returns the table for the terminal. */
export async function compare(folder: string, config: Config, engine: Engine, jobs: readonly Job[]): Promise<string> {
  const runs = await Promise.all(
    jobs.map(async (job): Promise<RunResult> => readJson(join(folder, jobName(job), "result.json"))),
  );
  const { level, replicates } = config.evaluation;
  const { sources, targets } = domainsOf(config, await loadCorpus(config, folder));
  const comparison: Comparison = {
    title: basename(folder),
    createdAt: new Date().toISOString(),
    sourceDomains: [...sources],
    targetDomains: [...targets],
    runs,
    selection: RULES[selectionOf(config)],
    engine: `${engine.name}, ${engine.device}`,
    intervals: `95 % bootstrap over videos, ${replicates} replicates, scores by ${level}`,
    notes: await notes(folder, config),
  };
  const table = summaryTable(comparison);
  await writeFileAtomic(join(folder, "comparison.json"), `${JSON.stringify(comparison, null, 2)}\n`);
  await writeFileAtomic(join(folder, "summary.txt"), table);

  const curves = await Promise.all(jobs.map((job) => writeRunReport(folder, job, config)));
  const sheet = await readFile(join(folder, "contact-sheet.png"));
  const images = [{ caption: "Test images, a row per domain", pngBase64: sheet.toString("base64") }];
  await writeFileAtomic(join(folder, "report.html"), await comparisonReport(comparison, { images, curves }));
  return table;
}

async function writeRunReport(folder: string, job: Job, config: Config): Promise<ScoreTable> {
  const { path, log, scores, environment } = runDirectory(join(folder, jobName(job)));
  const { rows } = await readScoreTable(join(scores, "test.csv"));
  const table: ScoreTable = {
    name: `${job.algorithm}, seed ${job.seed}, test`,
    labels: rows.map(({ label }) => label),
    scores: rows.map(({ score }) => score),
    domains: rows.map(({ domain }) => domain),
  };
  const html = await runReport({
    title: `${basename(folder)}: ${jobName(job)}`,
    config,
    environment: await readJson<object>(environment),
    log: (await readLog(log)).entries,
    tables: [table],
  });
  await writeFileAtomic(join(path, "report.html"), html);
  return table;
}

async function notes(folder: string, config: Config): Promise<string[]> {
  const { data, dataSeed } = config;
  const average = describeAverage(config);
  const skipped = await readSkipped(folder);
  const origin = data.manifest ?? data.real;
  return [
    origin === null
      ? `Drawn faces: ${data.rendered.identities} identities, data seed ${dataSeed}. These are not photographs of people.`
      : data.manifest === null
        ? "Real photographs with forgeries made from them: a test of generalisation across forgery families, not a public benchmark."
        : `Images of the manifest ${basename(data.manifest)}.`,
    ...(average === null ? [] : [average]),
    ...(skipped.length > 0 ? [`${skipped.length} unreadable images were left out: see skipped.json.`] : []),
  ];
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, "utf8"));
}
