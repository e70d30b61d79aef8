/**
 * Tests of networks against the fixtures of `tools/reference-fixtures/backbones/`: PyTorch in float64 from the same weights
 * and images, which both sides draw by a hash. Networks of this size take the native engine; on others they are skipped.
 *
 * PyTorch's running variances take the unbiased variance of a batch, TensorFlow.js' layer the biased one: a factor of
 * 1 − 1/n with n values a channel, by which the expected ones are corrected here.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { readFixture, useTestEngine } from "@roga/test-support";
import type { NamedArrays } from "@roga/weights";
import * as tf from "@tensorflow/tfjs-core";
import { model as layersModel, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backbone, build, loadWeights } from "../src/index.js";
import { toPyTorch } from "../src/weights/layout.js";

/** Norm, then samples at equal steps. */
type Summary = readonly number[];

interface Reference {
  name: string;
  variant: string;
  options: Record<string, unknown>;
  classes: number;
  size: number;
  batch: number;
  /** Seed of the images; 0 where absent. */
  images?: number;
  weights: [name: string, shape: number[]][];
  nudges: [name: string, channel: number, value: number][];
  logits: number[];
  odd: { size: number; logits: number[] };
  training: {
    logits: number[];
    loss: number;
    activations: Record<string, Summary>;
    /** Number of values a channel, then a summary. */
    statistics: Record<string, readonly number[]>;
    gradients: Record<string, Summary>;
  };
}

/** Whether the engine of this run is one for large networks, and that of the table. */
export const native = process.env.ROGA_TEST_ENGINE === "onednn";

/** Largest deviation allowed, relative to the largest value; that of a single gradient may be larger. */
const ALLOWED = 1e-4;
const ALLOWED_GRADIENT = 1e-3;

/** The 32-bit FNV-1a hash of a name of ASCII characters. */
function fnv1a(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Values of the name in [low, high]: `common.py` has the definition. */
function uniform(name: string, size: number, [low, high]: readonly [number, number]): Float32Array {
  const values = new Float32Array(size);
  const first = fnv1a(name);
  const range = high - low;
  for (let i = 0; i < size; i++) {
    let x = (first + i) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    values[i] = low + range * (((x ^ (x >>> 16)) >>> 0) / 2 ** 32);
  }
  return values;
}

const product = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1);

function bounds(name: string, shape: readonly number[]): readonly [number, number] {
  const keras = name.endsWith(":0");
  const kind = keras ? name.slice(0, -2).split("/").at(-1)! : name.split(".").at(-1)!;
  if (shape.length > 1) {
    const depthwise = keras ? kind === "depthwise_kernel" : shape.length === 4 && shape[1] === 1;
    const fan = keras ? shape.slice(0, depthwise ? 2 : -1) : shape.slice(1);
    const bound = Math.fround(Math.sqrt((3 * (depthwise ? 2 : 1)) / product(fan)));
    return [-bound, bound];
  }
  if (name.endsWith(".bn3.weight")) return [0.1, 0.4];
  return ["running_var", "moving_variance", "gamma", "weight"].includes(kind) ? [0.5, 1.5] : [-0.5, 0.5];
}

function arraysOf({ weights, nudges }: Reference): NamedArrays {
  const arrays = new Map(
    weights.map(([name, shape]) => {
      const data = uniform(name, product(shape), bounds(name, shape));
      return [name, { dtype: "F32", shape, data } as const];
    }),
  );
  for (const [name, channel, value] of nudges) arrays.get(name)!.data[channel] = value;
  return arrays;
}

function images(seed: number, batch: number, size: number): tf.Tensor4D {
  const shape: [number, number, number, number] = [batch, size, size, 3];
  return tf.tensor4d(uniform(`images.${seed}`, product(shape), [-1, 1]), shape);
}

/** Deviations of values from those expected, relative to the largest or, of a sample, at least the root mean square. */
export function deviation(actual: ArrayLike<number>, expected: readonly number[], scale = 0): number {
  expect(actual.length).toBe(expected.length);
  const largest = Math.max(scale, ...expected.map(Math.abs));
  const worst = Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value))) / largest;
  expect(worst).not.toBeNaN();
  return worst;
}

/** The deviation of an array from a summary: of its norm or its samples, whichever is larger. */
export function deviationFrom([norm, ...samples]: Summary, values: Float32Array, count: number): number {
  const step = Math.max(1, Math.floor(values.length / count));
  const sampled = samples.map((_, i) => values[i * step]!);
  let square = 0;
  for (let i = 0; i < values.length; i++) square += values[i]! ** 2; // NaN if any value is
  return Math.max(
    deviation([Math.sqrt(square)], [norm!]),
    deviation(sampled, samples, norm! / Math.sqrt(values.length)),
  );
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** The loss that the references have. */
function lossOf(logits: tf.Tensor2D): tf.Scalar {
  const [batch, classes] = logits.shape;
  const labels = tf.tensor1d(
    Array.from({ length: batch }, (_, i) => i % 2),
    "int32",
  );
  if (classes === 1) {
    return tf.losses.sigmoidCrossEntropy<tf.Tensor, tf.Scalar>(tf.reshape(tf.cast(labels, "float32"), [-1, 1]), logits);
  }
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.oneHot(labels, classes), tf.logSoftmax(logits)), 1))) as tf.Scalar;
}

/**
 * Defines the tests of a fixture file.
 *
 * @param testUrl the test's `import.meta.url`
 * @param file such as `"fixtures/xception.json"`
 */
export function parityTests(testUrl: string, file: string): void {
  const { samples, networks } = readFixture<{ samples: number; networks: Reference[] }>(testUrl, file);
  const table: Record<string, string | number>[] = [];

  describe.skipIf(!native).each(networks)("$name, $variant, $options (native engine)", (expected) => {
    const { name, variant, options, classes, size, batch } = expected;
    const settings = {
      ...options,
      variant,
      classes,
      dropout: 0,
      ...(name.startsWith("efficientnet") && { stochasticDepth: 0 }),
    };
    const row: Record<string, string | number> = { name, variant: [variant, ...Object.keys(options)].join(", ") };
    let arrays: NamedArrays;
    let backbone: Backbone;

    beforeAll(async () => {
      await useTestEngine();
      arrays = arraysOf(expected);
      backbone = build(name, { ...settings, inputSize: size, initialWeights: "zeros" });
      const report = loadWeights(backbone, arrays);
      expect(report.taken).toBe(backbone.weightNames.length);
      table.push(row);
    });
    afterAll(() => tf.disposeVariables());

    it("gives the logits of inference, on an even and an odd size", () => {
      const logits = backbone.model.predict(images(expected.images ?? 0, batch, size)) as tf.Tensor;
      const other = build(name, { ...settings, inputSize: expected.odd.size, initialWeights: "zeros" });
      loadWeights(other, arrays);
      const odd = other.model.predict(images(1, 1, expected.odd.size)) as tf.Tensor;
      row.logits = Math.max(
        deviation(logits.dataSync(), expected.logits),
        deviation(odd.dataSync(), expected.odd.logits),
      );
      other.dispose();
      expect(row.logits).toBeLessThan(ALLOWED);
    });

    it("gives the gradients, statistics and activations of a training step", () => {
      const want = expected.training;
      const { model } = backbone;
      const x = images(expected.images ?? 0, batch, size);
      let logits: tf.Tensor2D | undefined;
      const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
      const { value, grads } = tf.variableGrads(() => {
        logits = tf.keep(model.apply(x, { training: true }) as tf.Tensor2D);
        return lossOf(logits);
      }, variables);
      row.trainingLogits = deviation(logits!.dataSync(), want.logits);
      expect(row.trainingLogits).toBeLessThan(ALLOWED);
      expect(value).toBeAllClose(tf.scalar(want.loss), { rtol: ALLOWED });

      const weights = new Map(model.weights.map((weight) => [weight.originalName, weight]));
      const source = variant.startsWith("keras") ? "keras" : "pytorch";
      const gradients = new Map<string, number>();
      const statistics = new Map<string, number>();
      for (const { ours, layout, [source]: theirs } of backbone.weightNames) {
        const weight = weights.get(ours)!;
        const summary = want.gradients[theirs!];
        if (summary !== undefined) {
          const gradient = grads[weight.name]!.dataSync() as Float32Array;
          const theirOrder = source === "keras" ? gradient : toPyTorch(gradient, weight.shape as number[], layout);
          if (summary[0]! > 1e-12) gradients.set(theirs!, deviationFrom(summary, theirOrder, samples));
          // The bias of a convolution before a batch norm: no more than rounding.
          else expect(Math.max(...theirOrder.map(Math.abs))).toBeLessThan(1e-4);
        } else {
          const [n, ...moved] = want.statistics[theirs!]!;
          const actual = weight.read().dataSync() as Float32Array;
          statistics.set(theirs!, deviationFrom(moved, unbiased(ours, actual, arrays.get(theirs!)!.data, n!), samples));
        }
      }
      expect(statistics.size).toBe(Object.keys(want.statistics).length);
      expect(Object.keys(want.gradients).length + statistics.size).toBe(backbone.weightNames.length);
      row.statistics = Math.max(...statistics.values());
      row.gradientMedian = median([...gradients.values()]);
      row.gradient = Math.max(...gradients.values());
      const beyond = [...gradients].filter(([, deviation]) => deviation > ALLOWED_GRADIENT);
      expect([row.statistics < ALLOWED, row.gradientMedian < ALLOWED, beyond], JSON.stringify(row)).toEqual([
        true,
        true,
        [],
      ]);

      const layers = Object.keys(want.activations);
      const outputs = layers.map((layer) => model.getLayer(layer).output as SymbolicTensor);
      const observed = layersModel({ inputs: model.inputs, outputs });
      const activations = [observed.apply(x, { training: true }) as tf.Tensor | tf.Tensor[]].flat();
      row.activations = Math.max(
        ...layers.map((layer, i) =>
          deviationFrom(want.activations[layer]!, activations[i]!.dataSync() as Float32Array, samples),
        ),
      );
      expect(row.activations).toBeLessThan(ALLOWED);
    });

    /** A running statistic as PyTorch would have it after the step: its variances take n/(n − 1) times the batch's. */
    function unbiased(ours: string, after: Float32Array, before: ArrayLike<number | bigint>, n: number): Float32Array {
      const [layer, weight] = ours.split("/") as [string, string];
      if (weight !== "moving_variance") return after;
      const keep = backbone.model.getLayer(layer).getConfig().momentum as number;
      return after.map((value, i) => keep * Number(before[i]) + ((value - keep * Number(before[i])) * n) / (n - 1));
    }
  });

  // For the table of the package's documentation.
  afterAll(() => {
    if (native) writeDeviations(file.replace(/^.*\/|\.json$/g, ""), table);
  });
}

/** Leaves the deviations of some networks where the table is made of them. */
export function writeDeviations(name: string, rows: readonly Record<string, string | number>[]): void {
  mkdirSync("test-results", { recursive: true });
  writeFileSync(`test-results/parity-${name}.json`, JSON.stringify(rows, null, 2));
}
