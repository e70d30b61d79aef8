/**
 * Scores images with a model, in inference mode, and streams the scores to a table on disk.
 * No metric is computed here: see `summarize`, which reads such a table.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type ImageBatch, REAL_DOMAIN, type Sample } from "@roga/datasets";
import { sigmoid } from "@roga/metrics";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { disposeBatches, readAhead, type SampleLoader } from "./batches.js";
import { logitsOf } from "./binary-loss.js";
import { fakeMargins, marginLoss } from "./fake-scores.js";
import type { ScoreRow, ScoreTable } from "./score-table.js";
import { ScoreWriter } from "./score-writer.js";

/** What to evaluate, and how. */
export interface EvaluateOptions {
  /** The detector: NHWC images in, one or two logits an image out. */
  readonly model: LayersModel;
  /** The images to score; ids must be unique. */
  readonly samples: readonly Sample[];
  /** Decodes them. */
  readonly loader: SampleLoader;
  /** Images a forward pass. Default 32. It has no influence on the scores beyond rounding. */
  readonly batchSize?: number;
  /** Forgery domains to score: fakes of others, and reals that belong to others alone, are left out. Default: all. */
  readonly domains?: readonly string[];
  /** Where the table goes, conventionally `scores/<name>.csv`. Default: nowhere, it is only returned. */
  readonly path?: string;
  /** Stops after the batch at hand; the promise then rejects with the signal's reason, and no table is written. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch. */
  readonly onProgress?: (progress: EvaluationProgress) => void;
}

/** How far an evaluation is. */
export interface EvaluationProgress {
  /** Images scored or skipped so far. */
  readonly done: number;
  /** Images in all. */
  readonly total: number;
}

/** The scores of a model, and what has none. */
export interface Evaluation extends ScoreTable {
  /** The cross-entropy of each row in nats, in the order of `rows`. */
  readonly losses: readonly number[];
  /** Ids of samples that the loader could not read, in order. They are in no figure. */
  readonly skipped: readonly string[];
}

/** An evaluation that cannot be made as asked. */
export class EvaluationError extends Error {
  /** The class's name. */
  override readonly name = "EvaluationError";
}

/** A model gave logits that are not finite. */
export class NonFiniteScoreError extends Error {
  /** The class's name. */
  override readonly name = "NonFiniteScoreError";
  /** The samples at fault. */
  readonly sampleIds: readonly string[];

  /** @param sampleIds - The samples at fault. */
  constructor(sampleIds: readonly string[]) {
    super(`evaluate: expected finite logits, got others for ${sampleIds.length} samples: ${sampleIds.join(", ")}`);
    this.sampleIds = sampleIds;
  }
}

/**
 * Scores every sample once.
 *
 * @returns One row a sample that could be read, in the order of `samples`.
 * @throws {@link EvaluationError} for no samples, an unknown domain, a repeated id or a batch size below 1;
 *   {@link NonFiniteScoreError}; {@link LogitShapeError}; the signal's reason.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { model, loader, batchSize = 32, signal } = options;
  if (!(Number.isSafeInteger(batchSize) && batchSize >= 1)) {
    throw new EvaluationError(`evaluate.batchSize: expected a whole number of at least 1, got ${batchSize}`);
  }
  const samples = select(options.samples, options.domains);
  signal?.throwIfAborted();
  const rows: ScoreRow[] = [];
  const losses: number[] = [];
  const skipped: string[] = [];
  const writer = options.path === undefined ? null : await ScoreWriter.open(options.path);
  try {
    let done = 0;
    for await (const { asked, batch } of readAhead(loads(loader, samples, batchSize), discard)) {
      const margins = await scoreBatch(model, batch).finally(() => disposeBatches([batch]));
      const read = asked.filter(({ id }) => margins.has(id));
      const scored = read.map((sample) => rowOf(sample, sigmoid(margins.get(sample.id)!)));
      skipped.push(...asked.flatMap(({ id }) => (margins.has(id) ? [] : [id])));
      rows.push(...scored);
      losses.push(...read.map(({ id, label }) => marginLoss(margins.get(id)!, label)));
      await writer?.append(scored);
      done += asked.length;
      options.onProgress?.({ done, total: samples.length });
      // An engine on this thread answers without leaving it; a turn of the loop lets timers and signals through.
      await nextTurn();
      if (done < samples.length) signal?.throwIfAborted();
    }
  } catch (error) {
    await writer?.discard();
    throw error;
  }
  await writer?.commit();
  return { rows, losses, skipped };
}

interface Load {
  readonly asked: readonly Sample[];
  readonly batch: ImageBatch;
}

function* loads(loader: SampleLoader, samples: readonly Sample[], size: number) {
  for (let start = 0; start < samples.length; start += size) {
    const asked = samples.slice(start, start + size);
    yield async (): Promise<Load> => ({ asked, batch: await loader.loadBatch(asked) });
  }
}

function discard({ batch }: Load): void {
  disposeBatches([batch]);
}

/** The margin of each image by its sample's id. */
async function scoreBatch(model: LayersModel, batch: ImageBatch): Promise<Map<string, number>> {
  if (batch.sampleIds.length === 0) return new Map();
  const logits = tf.tidy(() => logitsOf(model, batch.images, false));
  const margins = await fakeMargins(logits).finally(() => logits.dispose());
  const bad = batch.sampleIds.filter((_, index) => Number.isNaN(margins[index]));
  if (bad.length > 0) throw new NonFiniteScoreError(bad);
  return new Map(batch.sampleIds.map((id, index) => [id, margins[index]!]));
}

function rowOf({ id, video, identity, domain, label }: Sample, score: number): ScoreRow {
  return { sample: id, video, identity, domain, label, score };
}

function select(samples: readonly Sample[], domains: readonly string[] | undefined): readonly Sample[] {
  const ids = new Set<string>();
  for (const { id } of samples) {
    if (ids.has(id)) throw new EvaluationError(`evaluate.samples: expected unique ids, got "${id}" twice`);
    ids.add(id);
  }
  const known = new Set(samples.map((sample) => sample.domain));
  for (const domain of domains ?? []) {
    if (!known.has(domain)) {
      const names = [...known].map((name) => `"${name}"`).join(", ");
      throw new EvaluationError(`evaluate.domains: expected domains of the samples (${names}), got "${domain}"`);
    }
  }
  const chosen = domains
    ? samples.filter(({ domain, label }) => domains.includes(domain) || (label === 0 && domain === REAL_DOMAIN))
    : samples;
  if (chosen.length === 0) throw new EvaluationError("evaluate.samples: expected at least one sample, got none");
  return chosen;
}
