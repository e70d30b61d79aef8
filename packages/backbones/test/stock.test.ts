/** Saved networks in a process that imports nothing but `@tensorflow/tfjs`: the same outputs as here. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import "@tensorflow/tfjs";
import { useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { build, fold } from "../src/index.js";

beforeAll(useTestEngine);

const SIZE = 32;

/** One of each kind; poolings of even sizes are in the first, which at this size has them after 4 and 2 pixels. */
it.each([
  ["xception", "deepfakebench", false],
  ["xception", "deepfakebench", true],
  ["resnet18", "torchvision", false],
])(
  "%s, %s, folded: %s",
  async (name, variant, folded) => {
    const backbone = build(name, { variant, inputSize: SIZE, classes: 2, seed: 3 });
    const model = folded ? fold(backbone) : backbone.model;
    const folder = mkdtempSync(join(tmpdir(), "roga-stock-"));
    try {
      await model.save(
        tf.io.withSaveHandler(async ({ weightData, ...artifacts }) => {
          writeFileSync(join(folder, "model.json"), JSON.stringify(artifacts));
          writeFileSync(join(folder, "weights.bin"), new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)));
          return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
        }),
      );
      const program = join(import.meta.dirname, "programs", "stock-predict.mjs");
      const printed = execFileSync(process.execPath, [program, folder, String(SIZE)], { encoding: "utf8" });
      const pixels = Float32Array.from({ length: SIZE * SIZE * 3 }, (_, i) => Math.sin(i));
      const outputs = backbone.model.predict(tf.tensor4d(pixels, [1, SIZE, SIZE, 3])) as tf.Tensor;
      expect(outputs).toBeAllClose(tf.tensor2d([JSON.parse(printed)]), { rtol: 1e-5, atol: 1e-5 });
    } finally {
      rmSync(folder, { recursive: true, force: true });
      tf.disposeVariables();
    }
  },
  60_000,
);
