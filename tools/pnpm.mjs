/**
 * Runs pnpm at the version that package.json pins, without assuming that the machine has it: the first call
 * installs it with npm into .cache/pnpm, later calls use it from there.
 * As a command: `node tools/pnpm.mjs <arguments>`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const [, version] = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager.split("@");
const home = join(root, ".cache", "pnpm", version);
const bin = join(home, "node_modules", ".bin");
const windows = process.platform === "win32";

/** The environment in which `pnpm` and every tool of the workspace are found, turbo's own calls of pnpm included. */
export const environment = {
  ...process.env,
  PATH: [bin, join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter),
  ROGA_NODE: process.version, // part of turbo's cache key: a pass on one Node.js is none on another
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
};

/** Runs a command in the workspace root and ends the process with its exit status where it fails. */
export function run(command, args, options = {}) {
  // Ctrl-C reaches the command as well, which may have something to save: wait for it.
  process.on("SIGINT", () => {});
  const done = spawnSync(command, args, { cwd: root, env: environment, stdio: "inherit", shell: windows, ...options });
  if (done.error) throw done.error;
  if (done.status !== 0) process.exit(done.status ?? 1);
}

function ensurePnpm() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Node.js 20.19 or later is needed, this is ${process.versions.node}.`);
    process.exit(1);
  }
  if (existsSync(join(bin, windows ? "pnpm.cmd" : "pnpm"))) return;
  console.log(`Fetching pnpm ${version} …`);
  run("npm", [
    "install",
    "--prefix",
    home,
    "--no-save",
    "--no-fund",
    "--no-audit",
    "--loglevel=error",
    `pnpm@${version}`,
  ]);
}

export function pnpm(...args) {
  ensurePnpm();
  run("pnpm", args);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) pnpm(...process.argv.slice(2));
