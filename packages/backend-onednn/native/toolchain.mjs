/**
 * What a build needs from the system: a C++17 compiler, OpenMP and oneDNN, under the names and in the places where
 * systems keep them. Each is tried by compiling, linking and running a small program, so that what is found works; what
 * is missing is named together with the command that installs it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Something that the build needs is not on this machine. The message says what, what was tried, and how to get it. */
export class MissingError extends Error {
  name = "MissingError";
}

/** The commands that install everything, by system. */
const installCommands = [
  ["Debian, Ubuntu", "apt-get install g++ libdnnl-dev"],
  ["Fedora", "dnf install gcc-c++ onednn-devel"],
  ["Arch", "pacman -S gcc onednn"],
  ["Alpine", "apk add g++ onednn-dev"],
  ["Homebrew", "brew install onednn libomp"],
  ["conda", "conda install -c conda-forge cxx-compiler onednn-cpu-omp"],
];

function missing(what, tried) {
  const width = Math.max(...installCommands.map(([system]) => system.length));
  return new MissingError(
    [
      what,
      ...tried.map((line) => `  tried: ${line}`),
      "One of these installs what is needed:",
      ...installCommands.map(([system, command]) => `  ${system.padEnd(width)}  ${command}`),
    ].join("\n"),
  );
}

const lastLine = (text) => text.trim().split("\n").at(-1) ?? "";

/** Compiles, links and runs a program; gives what it printed, or why it failed. */
function tryProgram(cxx, source, flags, libraries) {
  const folder = mkdtempSync(join(tmpdir(), "roga-onednn-"));
  try {
    const file = join(folder, "try.cc");
    const program = join(folder, process.platform === "win32" ? "try.exe" : "try");
    writeFileSync(file, source);
    const options = { encoding: "utf8" };
    const compiled = spawnSync(cxx, ["-std=c++17", ...flags, file, "-o", program, ...libraries], options);
    if (compiled.error) return { failure: compiled.error.message };
    if (compiled.status !== 0) {
      const error = compiled.stderr.split("\n").find((line) => /error|cannot find|not found/i.test(line));
      return { failure: (error ?? lastLine(compiled.stderr)).trim() };
    }
    const ran = spawnSync(program, [], options);
    if (ran.status !== 0) return { failure: lastLine(ran.stderr ?? "") || `it ended with ${ran.signal ?? ran.status}` };
    return { output: ran.stdout.trim() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns {string} the command of a C++ compiler that compiles, links and runs C++17 */
export function findCompiler() {
  if (process.platform === "win32") {
    throw new MissingError(
      "The native engine cannot be built on Windows yet: its build knows GCC's and Clang's options alone.",
    );
  }
  // With Clang on Linux the addon would use another OpenMP library than oneDNN does, so it comes last there.
  const usual = process.platform === "darwin" ? ["c++", "clang++", "g++"] : ["g++", "c++", "clang++"];
  const tried = [];
  for (const name of process.env.CXX ? [process.env.CXX] : usual) {
    const { failure } = tryProgram(name, "#include <string_view>\nint main() { return 0; }\n", [], []);
    if (failure === undefined) return name;
    tried.push(`${name}: ${failure}`);
  }
  throw missing("No C++ compiler was found.", tried);
}

/** @returns {{compile: string[], link: string[]}} the flags that turn OpenMP on */
export function findOpenmp(cxx) {
  const candidates = [{ compile: ["-fopenmp"], link: ["-fopenmp"] }];
  if (process.platform === "darwin") {
    for (const prefix of [
      "/opt/homebrew/opt/libomp",
      "/usr/local/opt/libomp",
      process.env.CONDA_PREFIX,
      "/opt/local",
    ]) {
      if (!prefix) continue;
      candidates.push({
        compile: ["-Xpreprocessor", "-fopenmp", `-I${prefix}/include`],
        link: [`-L${prefix}/lib`, `-Wl,-rpath,${prefix}/lib`, "-lomp"],
      });
    }
  }
  const source = `#include <omp.h>\nint main() { return omp_get_max_threads() > 0 ? 0 : 1; }\n`;
  const tried = [];
  for (const candidate of candidates) {
    const { failure } = tryProgram(cxx, source, candidate.compile, candidate.link);
    if (failure === undefined) return candidate;
    tried.push(`${[...candidate.compile, ...candidate.link].join(" ")}: ${failure}`);
  }
  throw missing(`${cxx} has no OpenMP.`, tried);
}

const versionProgram = `
#include <oneapi/dnnl/dnnl.h>
#include <cstdio>
int main() {
  const dnnl_version_t* v = dnnl_version();
  std::printf("%d.%d.%d %u\\n", v->major, v->minor, v->patch, static_cast<unsigned>(v->cpu_runtime));
  return 0;
}
`;
/** oneDNN's numbers of the ways in which it runs on several threads. */
const runtimes = { 1: "on one thread alone", 2: "OpenMP", 4: "TBB", 8: "a caller's thread pool" };

function pkgConfig(name) {
  const found = spawnSync("pkg-config", ["--cflags", "--libs", name], { encoding: "utf8" });
  return found.status === 0 ? found.stdout.trim().split(/\s+/).filter(Boolean) : undefined;
}

/** Places to look in, those that the user names first. */
function* placesOfOnednn() {
  const at = (prefix) => {
    const libraries = ["lib", "lib64"].map((name) => join(prefix, name)).filter((path) => existsSync(path));
    return {
      compile: [`-I${join(prefix, "include")}`],
      link: [...libraries.flatMap((path) => [`-L${path}`, `-Wl,-rpath,${path}`]), "-ldnnl"],
    };
  };
  let named = false;
  for (const variable of ["DNNL_DIR", "ONEDNN_DIR"]) {
    const prefix = process.env[variable];
    if (!prefix) continue;
    named = true;
    yield { name: `$${variable} (${prefix})`, ...at(prefix) };
  }
  if (named) return;
  for (const name of ["dnnl", "onednn"]) {
    const flags = pkgConfig(name);
    if (flags === undefined) continue;
    const folders = flags.filter((flag) => flag.startsWith("-L")).map((flag) => `-Wl,-rpath,${flag.slice(2)}`);
    yield {
      name: `pkg-config ${name}`,
      compile: flags.filter((flag) => /^-[ID]/.test(flag)),
      link: [...flags, ...folders],
    };
  }
  yield { name: "the compiler's own folders", compile: [], link: ["-ldnnl"] };
  for (const prefix of [
    process.env.CONDA_PREFIX,
    "/usr/local",
    "/opt/homebrew",
    "/opt/homebrew/opt/onednn",
    "/usr/local/opt/onednn",
    "/opt/local",
    "/opt/intel/oneapi/dnnl/latest",
  ]) {
    if (prefix && existsSync(join(prefix, "include", "oneapi", "dnnl"))) yield { name: prefix, ...at(prefix) };
  }
}

/**
 * @returns {{name: string, version: string, compile: string[], link: string[], warning?: string}} oneDNN 2 or later;
 *   the warning says where its threads will not be those of the addon
 */
export function findOnednn(cxx) {
  const tried = [];
  for (const place of placesOfOnednn()) {
    const { output, failure } = tryProgram(cxx, versionProgram, place.compile, place.link);
    if (output === undefined) {
      tried.push(`${place.name}: ${failure}`);
      continue;
    }
    const [version, runtime] = output.split(" ");
    if (Number.parseInt(version, 10) < 2) {
      tried.push(`${place.name}: has version ${version}, 2.0 or later is needed`);
      continue;
    }
    if (runtime === "2") return { ...place, version };
    const warning = `oneDNN ${version} of ${place.name} runs ${runtimes[runtime] ?? `with runtime ${runtime}`}, not with OpenMP: the setting of threads does not reach it.`;
    return { ...place, version, warning };
  }
  throw missing("oneDNN's library or its headers were not found.", tried);
}
