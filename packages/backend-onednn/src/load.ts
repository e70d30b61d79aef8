/** Finds and loads the native addon. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Addon } from "./addon.js";

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

export function loadAddon(): Addon {
  const folder = join(packageRoot, "build", `${process.platform}-${process.arch}`);
  const level = process.env.ROGA_ONEDNN_LEVEL ?? "v4";
  const path = join(folder, `onednn-${level}.node`);
  if (!existsSync(path)) throw new Error(`no addon at ${path}`);
  return require(path) as Addon;
}
