/**
 * What this package reads: plain records of finished runs, as JSON holds them. They carry measured numbers only;
 * everything derived from them (means, spreads, differences) is computed here, so that it is stated in one way.
 */

/** A metric with the bounds of its interval; `null` where it is undefined, such as an AUC over a single class. */
export interface MetricInterval {
  /** The measured value, in 0…1, or `null` if undefined. */
  value: number | null;
  /** Lower bound of its interval, in 0…1, or `null` if none was computed. */
  low: number | null;
  /** Upper bound of its interval, in 0…1, or `null` if none was computed. */
  high: number | null;
}

/** How one trained model did on one domain's test images. */
export interface DomainResult {
  /** Area under the ROC curve; higher is better. */
  auc: MetricInterval;
  /** Equal error rate; lower is better. */
  eer: MetricInterval;
  /** Average precision; higher is better. */
  ap: MetricInterval;
  /** Fake images scored. */
  fakes: number;
  /** Real images scored. */
  reals: number;
  /** Videos, or other clusters, that the images come from. */
  videos: number;
}

/** One trained model: an algorithm under one seed, tested on every domain. */
export interface RunResult {
  /** Name of the algorithm, such as `roga` or `erm`. */
  algorithm: string;
  /** Seed of the run; runs of two algorithms under one seed are compared as a pair. */
  seed: number;
  /** Results by domain name: exactly the source and target domains of the comparison. */
  domains: Record<string, DomainResult>;
  /** Wall time of training, in seconds. */
  seconds: number;
  /** Training throughput, in images a second. */
  imagesPerSecond: number;
  /** Epoch whose weights were tested. */
  selectedEpoch: number;
}

/** Several algorithms, each under one or more seeds, tested on domains they trained on and on domains they never saw. */
export interface Comparison {
  /** Title of the report. */
  title: string;
  /** When the comparison was made, as ISO 8601 text. */
  createdAt: string;
  /** Domains trained on ("seen"), in the order to show. */
  sourceDomains: string[];
  /** Domains never trained on ("unseen"), in the order to show. */
  targetDomains: string[];
  /** Every run. Algorithms appear in the order of their first run. */
  runs: RunResult[];
  /** The rule by which the tested epoch was selected, in words. */
  selection: string;
  /** The compute engine and device, in words. */
  engine: string;
  /** How the intervals were made, in words, such as "95 % bootstrap over videos". */
  intervals?: string;
  /** Remarks that a reader needs beside the numbers, such as counts of skipped images. */
  notes: string[];
}

/** Scores of one model on test images: parallel arrays, one element an image. */
export interface ScoreTable {
  /** What was scored, such as `roga, seed 1, test`. */
  name: string;
  /** 1 = fake, 0 = real. */
  labels: ArrayLike<number>;
  /** Predicted probability of fake, in 0…1. */
  scores: ArrayLike<number>;
  /**
   * Domain of each image: the forgery method of a fake; for a real the one domain that it belongs to, or `real` if it
   * stands against the fakes of every domain that has no reals of its own.
   */
  domains: readonly string[];
}

/** How the gradients of one step lay to one another, as `@roga/optimizer` records it. */
export interface StepDiagnostics {
  /** Cosine between the gradients of two domains, by both. */
  readonly domainCosines?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Cosine between the ERM gradient and the one at the perturbed points. */
  readonly alignment?: number;
  /** How much higher the loss of each domain is at its perturbed point. */
  readonly sharpness?: Readonly<Record<string, number>>;
}

/** What was logged of one optimizer step. */
export interface StepEntry {
  /** Tells the kinds of entries apart. */
  readonly kind: "step";
  /** Step, from 1, counted over the whole run. */
  readonly step: number;
  /** Training loss over all domains of the step. */
  readonly loss: number;
  /** Training loss of each domain present in the step. */
  readonly domainLosses: Readonly<Record<string, number>>;
  /** Throughput around the step, in training images a second. */
  readonly imagesPerSecond: number;
  /** Whether the gradient was clipped, where it was limited. */
  readonly clipped?: boolean;
  /** How the gradients of the step lay to one another, where that was recorded. */
  readonly diagnostics?: StepDiagnostics;
}

/** What was logged of one validation. */
export interface ValidationEntry {
  /** Tells the kinds of entries apart. */
  readonly kind: "validation";
  /** Epoch just finished, from 1. */
  readonly epoch: number;
  /** Steps taken so far. */
  readonly step: number;
  /** Mean AUC over the domains whose AUC is defined, or `null` if there is none. */
  readonly macroAuc: number | null;
  /** AUC of each validation domain, or `null` if undefined there. */
  readonly auc: Readonly<Record<string, number | null>>;
  /** The average of weights that was validated, such as `ema`; absent where the weights of the step were. */
  readonly average?: string;
  /** Images that could not be read and are in no figure. */
  readonly skipped?: number;
}

/** The run stopped. */
export interface EndEntry {
  /** Tells the kinds of entries apart. */
  readonly kind: "end";
  /** Steps taken so far; on divergence, the step that failed. */
  readonly step: number;
  /** Why it stopped. */
  readonly reason: "completed" | "interrupted" | "diverged";
  /** What went wrong, if anything did. */
  readonly message?: string;
}

/** An entry that marks a point of the run; reports count them but draw nothing from them. */
export interface MarkEntry {
  /** Tells the kinds of entries apart. */
  readonly kind: "start" | "loss" | "checkpoint";
  /** Steps done at that point. */
  readonly step: number;
}

/** One line of a training log, as `@roga/training` reads it from a run directory. Further members are not read. */
export type LogEntry = StepEntry | ValidationEntry | EndEntry | MarkEntry;
