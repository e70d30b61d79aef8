/**
 * The checkpoints of a run: `epoch-003` after the third epoch and its validation, `step-000120` in between (at an
 * interval, or where the run was interrupted). `best` and `last` are one-line files that name a checkpoint, replaced
 * by a rename, so they always name a whole one and survive copying to any file system.
 * The newest few are kept, besides those two.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@roga/datasets";
import { CheckpointError, readCheckpointState } from "./checkpoint.js";
import { isMissing, removeDirectory } from "./files.js";

const NAME = /^(epoch|step)-\d+$/;

/** The checkpoints that a run refers to by role: the selected epoch's, and the newest. */
export type CheckpointRole = "best" | "last";

/** Name of the checkpoint after an epoch, counted from 1. */
export function epochCheckpoint(epoch: number): string {
  return `epoch-${String(epoch).padStart(3, "0")}`;
}

/** Name of a checkpoint between epochs, after so many steps of the run. */
export function stepCheckpoint(step: number): string {
  return `step-${String(step).padStart(6, "0")}`;
}

/**
 * The folder of a checkpoint.
 *
 * @param checkpoints - The folder `checkpoints/` of a run.
 * @param which - `"best"`, `"last"`, or a name such as `epoch-003`.
 * @returns Its path, which exists.
 * @throws {@link CheckpointError} if there is none.
 */
export async function resolveCheckpoint(checkpoints: string, which: string): Promise<string> {
  const name = which === "best" || which === "last" ? await readRole(checkpoints, which) : which;
  if (name === null) throw new CheckpointError(join(checkpoints, which), "expected a checkpoint, got none so far");
  const names = await checkpointNames(checkpoints);
  if (!names.includes(name)) {
    throw new CheckpointError(
      join(checkpoints, which),
      `expected one of ${names.join(", ") || "no checkpoint"}, got "${name}"`,
    );
  }
  return join(checkpoints, name);
}

/** Name of the checkpoint in a role; `null` if the run has none yet. */
async function readRole(checkpoints: string, role: CheckpointRole): Promise<string | null> {
  try {
    return (await readFile(join(checkpoints, role), "utf8")).trim();
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Gives a checkpoint a role. */
export async function setRole(checkpoints: string, role: CheckpointRole, name: string): Promise<void> {
  await writeFileAtomic(join(checkpoints, role), `${name}\n`);
}

/**
 * Names of the checkpoints of a run, oldest first.
 *
 * @param checkpoints - The folder `checkpoints/` of a run; one that is missing holds none.
 * @throws {@link CheckpointError} if one of them cannot be read.
 */
export async function listCheckpoints(checkpoints: string): Promise<string[]> {
  const aged = await Promise.all(
    (await checkpointNames(checkpoints)).map(async (name) => {
      const { state } = await readCheckpointState(join(checkpoints, name));
      return { name, step: state.step, epochs: state.epochs };
    }),
  );
  return aged.sort((a, b) => a.step - b.step || a.epochs - b.epochs).map(({ name }) => name);
}

/** Removes all checkpoints but the newest `keep` and those with a role; returns the names of those it removed. */
export async function pruneCheckpoints(checkpoints: string, keep: number): Promise<string[]> {
  const names = await listCheckpoints(checkpoints);
  const roles = [await readRole(checkpoints, "best"), await readRole(checkpoints, "last")];
  const removed = names.slice(0, Math.max(0, names.length - keep)).filter((name) => !roles.includes(name));
  for (const name of removed) await removeDirectory(join(checkpoints, name));
  return removed;
}

async function checkpointNames(checkpoints: string): Promise<string[]> {
  try {
    return (await readdir(checkpoints)).filter((name) => NAME.test(name));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
