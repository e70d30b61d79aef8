/**
 * Writes a score table row by row under a temporary name, and gives it its own only when it is whole:
 * a table that exists is never half a table.
 */
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { sync, UNFINISHED } from "./files.js";
import { formatScoreRow, SCORE_HEADER, type ScoreRow } from "./score-table.js";

/** A score table on its way to disk. */
export class ScoreWriter {
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: FileHandle;

  private constructor(path: string, temporary: string, file: FileHandle) {
    this.#path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  /** Starts a table that will be at `path`; its folder is made. */
  static async open(path: string): Promise<ScoreWriter> {
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}${UNFINISHED}`;
    const file = await open(temporary, "w");
    await file.writeFile(SCORE_HEADER);
    return new ScoreWriter(path, temporary, file);
  }

  /** Adds rows. */
  async append(rows: readonly ScoreRow[]): Promise<void> {
    await this.#file.writeFile(rows.map(formatScoreRow).join(""));
  }

  /** Syncs the table and puts it in its place, over an older one. */
  async commit(): Promise<void> {
    await this.#file.sync();
    await this.#file.close();
    await rename(this.#temporary, this.#path);
    await sync(dirname(this.#path));
  }

  /** Gives the table up. */
  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#temporary, { force: true });
  }
}
