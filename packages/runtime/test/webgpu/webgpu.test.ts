/** The engine `webgpu` on a real Vulkan driver, with the real packages; skipped where no driver is found. */
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { projectWith } from "../fake-packages.js";
import type { Findings } from "./program.js";
import { vulkanEnvironment } from "./vulkan.js";

const here = dirname(fileURLToPath(import.meta.url));
const bundle = join(here, "..", "..", "test-results", "webgpu-program.mjs");
const environment = vulkanEnvironment();
const missing = environment ? "" : " (SKIPPED: no SwiftShader found and VK_ICD_FILENAMES not set)";

interface Ending {
  status: number | string | null;
  stdout: string;
  stderr: string;
}

function run(program: string, ...args: string[]): Promise<Ending> {
  return new Promise((resolve) => {
    const options = { env: environment!, timeout: 110_000, killSignal: "SIGKILL" } as const;
    const child = execFile(process.execPath, [bundle, program, ...args], options, (_, stdout, stderr) =>
      resolve({ status: child.exitCode ?? child.signalCode, stdout, stderr }),
    );
  });
}

async function findings<T extends keyof Findings>(program: T, ...args: string[]): Promise<Findings[T]> {
  const { status, stdout, stderr } = await run(program, ...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout);
}

describe.skipIf(environment === undefined)(`webgpu on Vulkan${missing}`, { timeout: 120_000 }, () => {
  beforeAll(async () => {
    await build({
      entryPoints: [join(here, "program.ts")],
      outfile: bundle,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      packages: "external",
      logLevel: "error",
    });
  });

  it("computes the cpu backend's gradients, reads at once and later, and lets the process end", async () => {
    const found = await findings("train", projectWith({}));
    expect(found.disagreement).toBeNull();
    expect(found.kernels).toContain("Add");
    expect(found.device).not.toBe("");
    expect(found.sync).toEqual([
      { dtype: "float32", values: [1, 2, 3], same: true },
      { dtype: "int32", values: [1, 2, 3], same: true },
      { dtype: "bool", values: [1, 0, 0], same: true },
    ]);
    expect(found.pendingBeside).toBe(4);
    if (/swiftshader/i.test(found.device)) {
      expect(found.auto.name).toBe("cpu");
      expect(found.auto.reason).toContain(`webgpu: ${found.device} is a software adapter`);
    }
  });

  it("throws the GPU's error where values are read, and goes on", async () => {
    const { message, after } = await findings("error");
    expect(message).toMatch(/^webgpu: .*(exceeds|memory)/is);
    expect(after).toBe(2);
  });

  it("lets the process exit with its own status while the GPU works", async () => {
    expect(await run("exit")).toEqual({ status: 3, stdout: "", stderr: "" });
    const { status, stderr } = await run("throw");
    expect({ status, thrown: stderr.includes("thrown while the GPU works") }).toEqual({ status: 1, thrown: true });
  });
});
