/**
 * A checkpoint: the folder `checkpoints/<name>/` with `weights.safetensors` (every weight of the model),
 * `optimizer.safetensors` (state of the algorithm, of the base optimizer and of an average of the weights) and
 * `state.json` (where the run stood). Where the average was validated, `weights.safetensors` holds it, and
 * `present.safetensors` the weights that training goes on from.
 * It is written beside, synced and renamed, so that a checkpoint that exists is whole. Batches and random draws are
 * pure functions of seed and step, so nothing else is needed for the run to go on bit for bit.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@roga/datasets";
import { type NamedArrays, readSafetensors, writeSafetensors } from "@roga/weights";
import { isMissing, publishDirectory, UNFINISHED } from "./files.js";
import type { StepCost } from "./throughput.js";
import type { BestEpoch, ValidationResult } from "./validation.js";

const FORMAT = "roga.checkpoint/1";
const WEIGHTS = "weights.safetensors";
const PRESENT = "present.safetensors";
const OPTIMIZER = "optimizer.safetensors";
const STATE = "state.json";

/** What must be equal for a run to go on from a checkpoint. */
export interface RunIdentity {
  /** Seed of the run. */
  readonly seed: number;
  /** Name of the algorithm. */
  readonly algorithm: string;
  /** Name of the base optimizer. */
  readonly baseOptimizer: string;
  /** Name of the average of the weights; absent without one. */
  readonly average?: string;
  /** Names of the trainable weights, in the order in which the optimizer holds their state. */
  readonly trainable: readonly string[];
  /** Source domains, in the order of the plan. */
  readonly domains: readonly string[];
  /** Steps of one epoch. */
  readonly stepsPerEpoch: number;
}

/** Where a run stood, with what its steps cost so far in every process that had a part in it. */
export interface RunState extends StepCost {
  /** Epochs that are done and validated. */
  readonly epochs: number;
  /** Steps done, over the whole run. */
  readonly step: number;
  /** The best epoch so far, by the rule `selection`; `null` if no epoch has an AUC. */
  readonly best: BestEpoch | null;
  /** The rule that selects the best epoch. */
  readonly selection: string;
  /** How each epoch did. */
  readonly validations: readonly ValidationResult[];
  /** The latest step within an epoch after which an average was told a loss; absent where none was. */
  readonly lossStep?: number;
}

/** A checkpoint that was read. */
export interface Checkpoint {
  /** Its folder. */
  readonly path: string;
  /** What must be equal for a run to go on from it. */
  readonly run: RunIdentity;
  /** Where the run stood. */
  readonly state: RunState;
  /** Every weight of the model, by name; those that were validated, where that was an average. */
  readonly weights: NamedArrays;
  /** Every weight that training goes on from, where `weights` are averages; absent where they are these themselves. */
  readonly present?: NamedArrays;
  /** State of the algorithm (`algorithm/…`), of the base optimizer (`base/…`) and of an average (`average/…`), by name. */
  readonly optimizer: NamedArrays;
}

/** A checkpoint that is absent, not whole or not of this format. */
export class CheckpointError extends Error {
  /** The class's name. */
  override readonly name = "CheckpointError";
  /** The file or folder at fault. */
  readonly path: string;

  /**
   * @param path - The file or folder at fault.
   * @param detail - What was expected and what came.
   */
  constructor(path: string, detail: string, options?: ErrorOptions) {
    super(`checkpoint ${path}: ${detail}`, options);
    this.path = path;
  }
}

/** What the readable part of a checkpoint says. */
interface CheckpointState extends Pick<Checkpoint, "run" | "state"> {
  /** Whether the weights are averages, with those that training goes on from in a file of their own. */
  readonly averaged?: boolean;
}

/** The weights file of a checkpoint's folder, for {@link loadWeights}: the averages, where those were validated. */
export function checkpointWeights(path: string): string {
  return join(path, WEIGHTS);
}

/**
 * The name of the average that {@link checkpointWeights} are of, such as `ema`; `null` where they are those of the step.
 *
 * @param path - A checkpoint's folder.
 * @throws {@link CheckpointError}
 */
export async function checkpointAverage(path: string): Promise<string | null> {
  const { run, averaged } = await readCheckpointState(path);
  return averaged ? (run.average ?? null) : null;
}

/**
 * Writes a checkpoint; the folder appears when it is whole.
 *
 * @param checkpoint - `path` names the folder to make; an older one of that name is replaced.
 * @param texts - What to store beside the weights besides format, algorithm and step.
 */
export async function writeCheckpoint(
  { path, run, state, weights, present, optimizer }: Checkpoint,
  texts: Readonly<Record<string, string>> = {},
): Promise<void> {
  const temporary = path + UNFINISHED;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary);
  const metadata = { format: FORMAT, algorithm: run.algorithm, step: String(state.step) };
  const described = { ...texts, ...metadata };
  await writeSafetensors(join(temporary, WEIGHTS), weights, described);
  if (present !== undefined) await writeSafetensors(join(temporary, PRESENT), present, described);
  await writeSafetensors(join(temporary, OPTIMIZER), optimizer, metadata);
  const averaged = present !== undefined;
  await writeFileAtomic(
    join(temporary, STATE),
    `${JSON.stringify({ format: FORMAT, run, state, averaged }, null, 2)}\n`,
  );
  await publishDirectory(temporary, path);
}

/**
 * Reads a checkpoint whole.
 *
 * @param path - Its folder.
 * @throws {@link CheckpointError}; `SafetensorsError` for a weight file that breaks its format.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { run, state, averaged } = await readCheckpointState(path);
  const { tensors: weights } = await readSafetensors(join(path, WEIGHTS));
  const { tensors: optimizer } = await readSafetensors(join(path, OPTIMIZER));
  if (!averaged) return { path, run, state, weights, optimizer };
  const { tensors: present } = await readSafetensors(join(path, PRESENT));
  return { path, run, state, weights, present, optimizer };
}

/**
 * Reads where a run stood, without its weights.
 *
 * @param path - A checkpoint's folder.
 * @throws {@link CheckpointError} if there is none or its state is of another format.
 */
export async function readCheckpointState(path: string): Promise<CheckpointState> {
  const file = join(path, STATE);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    throw new CheckpointError(path, `expected a folder with ${STATE}, got none`, { cause: error });
  });
  try {
    const value: unknown = JSON.parse(text);
    if (isState(value)) return value;
  } catch (cause) {
    throw new CheckpointError(file, "expected JSON, got text that is none", { cause });
  }
  throw new CheckpointError(file, `expected format "${FORMAT}" with a run and a state, got another`);
}

function isState(value: unknown): value is CheckpointState {
  // Only this package writes the format, so its name vouches for what it holds.
  return (
    typeof value === "object" &&
    value !== null &&
    "format" in value &&
    value.format === FORMAT &&
    "run" in value &&
    "state" in value
  );
}
