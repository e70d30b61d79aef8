/** What a job's process tells the process that started it. */

import type { AlgorithmName } from "../config/algorithms.js";

/** A training run: one algorithm with one seed. */
export interface Job {
  readonly algorithm: AlgorithmName;
  readonly seed: number;
}

/** Where a job stands. */
export interface JobProgress {
  readonly kind: "progress";
  /** "train": steps; "test": images. */
  readonly phase: "train" | "test";
  readonly done: number;
  readonly total: number;
  /** Seconds until the phase ends, or null while unknown. */
  readonly secondsLeft: number | null;
  /** Human-readable state: epoch, loss, images/s. */
  readonly note: string;
}

/** How a job ended, other than by crashing. */
export interface JobEnd {
  readonly kind: "finished" | "interrupted" | "failed";
  /** For "failed": the error's message. */
  readonly message?: string;
}

export type JobMessage = JobProgress | JobEnd;

/** The job's folder and label: `roga-seed1`. */
export function jobName({ algorithm, seed }: Job): string {
  return `${algorithm}-seed${seed}`;
}
