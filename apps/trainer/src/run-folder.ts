/** The folder of a run: its resolved configuration, and the training runs in it. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeFileAtomic } from "@roga/datasets";
import { parse, stringify } from "yaml";
import { resolveConfig } from "./config/load.js";
import type { Config } from "./config/schema.js";

const CONFIG_FILE = "config.yaml";

/** Names the files that a run does not use; written when its data is prepared. */
export const SKIPPED_FILE = "skipped.json";

/** The folder of a run that holds what was made for it, as an absolute path. */
export const dataFolder = (run: string): string => resolve(run, "data");

/** The command that goes on with a run, as the user started this one. */
export function resumeCommand(folder: string): string {
  return `${process.env.ROGA_COMMAND ?? "roga"} train --resume ${folder}`;
}

/** Makes the folder of a new run; refuses one that holds anything. */
export async function createRunFolder(folder: string, config: Config): Promise<void> {
  await mkdir(folder, { recursive: true });
  const [first] = await readdir(folder);
  if (first !== undefined) {
    const hint = existsSync(join(folder, CONFIG_FILE)) ? `; to go on with that run: ${resumeCommand(folder)}` : "";
    throw new Error(`--out ${folder}: expected a new or empty folder, found "${first}"${hint}`);
  }
  await writeFileAtomic(join(folder, CONFIG_FILE), stringify(config));
}

/** Empties the folder of a run whose data could not be prepared, so that the mended command can use it. */
export async function discardUnprepared(folder: string): Promise<void> {
  if (existsSync(join(folder, SKIPPED_FILE))) return;
  await rm(join(folder, CONFIG_FILE), { force: true });
  await rm(dataFolder(folder), { recursive: true, force: true });
}

/** The resolved configuration of a run. */
export async function readRunConfig(folder: string): Promise<Config> {
  const path = join(folder, CONFIG_FILE);
  if (!existsSync(path)) throw new Error(`${folder}: no run, ${CONFIG_FILE} is missing`);
  return resolveConfig(parse(await readFile(path, "utf8")), path);
}
