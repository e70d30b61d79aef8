/**
 * The run log, `log.jsonl`: one JSON object a line, appended as things happen and never rewritten.
 * Each line is handed to the operating system before the run goes on, so a crash of the process loses none, and
 * `sync` (called at checkpoints) guards against a crash of the machine. Such a crash may tear the last line; readers
 * report it, and the next writer cuts it off.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { StepRecord } from "@roga/optimizer";
import { isMissing } from "./files.js";
import type { Speed } from "./throughput.js";

/** The run began, or went on from a checkpoint: entries before it of later steps, or of epochs not done, no longer stand. */
export interface StartEntry {
  /** Tells the kinds of entries apart. */
  readonly kind: "start";
  /** Steps already done: 0 for a new run. */
  readonly step: number;
  /** Epochs already done and validated. */
  readonly epochs: number;
  /** The checkpoint that the run goes on from, by name; `null` for a start from step 0. */
  readonly checkpoint: string | null;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Name of the average of the weights; absent without one. */
  readonly average?: string;
  /** Bytes of a torn last line that this start cut off the log. */
  readonly tornBytes: number;
}

/** One optimizer step: what the algorithm recorded, and how fast it went. */
export interface StepEntry extends StepRecord, Speed {
  /** Tells the kinds of entries apart. */
  readonly kind: "step";
  /** Step, from 1, counted over the whole run. */
  readonly step: number;
  /** Epoch that the step belongs to, from 1. */
  readonly epoch: number;
  /** Learning rate of the step. */
  readonly learningRate: number;
  /** Wall time of the step, waiting for its images included. */
  readonly seconds: number;
  /** Unique training images of the step. */
  readonly images: number;
}

/** One validation, at the end of an epoch. */
export interface ValidationEntry {
  /** Tells the kinds of entries apart. */
  readonly kind: "validation";
  /** Epoch just finished, from 1. */
  readonly epoch: number;
  /** Steps taken so far. */
  readonly step: number;
  /** Mean AUC over the domains whose AUC is defined; `null` if there is none. */
  readonly macroAuc: number | null;
  /** AUC of each validation domain; `null` where undefined. */
  readonly auc: Readonly<Record<string, number | null>>;
  /** Mean over the source domains of their mean cross-entropy in nats; `null` if no image of one could be read. */
  readonly loss: number | null;
  /** The average of weights that was scored, such as `ema`; absent where the present weights were. */
  readonly average?: string;
  /** The loss of the present weights, where an average that goes by it was scored. */
  readonly presentLoss?: number;
  /** The epoch that is best so far, from 1; `null` if no epoch has an AUC. */
  readonly bestEpoch: number | null;
  /** Wall time, in seconds. */
  readonly seconds: number;
  /** Images that could not be read, and are in no figure. */
  readonly skipped: number;
}

/** An average that goes by validation losses was told that of the present weights, within an epoch. */
export interface LossEntry {
  /** Tells the kinds of entries apart. */
  readonly kind: "loss";
  /** Epoch at hand, from 1. */
  readonly epoch: number;
  /** Steps taken so far. */
  readonly step: number;
  /** Mean over the source domains of their mean cross-entropy in nats; `null` if no image of one could be read. */
  readonly loss: number | null;
  /** Wall time, in seconds. */
  readonly seconds: number;
}

/** A checkpoint was written. */
export interface CheckpointEntry {
  /** Tells the kinds of entries apart. */
  readonly kind: "checkpoint";
  /** Steps taken so far. */
  readonly step: number;
  /** Name of its folder under `checkpoints/`. */
  readonly checkpoint: string;
  /** The average that its weights are of; absent where they are those of the step. */
  readonly average?: string;
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
  /** On divergence, the samples of the batch at fault. */
  readonly sampleIds?: readonly string[];
  /** The last good checkpoint, by name. */
  readonly checkpoint: string | null;
}

/** One line of a run log, without its time. */
export type LogEntry = StartEntry | StepEntry | ValidationEntry | LossEntry | CheckpointEntry | EndEntry;

/** One line of a run log. */
export type TimedLogEntry = LogEntry & {
  /** When it was written, ISO 8601, UTC. */
  readonly time: string;
};

/** A run log holds a line that is no entry, before its last. */
export class RunLogError extends Error {
  /** The class's name. */
  override readonly name = "RunLogError";
  /** The file at fault. */
  readonly path: string;
  /** The line at fault, from 1. */
  readonly line: number;

  /**
   * @param path - The file at fault.
   * @param line - The line at fault, from 1.
   * @param detail - What was expected and what came.
   */
  constructor(path: string, line: number, detail: string) {
    super(`${path}: line ${line}: ${detail}`);
    this.path = path;
    this.line = line;
  }
}

const LINE_FEED = 0x0a;

/** Appends to a run log. */
export class RunLog {
  /** Bytes of a torn last line that opening cut off. */
  readonly tornBytes: number;
  readonly #file: number;

  private constructor(file: number, tornBytes: number) {
    this.#file = file;
    this.tornBytes = tornBytes;
  }

  /**
   * Opens a log for appending, creates it if there is none, and cuts off a torn last line.
   *
   * @param path - The log file. Errors of the file system pass through.
   */
  static open(path: string): RunLog {
    const file = openSync(path, "a");
    const bytes = readFileSync(path);
    const whole = bytes.lastIndexOf(LINE_FEED) + 1;
    if (whole < bytes.length) ftruncateSync(file, whole);
    return new RunLog(file, bytes.length - whole);
  }

  /** Appends one entry, with the time of now. */
  write(entry: LogEntry): void {
    const timed: TimedLogEntry = { ...entry, time: new Date().toISOString() };
    writeSync(this.#file, `${JSON.stringify(timed)}\n`);
  }

  /** Puts everything written so far on the disk. */
  sync(): void {
    fsyncSync(this.#file);
  }

  /** Closes the file. */
  close(): void {
    closeSync(this.#file);
  }
}

/** What a run log says. */
export interface RunLogContents {
  /** The entries that stand: one for each step, validation and checkpoint of the run as it went on. */
  readonly entries: readonly TimedLogEntry[];
  /** Entries left out because the run went on from a checkpoint before them. */
  readonly superseded: number;
  /** The torn last line, if a crash left one. */
  readonly torn: string | null;
}

/**
 * Reads a run log.
 *
 * @param path - The log file; one that is missing reads as empty.
 * @throws {@link RunLogError} for a line that is no entry, unless it is the last and lacks its line break.
 */
export async function readLog(path: string): Promise<RunLogContents> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (isMissing(error)) return "";
    throw error;
  });
  const lines = text.split("\n");
  const torn = lines.pop() || null;
  let entries: TimedLogEntry[] = [];
  lines.forEach((line, index) => {
    const entry = parseEntry(line);
    if (!entry) throw new RunLogError(path, index + 1, `expected a JSON object with kind and step, got ${line}`);
    if (entry.kind === "start") entries = entries.filter((before) => stands(before, entry));
    entries.push(entry);
  });
  return { entries, superseded: lines.length - entries.length, torn };
}

/** Whether an entry still stands once the run has gone on from an earlier point. */
function stands(entry: LogEntry, start: StartEntry): boolean {
  return entry.step <= start.step && !(entry.kind === "validation" && entry.epoch > start.epochs);
}

function parseEntry(line: string): TimedLogEntry | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || !("kind" in value) || !("step" in value)) return null;
    return value as TimedLogEntry;
  } catch {
    return null;
  }
}
