/** What the build says where something is missing; that it builds is what every other test shows. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "roga-build-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Runs the command with no program on the path but those that `programs` gives, as shell scripts. */
function build(programs: Record<string, string>, ...options: string[]) {
  const path = join(root, "bin");
  mkdirSync(path);
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(path, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(path, name), 0o755);
  }
  const command = join(import.meta.dirname, "..", "..", "native", "build.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, "--out", join(root, "out"), ...options], {
    encoding: "utf8",
    env: { PATH: path, HOME: root },
  });
  return { status, stdout, stderr };
}

const installs = [
  "Debian, Ubuntu  apt-get install g++ libdnnl-dev",
  "Fedora          dnf install gcc-c++ onednn-devel",
  "Arch            pacman -S gcc onednn",
  "Alpine          apk add g++ onednn-dev",
  "Homebrew        brew install onednn libomp",
];

describe.skipIf(process.platform === "win32")("the build", () => {
  it("names the compiler where it is missing, and the command that installs it", () => {
    const { status, stderr } = build({});
    expect(status).toBe(2);
    expect(stderr.split("\n")[0]).toBe("No C++ compiler was found.");
    expect(stderr).toMatch(/tried: g\+\+: .*ENOENT/);
    for (const install of installs) expect(stderr).toContain(install);
    expect(existsSync(join(root, "out", "cpu.node"))).toBe(false);
  });

  it("tries the compiler that CXX names alone", () => {
    const command = join(import.meta.dirname, "..", "..", "native", "build.mjs");
    const { status, stderr } = spawnSync(process.execPath, [command, "--out", join(root, "out")], {
      encoding: "utf8",
      env: { PATH: process.env.PATH, CXX: "no-such-compiler" },
    });
    expect(status).toBe(2);
    expect(stderr.match(/tried:/g)).toHaveLength(1);
    expect(stderr).toContain("tried: no-such-compiler:");
  });

  it("refuses what is not an option", () => {
    const { status, stderr } = build({}, "--level", "v4");
    expect(status).toBe(1);
    expect(stderr).toContain("--level");
    expect(stderr).toContain("--levels best|all|v4,v3,…");
  });

  it("prints its options", () => {
    const { status, stdout } = build({}, "--help");
    expect(status).toBe(0);
    expect(stdout).toContain("roga-onednn-build [options]");
  });
});

const compiler = process.platform === "linux" && spawnSync("g++", ["--version"]).status === 0;

describe.skipIf(!compiler)("the build with a compiler", () => {
  const run = (environment: Record<string, string>, ...options: string[]) => {
    const command = join(import.meta.dirname, "..", "..", "native", "build.mjs");
    return spawnSync(process.execPath, [command, "--out", join(root, "out"), ...options], {
      encoding: "utf8",
      env: { PATH: process.env.PATH, ...environment },
    });
  };

  it("names oneDNN where it is missing, and where it was looked for", () => {
    const { status, stderr } = run({ DNNL_DIR: "/nonexistent", CXX: "g++", CPLUS_INCLUDE_PATH: hidden() });
    expect(status).toBe(2);
    expect(stderr.split("\n")[0]).toBe("oneDNN's library or its headers were not found.");
    expect(stderr).toContain("tried: $DNNL_DIR (/nonexistent): ");
    expect(stderr).toContain(installs[0]);
  });

  it("refuses a level that does not exist", () => {
    const { status, stderr } = run({}, "--levels", "v9");
    expect(status).toBe(1);
    expect(stderr).toContain("--levels: expected best, all or some of");
  });

  it("makes a probe that runs on any processor", () => {
    run({ DNNL_DIR: "/nonexistent", CPLUS_INCLUDE_PATH: hidden() });
    const probe = join(root, "out", "cpu.node");
    const { stdout } = spawnSync(process.execPath, ["-p", `require(${JSON.stringify(probe)}).level`], {
      encoding: "utf8",
    });
    expect(stdout.trim()).toMatch(/^(v[1-4]|base)$/);
  });

  /** A folder of headers that hides the system's oneDNN from the compiler. */
  function hidden(): string {
    const headers = join(root, "include", "oneapi", "dnnl");
    mkdirSync(headers, { recursive: true });
    writeFileSync(join(headers, "dnnl.h"), '#error "hidden"\n');
    return join(root, "include");
  }
});
