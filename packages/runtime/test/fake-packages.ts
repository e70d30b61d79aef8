/** Projects with made-up engine packages in their `node_modules`, to see what loading does when things go wrong. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A project folder in which each named package is the given CommonJS code. */
export function projectWith(packages: Record<string, string>): string {
  const project = mkdtempSync(join(tmpdir(), "roga-engines-"));
  folders.push(project);
  for (const [name, code] of Object.entries(packages)) {
    const folder = join(project, "node_modules", name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "4.22.0", main: "index.js" }));
    writeFileSync(join(folder, "index.js"), code);
  }
  return project;
}

/**
 * Code that does what `@tensorflow/tfjs-node` does on loading: it calls a function that newer versions of Node.js
 * removed, registers a backend of TensorFlow's name (here the JavaScript one's twin), and makes it current.
 */
export function registeringCode({ backend = "tensorflow", gpuPackage = false, gpu = false } = {}): string {
  const core = createRequire(import.meta.url).resolve("@tensorflow/tfjs-core");
  return `
    const tf = require(${JSON.stringify(core)});
    if (require("util").isNullOrUndefined(0)) throw new Error("unreachable");
    tf.registerBackend(${JSON.stringify(backend)}, () => {
      const twin = tf.findBackendFactory("cpu")();
      return Object.assign(twin, { firstUse: false, isGPUPackage: ${gpuPackage}, isUsingGpuDevice: ${gpu} });
    }, 3);
    tf.copyRegisteredKernels("cpu", ${JSON.stringify(backend)});
    tf.setBackend(${JSON.stringify(backend)});
  `;
}
