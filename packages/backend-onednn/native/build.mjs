/**
 * Builds the addon from source against the system's oneDNN: once for every level of instructions of the processor
 * family, so that the loader can take the best that a machine has. Finds the compiler and oneDNN under the names that
 * systems use; where something is missing it says what, and how to get it.
 *
 * As a command: `node native/build.mjs [--levels v4,v3,…] [--if-possible] [--debug] [--sanitize address|thread]`.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const outputFolder = join(dirname(here), "build", `${process.platform}-${process.arch}`);

/** Compiler flags of each level, best first. A level's name is part of its file's name. */
const levels = {
  x64: { v4: ["-march=x86-64-v4", "-mprefer-vector-width=512"], v3: ["-march=x86-64-v3"], v2: ["-march=x86-64-v2"] },
  arm64: { base: [] },
};

const arguments_ = process.argv.slice(2);
const option = (name) => {
  const at = arguments_.indexOf(name);
  return at < 0 ? undefined : arguments_[at + 1];
};

class BuildError extends Error {}

function compiler() {
  for (const name of [process.env.CXX, "g++", "clang++", "c++"]) {
    if (name && spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0) return name;
  }
  throw new BuildError("no C++ compiler was found (Debian and Ubuntu: apt-get install g++)");
}

const nodeHeaders = createRequire(import.meta.url)("node-api-headers").include_dir;
const sources = readdirSync(here).filter((name) => name.endsWith(".cc"));
const sanitize = option("--sanitize");
const common = [
  "-std=c++17",
  "-fPIC",
  "-fopenmp",
  "-fvisibility=hidden",
  "-fno-math-errno",
  "-fno-trapping-math",
  "-Wall",
  "-Wextra",
  "-DNAPI_VERSION=8",
  `-I${nodeHeaders}`,
  ...(arguments_.includes("--debug") || sanitize ? ["-O1", "-g"] : ["-O3"]),
  ...(sanitize ? [`-fsanitize=${sanitize}`, "-fno-omit-frame-pointer"] : []),
];

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "inherit", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    child.on("error", reject);
    child.on("close", (status) => {
      if (status !== 0) reject(new BuildError(`${command} failed:\n${errors}`));
      else resolve(errors);
    });
  });
}

const newest = (paths) => Math.max(...paths.map((path) => statSync(path).mtimeMs));

async function compile(cxx, level, flags) {
  const objects = join(outputFolder, `${level}${sanitize ? `-${sanitize}` : ""}.objects`);
  mkdirSync(objects, { recursive: true });
  const headers = newest(
    [...readdirSync(here).filter((name) => /\.(h|mjs)$/.test(name))].map((name) => join(here, name)),
  );
  const waiting = sources.filter((name) => {
    const object = join(objects, `${name}.o`);
    return !existsSync(object) || statSync(object).mtimeMs < Math.max(headers, newest([join(here, name)]));
  });
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const warnings = await run(cxx, [...common, ...flags, "-c", join(here, name), "-o", join(objects, `${name}.o`)]);
      if (warnings) process.stderr.write(warnings);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 8) }, work));
  const target = join(outputFolder, `onednn-${level}${sanitize ? `-${sanitize}` : ""}.node`);
  const temporary = `${target}.${process.pid}`;
  const link = ["-shared", "-fopenmp", ...(sanitize ? [`-fsanitize=${sanitize}`] : [])];
  if (process.platform === "darwin") link.push("-undefined", "dynamic_lookup");
  await run(cxx, [...link, ...sources.map((name) => join(objects, `${name}.o`)), "-o", temporary, "-ldnnl"]);
  renameSync(temporary, target);
  return target;
}

async function build() {
  const table = levels[process.arch];
  if (!table) throw new BuildError(`there are no build settings for ${process.arch}`);
  const cxx = compiler();
  const wanted = option("--levels")?.split(",") ?? Object.keys(table);
  const built = [];
  for (const level of wanted) built.push(await compile(cxx, level, table[level]));
  return built;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const path of await build()) console.log(path);
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
