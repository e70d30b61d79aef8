/**
 * The folder of one run, which holds everything needed to reproduce it:
 * `config.yaml` (resolved), `environment.json`, `log.jsonl`, `checkpoints/` and `scores/`.
 */
import { mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isMissing } from "./files.js";

/** A folder that cannot hold the run as asked. */
export class RunDirectoryError extends Error {
  /** The class's name. */
  override readonly name = "RunDirectoryError";
  /** The folder at fault. */
  readonly path: string;

  /**
   * @param path - The folder at fault.
   * @param detail - What was expected and what came.
   */
  constructor(path: string, detail: string) {
    super(`run directory ${path}: ${detail}`);
    this.path = path;
  }
}

/** Where the parts of a run are; absolute paths. */
export interface RunDirectory {
  /** The folder itself. */
  readonly path: string;
  /** The resolved configuration; its owner writes it. */
  readonly config: string;
  /** What the run was made with, see {@link describeEnvironment}. */
  readonly environment: string;
  /** The run log, see {@link readLog}. */
  readonly log: string;
  /** Folder of checkpoints, see {@link listCheckpoints}. */
  readonly checkpoints: string;
  /** Folder of score tables, see {@link readScoreTable}. */
  readonly scores: string;
}

/** The parts of a run directory, without looking whether it exists. */
export function runDirectory(path: string): RunDirectory {
  const root = resolve(path);
  return {
    path: root,
    config: join(root, "config.yaml"),
    environment: join(root, "environment.json"),
    log: join(root, "log.jsonl"),
    checkpoints: join(root, "checkpoints"),
    scores: join(root, "scores"),
  };
}

/**
 * Makes the folder of a run, or opens that of a run to resume.
 *
 * @param path - The folder; parents are made.
 * @param options - `resume: true` demands an existing run, otherwise the folder must be new or empty.
 * @throws {@link RunDirectoryError} if it is not so, or the path is no folder.
 */
export async function createRunDirectory(path: string, options: { resume?: boolean } = {}): Promise<RunDirectory> {
  const directory = runDirectory(path);
  const names = await entriesOf(directory.path);
  if (options.resume) {
    if (names === null) throw new RunDirectoryError(directory.path, "expected a run to resume, got no such folder");
    if (!names.includes("checkpoints")) {
      throw new RunDirectoryError(directory.path, "expected a run to resume, got a folder without checkpoints/");
    }
  } else if (names !== null && names.length > 0) {
    throw new RunDirectoryError(
      directory.path,
      `expected a new or empty folder, got one with ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`,
    );
  }
  await mkdir(directory.checkpoints, { recursive: true });
  await mkdir(directory.scores, { recursive: true });
  return directory;
}

async function entriesOf(path: string): Promise<string[] | null> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isMissing(error)) return null;
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") {
      throw new RunDirectoryError(path, "expected a folder, got a file");
    }
    throw error;
  }
}
