#!/usr/bin/env node
/**
 * Builds the addon from source against the system's oneDNN, for the best level of instructions that this machine has or
 * for others on request, beside the probe (`cpu.node`) by which the loader picks one. What is up to date stays.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { levelsHere, levelsThatRun, localFolder } from "./targets.mjs";
import { findCompiler, findOnednn, findOpenmp, MissingError } from "./toolchain.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const usage = `Builds the native engine of @roga/backend-onednn on this machine.

  roga-onednn-build [options]

  --levels best|all|v4,v3,…   levels of instructions (default: best, the best that this machine has)
  --out <folder>              where to (default: build/<platform>-<arch> in the package, where it is looked for)
  --force                     build what is up to date as well
  --debug                     with symbols, without most optimisations
  --sanitize address,…        instrumented, by GCC's names of sanitizers; the file's name says so
  --portable                  look for libraries beside the addon first, as packages have them
  --warnings                  show the compiler's warnings
  --quiet                     print nothing where nothing was done

CXX names the compiler; DNNL_DIR or ONEDNN_DIR the folder that holds oneDNN's include/ and lib/.
Exit status: 0 built, 2 something is missing on this machine, 1 any other failure.`;

/** The compiler refused the sources, or the result does not load. */
class BuildError extends Error {
  name = "BuildError";
}

const digest = (...parts) => createHash("sha256").update(JSON.stringify(parts)).digest("hex");
const content = (path) => readFileSync(path, "utf8");
const saved = (path) => (existsSync(path) ? content(path) : undefined);

/** A source and the headers of this folder that it includes, however deep: names and contents. */
function withHeaders(name, seen = new Map()) {
  if (seen.has(name) || !existsSync(join(here, name))) return [...seen];
  const text = content(join(here, name));
  seen.set(name, text);
  for (const [, included] of text.matchAll(/^#include "(.+)"/gm)) withHeaders(included, seen);
  return [...seen];
}

function run(command, args) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: ["ignore", "inherit", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    child.on("error", fail);
    child.on("close", (status) => {
      if (status === 0) done(errors);
      else fail(new BuildError(`${command} failed (${args.at(-1)}):\n${errors}`));
    });
  });
}

/** Runs the compiler on a file that is written whole or not at all. */
async function produce(cxx, args, target) {
  const temporary = `${target}.${process.pid}`;
  const warnings = await run(cxx, [...args, "-o", temporary]);
  if (warnings) process.stderr.write(warnings);
  renameSync(temporary, target);
}

/** Runs tasks, as many at once as there are processors. */
async function together(tasks) {
  const waiting = [...tasks];
  const work = async () => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) await task();
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 8) }, work));
}

/** Loads an addon in another process, so that a fault of it does not end this one. */
function checkLoads(path) {
  const program = `process.dlopen({ exports: {} }, ${JSON.stringify(path)})`;
  const { status, signal, stderr } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8" });
  if (status === 0) return undefined;
  return stderr.split("\n").find((line) => line.startsWith("Error:")) ?? `it ended with ${signal ?? status}`;
}

/**
 * @param {{levels?: string, out?: string, force?: boolean, debug?: boolean, sanitize?: string, portable?: boolean, warnings?: boolean}} options
 *   as the command's
 * @returns {Promise<{path: string, level: string, built: boolean}[]>} the addons, `built` where they were not up to date
 * @throws {MissingError} where a compiler, OpenMP or oneDNN is missing
 * @throws {BuildError} where the sources do not compile or the result does not load
 */
export async function build({
  levels = "best",
  out = localFolder(),
  force = false,
  debug = false,
  sanitize,
  portable = false,
  warnings = false,
} = {}) {
  const table = levelsHere();
  if (table === undefined) throw new MissingError(`The native engine has no build for ${process.arch} processors.`);
  const folder = resolve(out);
  mkdirSync(folder, { recursive: true });

  const nodeHeaders = createRequire(import.meta.url)("node-api-headers").include_dir;
  const sources = readdirSync(here).filter((name) => name.endsWith(".cc"));
  const environment = ["CXX", "CXXFLAGS", "LDFLAGS", "DNNL_DIR", "ONEDNN_DIR"].map((name) => process.env[name] ?? "");
  const words = (name) => (process.env[name] ?? "").split(/\s+/).filter(Boolean);

  // Found when there is something to compile: a build that is up to date does not look.
  let found;
  const tools = () => {
    if (found === undefined) {
      const cxx = findCompiler();
      const openmp = findOpenmp(cxx);
      const onednn = findOnednn(cxx);
      if (onednn.warning) console.error(onednn.warning);
      found = { cxx, openmp, onednn };
    }
    return found;
  };

  const link = ["-shared", ...(process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : [])];
  const probe = join(folder, "cpu.node");
  const probeKey = digest(content(join(here, "cpu", "cpu.cc")), environment);
  if (force || !existsSync(probe) || saved(`${probe}.key`) !== probeKey) {
    const source = join(here, "cpu", "cpu.cc");
    await produce(
      findCompiler(),
      ["-std=c++17", "-O2", "-fPIC", "-DNAPI_VERSION=8", `-I${nodeHeaders}`, ...link, source],
      probe,
    );
    writeFileSync(`${probe}.key`, probeKey);
  }

  const runnable = levelsThatRun(probe);
  if (runnable.length === 0 && levels === "best") {
    throw new MissingError(`This processor is too old for the native engine: it lacks ${Object.keys(table).at(-1)}.`);
  }
  const names = levels === "all" ? Object.keys(table) : levels === "best" ? runnable.slice(0, 1) : levels.split(",");
  const suffix = `${sanitize ? `-${sanitize}` : ""}`;
  const results = [];
  for (const level of names) {
    const flags = table[level];
    if (flags === undefined) {
      throw new BuildError(`--levels: expected best, all or some of ${Object.keys(table).join(", ")}, got ${level}`);
    }
    const path = join(folder, `onednn-${level}${suffix}.node`);
    const fixed = [
      "-std=c++17",
      "-fPIC",
      "-fvisibility=hidden",
      "-fno-math-errno",
      "-fno-trapping-math",
      ...(warnings ? ["-Wall", "-Wextra"] : ["-w"]),
      "-DNAPI_VERSION=8",
      `-DROGA_LEVEL="${level}"`,
      ...(debug || sanitize ? ["-O1", "-g"] : ["-O3"]),
      ...(sanitize ? [`-fsanitize=${sanitize}`, "-fno-omit-frame-pointer"] : []),
      ...flags,
    ];
    const keyOf = (name) => digest(withHeaders(name), fixed, environment);
    const key = digest(
      sources.map((name) => [name, keyOf(name)]),
      portable,
    );
    const current = existsSync(path) && saved(`${path}.key`) === key;
    // What needs another program around it, or another processor, cannot be loaded here.
    const faultOf = () => (sanitize || !runnable.includes(level) ? undefined : checkLoads(path));
    if (!force && current && faultOf() === undefined) {
      results.push({ path, level, built: false });
      continue;
    }

    // A library of the system that changed under an addon shows when it does not load: nothing of it is kept then.
    const fresh = force || current;
    const { cxx, openmp, onednn } = tools();
    const objects = join(folder, `${level}${suffix}.objects`);
    mkdirSync(objects, { recursive: true });
    await together(
      sources
        .filter((name) => fresh || saved(join(objects, `${name}.key`)) !== keyOf(name))
        .map((name) => async () => {
          const object = join(objects, `${name}.o`);
          const include = [...openmp.compile, ...onednn.compile, `-I${nodeHeaders}`, ...words("CXXFLAGS")];
          const source = keyOf(name);
          await produce(cxx, [...fixed, ...include, "-c", join(here, name)], object);
          writeFileSync(join(objects, `${name}.key`), source);
        }),
    );
    // The old kind of search path, unlike the new, also holds for what oneDNN itself needs.
    // A function that is missing shows when the file is loaded, not when it is called.
    const now = process.platform === "linux" ? ["-Wl,-z,now"] : [];
    const origin = portable && process.platform === "linux" ? ["-Wl,--disable-new-dtags", "-Wl,-rpath,$ORIGIN"] : [];
    const inputs = sources.map((name) => join(objects, `${name}.o`));
    const instrumented = sanitize ? [`-fsanitize=${sanitize}`] : [];
    await produce(
      cxx,
      [...link, ...instrumented, ...inputs, ...now, ...origin, ...onednn.link, ...openmp.link, ...words("LDFLAGS")],
      path,
    );
    const fault = faultOf();
    if (fault !== undefined) {
      rmSync(path);
      throw new BuildError(`${path} was built but does not load: ${fault}`);
    }
    writeFileSync(`${path}.key`, key);
    results.push({ path, level, built: true });
  }
  return results;
}

async function main() {
  const { values } = parseArgs({
    options: {
      levels: { type: "string" },
      out: { type: "string" },
      sanitize: { type: "string" },
      force: { type: "boolean" },
      debug: { type: "boolean" },
      portable: { type: "boolean" },
      quiet: { type: "boolean" },
      warnings: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  for (const { path, built } of await build(values)) {
    if (built || !values.quiet) console.log(built ? `built ${path}` : `${path} is up to date`);
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    if (error.code?.startsWith("ERR_PARSE_ARGS")) console.error(`${error.message}\n\n${usage}`);
    else if (error instanceof MissingError || error instanceof BuildError) console.error(error.message);
    else throw error;
    process.exitCode = error instanceof MissingError ? 2 : 1;
  }
}
