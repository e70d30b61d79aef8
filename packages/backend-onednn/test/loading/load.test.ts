import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { INTERFACE } from "../../src/addon.js";
import { AddonError } from "../../src/errors.js";
import { findAddon, type Surroundings } from "../../src/load.js";
import { levelsOf, platformTag } from "../../src/platform.js";

let root: string;
/** What loading each path gives: an addon, the answer of a probe, or an error. */
let modules: Map<string, unknown>;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "roga-load-"));
  modules = new Map();
});
afterEach(() => rmSync(root, { recursive: true }));

/** A folder of addons and a probe that says which level the processor has. */
function folder(name: string, levels: string[], { level = "v4", number = INTERFACE as number | Error } = {}): string {
  const path = join(root, name);
  mkdirSync(path, { recursive: true });
  for (const each of levels) {
    const file = join(path, `onednn-${each}.node`);
    writeFileSync(file, "");
    modules.set(file, number instanceof Error ? number : { interface: number, level: each });
  }
  modules.set(join(path, "cpu.node"), { level });
  writeFileSync(join(path, "cpu.node"), "");
  return path;
}

const prebuiltName = "@roga/backend-onednn-linux-x64";
const surroundings = (prebuilt?: string): Surroundings => ({
  tag: "linux-x64",
  arch: "x64",
  packageRoot: join(root, "package"),
  findPackage: (name) => (name === prebuiltName ? prebuilt : undefined),
  load(path) {
    const module = modules.get(path);
    if (module === undefined) throw new Error(`Cannot find module '${path}'\nRequire stack:`);
    if (module instanceof Error) throw module;
    return module;
  },
});

const LOCAL = "package/build/linux-x64";

function failure(f: () => unknown): AddonError {
  try {
    f();
  } catch (error) {
    expect(error).toBeInstanceOf(AddonError);
    return error as AddonError;
  }
  throw new Error("expected an AddonError");
}

describe("where the addon comes from", () => {
  it("is the prebuilt package first, then a local build", () => {
    const prebuilt = folder("prebuilt", ["v4"]);
    const local = folder(LOCAL, ["v4"]);
    expect(findAddon({}, surroundings(prebuilt)).path).toBe(join(prebuilt, "onednn-v4.node"));
    expect(findAddon({}, surroundings()).path).toBe(join(local, "onednn-v4.node"));
  });

  it("is the local build where the prebuilt addon does not load", () => {
    const prebuilt = folder("prebuilt", ["v4"], { number: new Error("libdnnl.so.2: cannot open shared object file") });
    const local = folder(LOCAL, ["v3"]);
    expect(findAddon({}, surroundings(prebuilt)).path).toBe(join(local, "onednn-v3.node"));
  });

  it("is what the user names, and nothing else", () => {
    folder(LOCAL, ["v4"]);
    const named = folder("named", ["v3"]);
    expect(findAddon({ addon: named }, surroundings()).path).toBe(join(named, "onednn-v3.node"));
    const file = join(named, "onednn-v3.node");
    expect(findAddon({ addon: file }, surroundings()).path).toBe(file);
    const error = failure(() => findAddon({ addon: join(root, "nowhere") }, surroundings()));
    expect(error.attempts).toEqual([`${join(root, "nowhere")}: there is no such folder`]);
  });
});

describe("the level of instructions", () => {
  it.each([
    ["v4", "v4"],
    ["v3", "v3"],
    ["v2", "v2"],
  ])("of a processor with %s is %s where all were built", (level, expected) => {
    folder(LOCAL, ["v4", "v3", "v2"], { level });
    expect(findAddon({}, surroundings()).path).toContain(`onednn-${expected}.node`);
  });

  it("is the best that was built and the processor has", () => {
    folder(LOCAL, ["v4", "v2"], { level: "v3" });
    expect(findAddon({}, surroundings()).path).toContain("onednn-v2.node");
  });

  it("is the next where one does not load", () => {
    const path = folder(LOCAL, ["v4", "v3"]);
    modules.set(join(path, "onednn-v4.node"), new Error("undefined symbol: dnnl_sgemm"));
    expect(findAddon({}, surroundings()).path).toContain("onednn-v3.node");
  });

  it("can be forced, within what the processor has", () => {
    const path = folder(LOCAL, ["v4", "v3", "v2"], { level: "v3" });
    expect(findAddon({ level: "v2" }, surroundings()).path).toContain("onednn-v2.node");
    const beyond = "the level v4 is asked for, but this processor has v3";
    expect(failure(() => findAddon({ level: "v4" }, surroundings())).attempts).toContain(
      `a local build, ${path}: ${beyond}`,
    );
    const file = join(path, "onednn-v4.node");
    expect(failure(() => findAddon({ addon: file }, surroundings())).attempts).toEqual([`${file}: ${beyond}`]);
  });

  it("is refused where it does not exist", () => {
    expect(failure(() => findAddon({ level: "v9" }, surroundings())).reason).toBe(
      "The level of instructions must be one of v4, v3, v2 on x64, got v9.",
    );
  });

  it("never loads what a processor below all levels cannot execute", () => {
    const path = folder(LOCAL, ["v2"], { level: "v1" });
    expect(failure(() => findAddon({}, surroundings())).attempts).toContain(
      `a local build, ${path}: has the levels v2, the processor has less than any level`,
    );
  });
});

describe("failures", () => {
  it("tell an addon of another version", () => {
    const path = folder(LOCAL, ["v4"], { number: INTERFACE + 1 });
    expect(failure(() => findAddon({}, surroundings())).attempts).toContain(
      `${join(path, "onednn-v4.node")}: was built for interface ${INTERFACE + 1}, this version of the package has ${INTERFACE}`,
    );
  });

  it("list all that was tried, the reason first and the remedy last", () => {
    const prebuilt = folder("prebuilt", ["v4"], { number: new Error("libgomp.so.1: cannot open shared object file") });
    const { message } = failure(() => findAddon({}, surroundings(prebuilt)));
    expect(message.split("\n").slice(0, 3)).toEqual([
      "The native engine cannot be used: no addon for linux-x64 could be loaded.",
      `  tried: ${join(prebuilt, "onednn-v4.node")}: libgomp.so.1: cannot open shared object file`,
      `  tried: a local build, ${join(root, LOCAL)}: there is no such folder`,
    ]);
    expect(message).toContain("apt-get install g++ libdnnl-dev");
    expect(message).toContain("npx roga-onednn-build");
    expect(failure(() => findAddon({}, surroundings())).attempts[0]).toBe(`the package ${prebuiltName}: not installed`);
  });

  it("reach the user of an unknown family of processors", () => {
    const other = { ...surroundings(), arch: "riscv64", tag: "linux-riscv64" };
    expect(failure(() => findAddon({}, other)).reason).toContain("no addon for linux-riscv64");
  });
});

describe("names", () => {
  it("tell the C libraries of Linux apart", () => {
    expect(platformTag("linux", "x64", true)).toBe("linux-x64-musl");
    expect(platformTag("darwin", "arm64", false)).toBe("darwin-arm64");
  });

  it("are the same for loader and build", () => {
    const targets = join(import.meta.dirname, "..", "..", "native", "targets.mjs");
    const program = `import { levelsHere, platformTag } from ${JSON.stringify(targets)};
      console.log(JSON.stringify([platformTag(), Object.keys(levelsHere() ?? {})]));`;
    const built = JSON.parse(
      execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" }),
    );
    expect(built).toEqual([platformTag(), levelsOf(process.arch)]);
  });
});
