/**
 * Durable files: what is written under a temporary name, synced and then renamed is either there whole or not at all,
 * whenever the process or the machine stops.
 */
import { open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Suffix of names that are being written or deleted; whatever carries it may be removed. */
export const UNFINISHED = ".unfinished";

/** Asks the operating system to put a file or directory on the disk now. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Windows cannot sync a directory, nor needs to for a rename to last.
    if (!(process.platform === "win32" && (error as NodeJS.ErrnoException).code === "EPERM")) throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Puts a temporary directory, whose files are synced, in its place: moves an older one of the same name away,
 * renames it and syncs the parent.
 */
export async function publishDirectory(temporary: string, path: string): Promise<void> {
  await sync(temporary);
  await removeDirectory(path);
  await rename(temporary, path);
  await sync(dirname(path));
}

/** Removes a directory so that no part of it is ever seen under its name. */
export async function removeDirectory(path: string): Promise<void> {
  const doomed = `${path}.old${UNFINISHED}`;
  await rm(doomed, { recursive: true, force: true });
  try {
    await rename(path, doomed);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  await rm(doomed, { recursive: true });
}

/** Removes what an interrupted write or removal left in a directory; returns the names. */
export async function removeUnfinished(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(UNFINISHED));
  for (const name of names) await rm(join(directory, name), { recursive: true, force: true });
  return names;
}

/** Whether an error of the file system says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === "ENOENT";
}
