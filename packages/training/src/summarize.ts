/**
 * From a score table to the figures of a run: AUC, EER and AP of each forgery domain, with bootstrap intervals that
 * draw whole videos, and their macro averages. Nothing but the table goes in, and no AUC is averaged over batches.
 * A domain's fakes stand against the reals of that domain alone, or where it has none, against the shared ones.
 */
import { REAL_DOMAIN } from "@roga/datasets";
import {
  aggregateVideos,
  averagePrecision,
  bootstrapInterval,
  equalErrorRate,
  macroAverage,
  type ResamplingOptions,
  rocAuc,
  scoreMetric,
  UndefinedMetricError,
  type VideoRule,
  videoClusters,
} from "@roga/metrics";
import type { ScoreRow, ScoreTable } from "./score-table.js";

/** How to summarize a table. */
export interface SummarizeOptions {
  /** Forgery domains, in this order. Default: those of the table's fakes, sorted by name. */
  readonly domains?: readonly string[];
  /** Whether a frame or a video (one score from all its frames) is a sample. Default `"frame"`. */
  readonly level?: "frame" | "video";
  /** How a video's score comes from its frames'. Default `"mean"`. */
  readonly videoRule?: VideoRule;
  /** Bootstrap intervals over videos, at either level; `null` for none. Default `null`. */
  readonly bootstrap?: ResamplingOptions | null;
}

/** A metric with its interval. */
export interface SummaryMetric {
  /** The measured value, 0 to 1; `null` where undefined. */
  readonly value: number | null;
  /** Lower end of the bootstrap interval; `null` if none was asked for, or where undefined. */
  readonly low: number | null;
  /** Upper end of the bootstrap interval; `null` if none was asked for, or where undefined. */
  readonly high: number | null;
  /** Why the value, or else the interval, is undefined; `null` if nothing is. */
  readonly reason: string | null;
}

/** How a model did on one forgery domain. */
export interface DomainSummary {
  /** Area under the ROC curve. */
  readonly auc: SummaryMetric;
  /** Equal error rate, interpolated. */
  readonly eer: SummaryMetric;
  /** Average precision, fakes being the positive class. */
  readonly ap: SummaryMetric;
  /** Fake images. */
  readonly fakes: number;
  /** Real images. */
  readonly reals: number;
  /** Videos that the fakes come from. */
  readonly fakeVideos: number;
  /** Videos that the reals come from. */
  readonly realVideos: number;
  /** Both together. */
  readonly videos: number;
}

/** The mean of a metric over domains, each counting the same. */
export interface MacroSummary {
  /** The mean; `null` if no domain has a value. */
  readonly value: number | null;
  /** The domains that entered. */
  readonly domains: readonly string[];
  /** The domains left out because the metric is undefined there. */
  readonly excluded: readonly string[];
}

/** The figures of one score table. */
export interface Summary {
  /** What counts as a sample. */
  readonly level: "frame" | "video";
  /** The figures of each forgery domain. */
  readonly domains: Readonly<Record<string, DomainSummary>>;
  /** Their means. */
  readonly macro: Readonly<Record<"auc" | "eer" | "ap", MacroSummary>>;
}

/** A domain was asked for that the table does not hold. */
export class SummaryError extends Error {
  /** The class's name. */
  override readonly name = "SummaryError";
}

const METRICS = {
  auc: rocAuc,
  eer: scoreMetric((ranked) => equalErrorRate(ranked).value),
  ap: averagePrecision,
} as const;

/**
 * Computes the figures of a score table.
 *
 * @param table - Scores of one model.
 * @param options - Domains, level and intervals.
 * @throws {@link SummaryError} for a domain that has no row in the table; `InvalidInputError` of `@roga/metrics` for
 *   bootstrap options out of range.
 */
export function summarize(table: ScoreTable, options: SummarizeOptions = {}): Summary {
  const { level = "frame", bootstrap = null, videoRule = "mean" } = options;
  const present = fakeDomainsOf(table);
  const names = options.domains ?? present;
  const domains: Record<string, DomainSummary> = {};
  for (const domain of names) {
    if (!table.rows.some((row) => row.domain === domain)) {
      const known = present.map((name) => `"${name}"`).join(", ");
      throw new SummaryError(`summarize.domains: expected domains of the table (${known}), got "${domain}"`);
    }
    domains[domain] = summarizeDomain(rowsOf(table, domain), level, videoRule, bootstrap);
  }
  return { level, domains, macro: { auc: macro("auc"), eer: macro("eer"), ap: macro("ap") } };

  function macro(metric: keyof typeof METRICS): MacroSummary {
    const values = Object.fromEntries(names.map((domain) => [domain, domains[domain]![metric].value]));
    return macroAverage(values, { whenUndefined: "null" }) ?? { value: null, domains: [], excluded: [...names] };
  }
}

/**
 * The mean over forgery domains of the mean loss on their fakes and on the reals that they stand against.
 *
 * @param losses - One for each row of the table.
 * @returns `null` if no domain has a row
 */
export function meanLoss(table: ScoreTable, losses: readonly number[], domains: readonly string[]): number | null {
  const byRow = new Map(table.rows.map((row, index) => [row, losses[index]!]));
  const means = domains.flatMap((domain) => {
    const rows = rowsOf(table, domain);
    return rows.length === 0 ? [] : [rows.reduce((sum, row) => sum + byRow.get(row)!, 0) / rows.length];
  });
  return means.length === 0 ? null : means.reduce((sum, mean) => sum + mean, 0) / means.length;
}

function fakeDomainsOf({ rows }: ScoreTable): string[] {
  return [...new Set(rows.filter((row) => row.label === 1).map((row) => row.domain))].sort();
}

function rowsOf({ rows }: ScoreTable, domain: string): ScoreRow[] {
  const own = rows.filter((row) => row.domain === domain);
  if (own.some((row) => row.label === 0)) return own;
  return rows.filter((row) => row.domain === domain || (row.label === 0 && row.domain === REAL_DOMAIN));
}

function summarizeDomain(
  rows: readonly ScoreRow[],
  level: "frame" | "video",
  videoRule: VideoRule,
  bootstrap: ResamplingOptions | null,
): DomainSummary {
  const frames = {
    labels: rows.map((row) => row.label),
    scores: rows.map((row) => row.score),
    domains: rows.map((row) => row.domain),
    videos: rows.map((row) => row.video),
  };
  const videos = aggregateVideos(frames, { by: videoRule });
  const { labels, scores } = level === "video" ? videos : frames;
  const clusters = videoClusters(level === "video" ? videos : frames);
  const measure = (metric: keyof typeof METRICS): SummaryMetric => {
    const statistic = METRICS[metric];
    const unbounded = { low: null, high: null };
    const value = reasoned(() => statistic(labels, scores));
    if (value.result === null || bootstrap === null) return { value: value.result, ...unbounded, reason: value.reason };
    const interval = reasoned(() => bootstrapInterval({ labels, scores, clusters }, statistic, bootstrap));
    const { low, high } = interval.result ?? unbounded;
    return { value: value.result, low, high, reason: interval.reason };
  };
  const fakes = rows.filter((row) => row.label === 1).length;
  const fakeVideos = videos.labels.reduce((sum, label) => sum + label, 0);
  return {
    auc: measure("auc"),
    eer: measure("eer"),
    ap: measure("ap"),
    fakes,
    reals: rows.length - fakes,
    fakeVideos,
    realVideos: videos.labels.length - fakeVideos,
    videos: videos.labels.length,
  };
}

function reasoned<T>(compute: () => T): { result: T; reason: null } | { result: null; reason: string } {
  try {
    return { result: compute(), reason: null };
  } catch (error) {
    if (error instanceof UndefinedMetricError) return { result: null, reason: error.message };
    throw error;
  }
}
