/**
 * Builds the native engine for this machine, as a part of set-up. What it needs is installed where that takes no
 * questions: with apt, as root or by sudo without a password. Where it cannot be built, one notice says why and how to get
 * it, and everything goes on with the JavaScript engine. ROGA_NATIVE=0 leaves the engine out, ROGA_NATIVE=no-install
 * leaves the system's packages alone.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./pnpm.mjs";

const build = join(root, "packages", "backend-onednn", "native", "build.mjs");
const NEEDED = ["g++", "libdnnl-dev"];
/** The build's exit status where a compiler or a library is missing. */
const MISSING = 2;

const succeeds = (command, ...args) => spawnSync(command, args, { stdio: "ignore" }).status === 0;

/** What to put before a command to run it as root without being asked anything; `undefined` where that cannot be. */
function asRoot() {
  if (process.platform !== "linux" || !succeeds("apt-get", "--version")) return undefined;
  if (process.getuid() === 0) return [];
  return succeeds("sudo", "-n", "true") ? ["sudo", "-n"] : undefined;
}

/** @returns {string | undefined} why the packages could not be installed */
function installNeeded(prefix) {
  console.log(`Native engine: installing ${NEEDED.join(" and ")} with apt-get …`);
  const apt = (...args) => {
    const [command, ...rest] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", ...args];
    return spawnSync(command, rest, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 600_000 });
  };
  const wait = ["-o", "DPkg::Lock::Timeout=120"];
  // The lists may be missing or old; where they cannot be brought up to date, what is there may still do.
  apt(...wait, "update");
  const { status, stderr, error } = apt(...wait, "install", "-y", "--no-install-recommends", ...NEEDED);
  if (status === 0) return undefined;
  const line = stderr?.split("\n").find((text) => text.startsWith("E:"));
  return `apt-get install ${NEEDED.join(" ")} failed: ${line ?? error?.message ?? `exit status ${status}`}`;
}

/**
 * Builds the addon; quick where it is up to date. Never fails.
 *
 * @returns {boolean} whether there is one
 */
export function buildNative() {
  const mode = process.env.ROGA_NATIVE ?? "";
  if (mode === "0") return false;
  const attempt = () =>
    spawnSync(process.execPath, [build, "--quiet"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  let built = existsSync(build) ? attempt() : { status: 1, stderr: `${build} does not exist` };
  let trouble;
  if (built.status === MISSING && mode !== "no-install") {
    const prefix = asRoot();
    if (prefix !== undefined) {
      trouble = installNeeded(prefix);
      if (trouble === undefined) built = attempt();
    }
  }
  if (built.status === 0) {
    if (built.stdout) console.log(`Native engine: ${built.stdout.trim()}`);
    return true;
  }
  const reasons = [trouble, built.stderr?.trim(), built.error?.message].filter(Boolean).join("\n");
  console.warn(
    [
      "",
      "Native engine: it could not be built here, so the slower JavaScript engine is used. Everything else works.",
      ...reasons.split("\n").map((line) => `  ${line}`),
      "Afterwards `npm run setup` builds it; ROGA_NATIVE=0 turns this off.",
      "",
    ].join("\n"),
  );
  return false;
}
