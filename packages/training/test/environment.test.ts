import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeEnvironment } from "../src/index.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "roga-environment-"));
});
afterEach(() => rm(folder, { recursive: true }));

const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=n", "-c", "user.email=e@example.org", ...args], {
    cwd: folder,
    encoding: "utf8",
  });

describe("describeEnvironment", () => {
  test("names the versions, the engine and the machine", async () => {
    await useTestEngine();
    const environment = await describeEnvironment({ packages: { "@roga/x": "1.2.3" }, threads: 4, argv: [] });
    expect(environment).toMatchObject({ node: process.version, engine: tf.getBackend(), threads: 4 });
    expect(environment.packages).toEqual({ "@roga/x": "1.2.3", "@tensorflow/tfjs-core": "4.22.0" });
    expect(environment.processors).toBeGreaterThan(0);
  });

  test("has no commit outside of a repository, nor in one without commits", async () => {
    expect((await describeEnvironment({ repository: folder })).git).toBeNull();
    git("init", "-q");
    expect((await describeEnvironment({ repository: folder })).git).toBeNull();
  });

  test("has the commit of a repository and says whether files changed since", async () => {
    git("init", "-q");
    await writeFile(join(folder, "a"), "1");
    git("add", "a");
    git("commit", "-q", "-m", "first");
    const commit = git("rev-parse", "HEAD").trim();
    expect((await describeEnvironment({ repository: folder })).git).toEqual({ commit, changed: false });
    await writeFile(join(folder, "a"), "2");
    expect((await describeEnvironment({ repository: folder })).git).toEqual({ commit, changed: true });
  });

  test("masks secrets on the command line and leaves the rest", async () => {
    const argv = [
      ["train", "--out", "run", "--epochs=3"],
      ["--api-key", "abc", "--hub-token=def", "--password", "ghi", "--tokenless"],
      ["--from", "https://me:pw@example.org/x", "--token", "--verbose"],
    ].flat();
    expect((await describeEnvironment({ argv })).argv).toEqual([
      ...["train", "--out", "run", "--epochs=3"],
      ...["--api-key", "***", "--hub-token=***", "--password", "***", "--tokenless"],
      ...["--from", "https://***@example.org/x", "--token", "--verbose"],
    ]);
  });
});
