/**
 * A saved network in stock TensorFlow.js in a browser: a page that knows nothing of this project loads it over HTTP, runs
 * it on tfjs' own JavaScript engine, and posts what it computed back. Needs Chromium or Chrome; skipped, for
 * all to see, where none is found (Debian: apt-get install chromium; `CHROME` names another).
 */
import "@tensorflow/tfjs";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backbone, build } from "../src/index.js";

const SIZE = 32;

/** The first of some browsers that there is. */
function findBrowser(): string | undefined {
  const names = [process.env.CHROME, "chromium", "chromium-browser", "google-chrome", "chrome"];
  return names.find((name) => {
    try {
      if (name) execFileSync(name, ["--version"], { stdio: "ignore" });
      return Boolean(name);
    } catch {
      return false;
    }
  });
}

const PAGE = `<!doctype html><script src="tf.js"></script><script>(async () => {
  let results;
  try {
    await tf.setBackend("cpu");
    const image = tf.tensor(await (await fetch("image.json")).json(), [1, ${SIZE}, ${SIZE}, 3]);
    const model = await tf.loadLayersModel("model.json");
    results = { outputs: Array.from(await model.predict(image).data()) };
  } catch (error) { results = { error: String(error) }; }
  await fetch("results", { method: "POST", body: JSON.stringify(results) });
})()</script>`;

interface Results {
  outputs?: number[];
  error?: string;
}

const browser = findBrowser();

describe.skipIf(browser === undefined)("a saved network in a browser, by stock TensorFlow.js", () => {
  let backbone: Backbone;
  let server: Server;
  let page: ChildProcess | undefined;
  const profile = mkdtempSync(join(tmpdir(), "roga-browser-"));

  beforeAll(useTestEngine);
  afterAll(async () => {
    if (page?.pid !== undefined) {
      const gone = new Promise((resolve) => page!.once("exit", resolve));
      process.kill(-page.pid, "SIGKILL"); // the browser and its own processes
      await gone;
    }
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
    backbone?.dispose();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  });

  it("gives the same outputs to 1e-5", async () => {
    backbone = build("efficientnet-b0", { inputSize: SIZE, classes: 2, seed: 3 });
    const image = tf.randomUniform([1, SIZE, SIZE, 3], -1, 1, "float32", 42);
    const expected = backbone.model.predict(image) as tf.Tensor;

    let artifacts: tf.io.ModelArtifacts | undefined;
    await backbone.model.save(
      tf.io.withSaveHandler(async (saved) => {
        artifacts = saved;
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved) };
      }),
    );
    const { modelTopology, weightSpecs, weightData } = artifacts!;
    const model = { modelTopology, weightsManifest: [{ paths: ["weights.bin"], weights: weightSpecs }] };
    const library = createRequire(import.meta.url).resolve("@tensorflow/tfjs/dist/tf.min.js");
    const pages: Record<string, (response: ServerResponse) => void> = {
      "/": (response) => response.setHeader("content-type", "text/html").end(PAGE),
      "/tf.js": (response) => createReadStream(library).pipe(response),
      "/model.json": (response) => response.end(JSON.stringify(model)),
      "/weights.bin": (response) => response.end(Buffer.from(weightData as ArrayBuffer)),
      "/image.json": (response) => response.end(JSON.stringify(Array.from(image.dataSync()))),
    };
    const results = await new Promise<Results>((resolve, reject) => {
      server = createServer((request, response) => {
        if (request.method === "POST") {
          const chunks: Buffer[] = [];
          request.on("data", (chunk) => chunks.push(chunk));
          request.on("end", () => {
            response.end();
            resolve(JSON.parse(Buffer.concat(chunks).toString()));
          });
          return;
        }
        const answer = pages[request.url!];
        if (answer) answer(response);
        else response.writeHead(404).end();
      }).listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo;
        const flags = ["--headless", "--no-sandbox", "--disable-dev-shm-usage", `--user-data-dir=${profile}`];
        page = spawn(browser!, [...flags, `http://127.0.0.1:${port}/`], { stdio: "ignore", detached: true });
        page.on("error", reject);
      });
    });

    expect(results.error).toBeUndefined();
    expect(tf.tensor(results.outputs!, expected.shape)).toBeAllClose(expected, { rtol: 1e-5, atol: 1e-6 });
  }, 60_000);
});
