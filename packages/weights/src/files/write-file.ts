/**
 * Files that are written whole or not at all: beside the target, synced, then renamed over it, so that a reader sees
 * the old file or the whole new one.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Bytes given to the system in one write; it takes at most 2 GiB at a time. */
const WRITE_BYTES = 2 ** 28;

/** A file that is being written. */
export class FileSink {
  readonly #file: FileHandle;
  readonly #signal: AbortSignal | undefined;
  #position = 0;

  /** @param signal Stops the writing: the next write then throws its reason. */
  constructor(file: FileHandle, signal?: AbortSignal) {
    this.#file = file;
    this.#signal = signal;
  }

  /** Where {@link append} writes next. */
  get position(): number {
    return this.#position;
  }

  /** Writes after what was appended so far. */
  async append(bytes: Uint8Array): Promise<void> {
    await this.writeAt(this.#position, bytes);
    this.#position += bytes.length;
  }

  /** Writes at a position; a gap before it reads as zeros. */
  async writeAt(position: number, bytes: Uint8Array): Promise<void> {
    this.#signal?.throwIfAborted();
    for (let done = 0; done < bytes.length; ) {
      const count = Math.min(bytes.length - done, WRITE_BYTES);
      const { bytesWritten } = await this.#file.write(bytes, done, count, position + done);
      done += bytesWritten;
    }
  }
}

/**
 * Writes a file; whatever the task or the system throws, the target is then as it was and nothing lies beside it.
 * @param task Writes the content.
 * @param signal Stops the writing, which then throws the signal's reason.
 */
export async function writeFileWhole(
  path: string,
  task: (sink: FileSink) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, "wx");
    try {
      await task(new FileSink(file, signal));
      await file.sync();
    } finally {
      await file.close();
    }
    signal?.throwIfAborted();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes the rename itself durable. Windows has no way to sync a folder and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
