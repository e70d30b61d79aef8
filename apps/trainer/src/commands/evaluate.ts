/** `roga evaluate`: scores images with the model of one training run, and prints the figures. */
import { basename, dirname, resolve } from "node:path";
import { loadWeights } from "@roga/backbones";
import { fakeDomains, ImageLoader, ofSplit, readManifest, type Sample } from "@roga/datasets";
import { use } from "@roga/runtime";
import {
  checkpointAverage,
  checkpointWeights,
  evaluate,
  resolveCheckpoint,
  runDirectory,
  type Summary,
  type SummaryMetric,
  summarize,
} from "@roga/training";
import type { Config } from "../config/schema.js";
import { loadCorpus } from "../data/prepare.js";
import { interruptSignal } from "../jobs/interrupt.js";
import { backboneOf } from "../jobs/method.js";
import { toJson } from "../output/json.js";
import { printable } from "../output/printable.js";
import { progressBoard } from "../output/progress.js";
import { readRunConfig } from "../run-folder.js";
import { readWeightFile } from "../weights/read.js";

export interface EvaluateFlags {
  readonly manifest?: string;
  readonly checkpoint: string;
  readonly level?: "frame" | "video";
  readonly engine: string;
  readonly out: string;
  readonly json?: boolean;
}

export async function evaluateRun(path: string, flags: EvaluateFlags): Promise<void> {
  const folder = resolve(path);
  const run = dirname(folder);
  const config = await readRunConfig(run);
  const checkpoint = await resolveCheckpoint(runDirectory(folder).checkpoints, flags.checkpoint);
  const signal = interruptSignal("Stopping …");
  await use(flags.engine);

  const samples = await chosenSamples(flags.manifest, config, run);
  const backbone = backboneOf(config, 0);
  const { arrays, metadata } = await readWeightFile(checkpointWeights(checkpoint));
  loadWeights(backbone, arrays, { source: "roga", metadata });
  const { mean, std } = backbone.preprocessing;
  const loader = new ImageLoader({ size: config.model.inputSize, mean, std });
  const board = progressBoard();
  const line = board.line("evaluate", samples.length);
  const start = performance.now();
  const table = await evaluate({
    model: backbone.model,
    samples,
    loader,
    batchSize: config.evaluation.batchSize,
    path: flags.out,
    signal,
    onProgress({ done, total }) {
      const seconds = (performance.now() - start) / 1000;
      line.update(done, `${(done / seconds).toFixed(0)} images/s`, (seconds / done) * (total - done));
    },
  }).finally(() => board.stop());

  const { replicates } = config.evaluation;
  const level = flags.level ?? config.evaluation.level;
  const domains = fakeDomains(samples);
  const summary = summarize(table, { domains, level, bootstrap: { replicates, seed: config.dataSeed } });
  const average = await checkpointAverage(checkpoint);
  if (flags.json) {
    const of = { run: basename(folder), checkpoint: basename(checkpoint), average, level };
    console.log(toJson({ ...of, ...summary, skipped: table.skipped, scores: flags.out }));
    return;
  }
  console.log(`${basename(folder)}, checkpoint ${basename(checkpoint)}, by ${level}`);
  if (average !== null)
    console.log(`Weights that were scored: the average of the run (${average}), not those of a step.`);
  console.log(figures(summary));
  if (table.skipped.length > 0)
    console.log(
      `${table.skipped.length} unreadable images are in no figure: ${table.skipped.map(printable).join(", ")}`,
    );
  console.log(`Scores: ${flags.out}`);
}

async function chosenSamples(manifest: string | undefined, config: Config, run: string): Promise<readonly Sample[]> {
  if (manifest === undefined) return ofSplit(await loadCorpus(config, run), "test");
  return readManifest(manifest);
}

function figures({ domains, macro }: Summary): string {
  const rows = Object.entries(domains).map(([name, { auc, eer, ap, fakes, reals }]) => [
    printable(name),
    show(auc),
    show(eer),
    show(ap),
    `${fakes} / ${reals}`,
  ]);
  const mean = (value: number | null) => (value === null ? "–" : value.toFixed(4));
  const table = [
    ["domain", "AUC", "EER", "AP", "fakes / reals"],
    ...rows,
    ["mean", mean(macro.auc.value), mean(macro.eer.value), mean(macro.ap.value), `${macro.auc.domains.length} domains`],
  ];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => (row[column] as string).length))) ?? [];
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function show({ value, low, high, reason }: SummaryMetric): string {
  if (value === null) return `– (${reason})`;
  const interval = low === null || high === null ? "" : ` [${low.toFixed(4)}, ${high.toFixed(4)}]`;
  return value.toFixed(4) + interval;
}
