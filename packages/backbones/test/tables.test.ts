/** Every network is built once: README's table is what bench/tables.mjs makes of them, and EfficientNet's sizes are those of PyTorch. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import "@tensorflow/tfjs";
import { readFixture } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { architectureOf, scales } from "../src/efficientnet/scaling.js";
import { type VariantName, variantOf } from "../src/efficientnet/variants.js";
import { type BackboneDefinition, backbones, build, type Cost } from "../src/index.js";
import { pytorchShape } from "../src/weights/layout.js";
import { weightNames } from "../src/weights/names.js";

interface Built {
  definition: BackboneDefinition;
  cost: Cost;
}

/** The script is JavaScript, which the type checker does not read. */
interface Tables {
  readmeWith(built: readonly Built[]): string;
}

/** Of one variant of a network with one class: names and shapes are those whose sorted lines have that hash. */
interface Reference {
  name: string;
  variant: VariantName;
  parameters: number;
  macs: number;
  arrays: number;
  sha256: string;
}

const references = readFixture<Reference[]>(import.meta.url, "fixtures/efficientnet-names.json");

/** Trainable parameters with ImageNet's 1,000 classes, as the authors of the PyTorch packages state them. */
const PUBLISHED = [5288548, 7794184, 9109994, 12233232, 19341616, 30389784, 43040704, 66347960];

const built: Built[] = [];
/** Its input size is another than that of the table. */
let deepfakebench: Pick<Built, "cost">;
/** Names and shapes of the arrays of each EfficientNet by network and variant, as lines. */
const lines = new Map<string, string[]>();

/** What a PyTorch or Keras file of a variant holds; its weights have the same shapes in all. */
function linesOf(model: Parameters<typeof weightNames>[0], variant: VariantName, number: number): string[] {
  const names = variantOf(variant, number).names(architectureOf(scales[number]!));
  const source = names.keras === undefined ? "pytorch" : "keras";
  const shapes = new Map(model.weights.map(({ originalName, shape }) => [originalName, shape as number[]]));
  return weightNames(model, names).map(({ ours, layout, [source]: theirs }) => {
    const shape = shapes.get(ours)!;
    return `${theirs} [${source === "pytorch" ? pytorchShape(shape, layout) : shape}]\n`;
  });
}

beforeAll(async () => {
  tf.env().set("IS_TEST", true);
  await tf.setBackend("cpu");
  for (const definition of backbones) {
    const backbone = definition.build({ initialWeights: "zeros" });
    built.push({ definition, cost: backbone.cost });
    for (const { variant } of references.filter(({ name }) => name === definition.name)) {
      const number = Number(definition.name.at(-1));
      lines.set(`${definition.name} ${variant}`, linesOf(backbone.model, variant, number));
    }
    backbone.dispose();
  }
  const b4 = build("efficientnet-b4", { variant: "deepfakebench", initialWeights: "zeros" });
  deepfakebench = { cost: b4.cost };
  b4.dispose();
}, 120_000);

it("README holds the table that bench/tables.mjs makes", async () => {
  const script = fileURLToPath(new URL("../bench/tables.mjs", import.meta.url));
  const { readmeWith } = (await import(/* @vite-ignore */ script)) as Tables;
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toBe(readmeWith(built));
});

describe.each(references)("$name, $variant", ({ name, variant, parameters, macs, arrays, sha256 }) => {
  it("has the weights of PyTorch's network by their names and shapes", () => {
    const own = lines.get(`${name} ${variant}`)!;
    expect(own).toHaveLength(arrays);
    expect(createHash("sha256").update(own.sort().join("")).digest("hex")).toBe(sha256);
  });

  it("has its numbers of parameters and multiply-accumulates", () => {
    const { cost } = variant === "deepfakebench" ? deepfakebench : built.find((each) => each.definition.name === name)!;
    expect([cost.trainableParameters, cost.macs]).toEqual([parameters, macs]);
  });
});

it.each(PUBLISHED.map((parameters, number) => [number, parameters]))(
  "efficientnet-b%i has %i parameters with 1,000 classes",
  (number, published) => {
    const { cost } = built.find(({ definition }) => definition.name === `efficientnet-b${number}`)!;
    const { head } = architectureOf(scales[number]!);
    expect(cost.trainableParameters + 999 * (head + 1)).toBe(published);
  },
);

it("efficientnet-b4 has 17,552,202 parameters in DeepfakeBench's form, which has two classes", () => {
  expect(deepfakebench.cost.trainableParameters + 1792 + 1).toBe(17_552_202);
});
