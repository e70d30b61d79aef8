import { KerasError } from "@roga/weights";
import fc from "fast-check";
import { expect, it } from "vitest";
import { layerWeights } from "../../src/keras/layer-weights.js";
import { configuredLayers } from "../../src/keras/model-config.js";
import { edits } from "../support/broken-bytes.js";

const layer = (type: string, name: string, config: object = {}) => ({ class_name: type, config: { name, ...config } });

it("finds layers where Keras 3 puts their variables", () => {
  const inner = { layers: [layer("Dense", "c"), layer("Dense", "d")] };
  const layers = [layer("InputLayer", "in"), layer("PReLU", "a"), layer("Functional", "b", inner), layer("PReLU", "e")];
  const found = configuredLayers(JSON.stringify({ config: { layers } }));
  expect([...found].map(([path, { name }]) => [path, name])).toEqual([
    ["layers/input_layer", "in"],
    ["layers/p_re_lu", "a"],
    ["layers/functional", "b"],
    ["layers/functional/layers/dense", "c"],
    ["layers/functional/layers/dense_1", "d"],
    ["layers/p_re_lu_1", "e"],
  ]);
});

it("does not follow models in models for ever, and refuses what is not JSON", () => {
  let deep: object = {};
  for (let i = 0; i < 1000; i++) deep = { layers: [layer("Model", "m", deep)] };
  expect(configuredLayers(JSON.stringify({ config: deep })).size).toBe(17);
  const brackets = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  expect(configuredLayers(`{"config": {"layers": ${brackets}}}`).size).toBe(0);
  expect(() => configuredLayers("{")).toThrow(KerasError);
});

it("names weights where their number and the settings leave no doubt", () => {
  const all = ["gamma", "beta", "moving_mean", "moving_variance"];
  expect(layerWeights("batch_normalization", 4, null)).toEqual(all);
  expect(layerWeights("batch_normalization", 2, null)).toEqual(all.slice(2));
  expect(layerWeights("batch_normalization", 3, null)).toBeNull();
  expect(layerWeights("batch_normalization", 3, { scale: false })).toEqual(all.slice(1));
  expect(layerWeights("batch_normalization", 3, { center: false })).toEqual(["gamma", ...all.slice(2)]);
  expect(layerWeights("batch_normalization", 4, { center: false })).toBeNull();
  expect(layerWeights("conv2d", 1, null)).toEqual(["kernel"]);
  expect(layerWeights("conv2d", 3, null)).toBeNull();
  expect(layerWeights("my_layer", 1, null)).toBeNull();
});

const text = JSON.stringify({
  class_name: "Sequential",
  config: { name: "m", layers: [layer("Conv2D", "a", { use_bias: false }), layer("Model", "b", { layers: [] })] },
});

/** Either a typed error, or layers with names. */
function parsesOrRefuses(json: string): boolean {
  try {
    for (const [path, { name, type }] of configuredLayers(json)) {
      expect(path.startsWith("layers/") && typeof name === "string").toBe(true);
      expect(type).toMatch(/^[a-z0-9_]*$/);
    }
    return true;
  } catch (error) {
    if (!(error instanceof KerasError)) throw error;
    return false;
  }
}

it("reads or refuses configurations with bytes changed, removed or added", () => {
  let refused = 0;
  fc.assert(
    fc.property(edits(Uint8Array.from(Buffer.from(text))), (bytes) => {
      if (!parsesOrRefuses(Buffer.from(bytes).toString())) refused++;
    }),
    { numRuns: 2000, seed: 1 },
  );
  expect(refused).toBeGreaterThan(500);
});

it("reads configurations with any values in the right places", () => {
  const { config } = fc.letrec<{ config: unknown }>((tie) => ({
    config: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      fc.constantFrom(null, 3, "x", [], {}),
      fc.record({
        name: fc.constantFrom("a", "b", "", 7, null),
        layers: fc.oneof(
          fc.constantFrom(null, "x", {}),
          fc.array(
            fc.record({
              class_name: fc.constantFrom("Dense", "__proto__", "", "A<B>", 3, null),
              config: tie("config"),
            }),
            { maxLength: 3 },
          ),
        ),
      }),
    ),
  }));
  let found = 0;
  fc.assert(
    fc.property(config, (value) => {
      const json = JSON.stringify({ config: value });
      expect(parsesOrRefuses(json)).toBe(true);
      if (configuredLayers(json).size > 0) found++;
    }),
    { numRuns: 2000, seed: 2 },
  );
  expect(found).toBeGreaterThan(100);
});
