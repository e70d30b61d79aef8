/** `model.weights`: a file in another framework's names becomes the weights that training starts from. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import "@tensorflow/tfjs";
import { build, exportWeights, weightMetadata } from "@roga/backbones";
import { writeSafetensors } from "@roga/weights";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigError, resolveConfig } from "../src/config/load.js";
import { loadInitialWeights } from "../src/jobs/initial-weights.js";
import { backboneOf } from "../src/jobs/method.js";

const folder = mkdtempSync(join(tmpdir(), "roga-weights-"));
const file = join(folder, "detector.safetensors");
const model = { backbone: "meso4", variant: "deepfakebench", inputSize: 32, classes: 2 };

beforeAll(async () => {
  const detector = build("meso4", { ...model, seed: 9 });
  await writeSafetensors(file, exportWeights(detector, "pytorch", { prefix: "module.backbone." }));
});
afterAll(() => rmSync(folder, { recursive: true }));

const first = (backbone: ReturnType<typeof build>, name: string) =>
  backbone.model.weights
    .find(({ originalName }) => originalName === name)!
    .read()
    .dataSync()[0];

describe("loadInitialWeights", () => {
  it("loads a file, with wrappers' prefixes", async () => {
    const config = resolveConfig({ model: { ...model, weights: file } }, "test");
    const backbone = backboneOf(config, 1);
    await loadInitialWeights(backbone, config);
    expect(first(backbone, "fc2/kernel")).toBe(first(build("meso4", { ...model, seed: 9 }), "fc2/kernel"));
  });

  it("leaves drawn weights where there is none", async () => {
    const config = resolveConfig({ model }, "test");
    const backbone = backboneOf(config, 1);
    const before = first(backbone, "fc2/kernel");
    await loadInitialWeights(backbone, config);
    expect(first(backbone, "fc2/kernel")).toBe(before);
  });

  it.each([
    [
      { ...model, classes: 1, weights: file },
      /^model\.weights: .*detector\.safetensors: meso4 .*fc2\.weight has shape/,
    ],
    [{ ...model, weights: join(folder, "none.pth") }, /^model\.weights: .*none\.pth: ENOENT/],
    [{ ...model, backbone: "xception", weights: file }, /the names look like those of meso4 \(deepfakebench\)$/],
  ])("names the option and the file: %o", async (section, message) => {
    const config = resolveConfig({ model: section }, "test");
    const failure = loadInitialWeights(backboneOf(config, 1), config);
    await expect(failure).rejects.toThrow(ConfigError);
    await expect(failure).rejects.toThrow(message);
  });

  it("refuses a file in our own names that says it is of another variant", async () => {
    const path = join(folder, "ours.safetensors");
    const resnet = { backbone: "resnet18", inputSize: 32, classes: 2 };
    const config = resolveConfig({ model: { ...resnet, weights: path } }, "test");
    const [torchvision, deepfakebench] = ["torchvision", "deepfakebench"].map((variant) =>
      build("resnet18", { ...resnet, variant, initialWeights: "zeros" }),
    );
    await writeSafetensors(path, exportWeights(torchvision!, "roga"), weightMetadata(torchvision!));
    await loadInitialWeights(torchvision!, config);
    await expect(loadInitialWeights(deepfakebench!, config)).rejects.toThrow(
      /^model\.weights: .*ours\.safetensors: resnet18 \(deepfakebench\): .* of resnet18 \(torchvision\)$/,
    );
  });

  it("says which file is none", async () => {
    const text = join(folder, "text.pth");
    writeFileSync(text, "not weights");
    const config = resolveConfig({ model: { ...model, weights: text } }, "test");
    await expect(loadInitialWeights(backboneOf(config, 1), config)).rejects.toThrow(/^model\.weights: .*text\.pth/);
  });
});
