/**
 * A small problem to train on: 8 × 8 images of noise around grey; fakes of domain "tint" are redder, fakes of domain
 * "grid" carry a checkerboard. A net of one convolution learns both in some steps. Ten identities, two "videos" each.
 */
import { type ImageBatch, planBatches, REAL_DOMAIN, type Sample } from "@roga/datasets";
import { stream } from "@roga/tensor-utils/random";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, type LayersModel, layers, sequential } from "@tensorflow/tfjs-layers";
import type { SampleLoader, SliceLoader } from "../../src/index.js";

export const SIZE = 8;
export const DOMAINS = ["grid", "tint"];

/** Samples of `count` identities, `from` the given one: for each two reals and, in every domain, two fakes. */
export function samplesOf(from: number, count: number): Sample[] {
  return Array.from({ length: count }, (_, index) => `p${from + index}`).flatMap((identity) =>
    [REAL_DOMAIN, ...DOMAINS].flatMap((domain) =>
      [0, 1].map((frame): Sample => {
        const id = `${domain}/${identity}/${frame}`;
        const label = domain === REAL_DOMAIN ? 0 : 1;
        return { id, path: `/${id}.png`, label, domain, video: identity, identity, split: null };
      }),
    ),
  );
}

const drawn = new Map<string, Float32Array>();

/** Pixels of a sample in about −1 … 1, a function of its id and domain alone. */
export function pixelsOf(sample: Sample): Float32Array {
  const pixels = drawn.get(sample.id) ?? drawPixels(sample);
  drawn.set(sample.id, pixels);
  return pixels;
}

function drawPixels({ id, domain }: Sample): Float32Array {
  const noise = stream(1, "pixels", id);
  return Float32Array.from({ length: SIZE * SIZE * 3 }, (_, index) => {
    const [row, column, channel] = [Math.floor(index / SIZE / 3), Math.floor(index / 3) % SIZE, index % 3];
    const tint = domain === "tint" && channel === 0 ? 0.5 : 0;
    const grid = domain === "grid" ? 0.4 * ((row + column) % 2 === 0 ? 1 : -1) : 0;
    return noise.normal(0, 0.3) + tint + grid;
  });
}

/** A loader of {@link pixelsOf}; samples in `unreadable` are left out. */
export function memoryLoader(unreadable: ReadonlySet<string> = new Set()): SliceLoader & SampleLoader {
  const loadBatch = async (samples: readonly Sample[]): Promise<ImageBatch> => {
    const readable = samples.filter(({ id }) => !unreadable.has(id));
    const values = Float32Array.from(readable.flatMap((sample) => Array.from(pixelsOf(sample))));
    return {
      images: tf.tensor4d(values, [readable.length, SIZE, SIZE, 3]),
      labels: tf.tensor1d(readable.map(({ label }) => label)),
      sampleIds: readable.map(({ id }) => id),
    };
  };
  return { loadBatch, loadDomainBatch: async ({ domain, samples }) => ({ domain, ...(await loadBatch(samples)) }) };
}

/** Three steps an epoch of four images a domain, over six identities. */
export function planOf(samples = samplesOf(0, 6), perDomain = 8) {
  return planBatches({ samples, perDomain, seed: 5 });
}

/** Convolution, batch normalisation, dropout and one logit; weights are a function of `seed`. */
export function tinyModel(options: { seed?: number; filters?: number } = {}): LayersModel {
  const { seed = 3, filters = 4 } = options;
  const kernelInitializer = (salt: number) => initializers.heNormal({ seed: seed * 10 + salt });
  return sequential({
    layers: [
      layers.conv2d({
        inputShape: [SIZE, SIZE, 3],
        filters,
        kernelSize: 3,
        strides: 2,
        useBias: false,
        kernelInitializer: kernelInitializer(1),
        name: "conv",
      }),
      layers.batchNormalization({ name: "bn", momentum: 0.7 }),
      layers.activation({ activation: "relu", name: "relu" }),
      layers.flatten({ name: "flatten" }),
      layers.dropout({ rate: 0.2, name: "dropout" }),
      layers.dense({ units: 1, kernelInitializer: kernelInitializer(2), name: "head" }),
    ],
  });
}
