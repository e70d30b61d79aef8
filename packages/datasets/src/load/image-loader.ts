/**
 * The one loader: from samples to batches of normalised pixels. It decodes concurrently, keeps decoded pixels in a
 * bounded cache, and never puts one sample in another's place: an image that cannot be read is missing from its batch
 * and stands in `skipped`.
 */
import type * as tf from "@tensorflow/tfjs-core";
import { tensor1d, tensor4d } from "@tensorflow/tfjs-core";
import { type AugmentOptions, applyAugmentation, drawAugmentation } from "../augment/random-augmentation.js";
import type { DomainSlice } from "../batch/plan.js";
import { DatasetError, ImageError } from "../errors.js";
import { checkLoadOptions, type LoadOptions, loadImage } from "../image/load-image.js";
import type { Sample } from "../sample.js";
import { ByteCache } from "./byte-cache.js";
import { Gate } from "./limit.js";

/** Options of {@link ImageLoader}: how an image becomes a square of pixels, and how pixels become numbers. */
export interface ImageLoaderOptions extends LoadOptions {
  /** Subtracted from `value / 255`, per channel. Default 0.5 each. */
  readonly mean?: readonly [number, number, number];
  /** What the difference is divided by, per channel. Default 0.5 each. */
  readonly std?: readonly [number, number, number];
  /** Training augmentation of the batches of a plan; `null` for none. Default `null`. */
  readonly augment?:
    | (AugmentOptions & {
        /** Seed of the draws. */
        readonly seed: number;
      })
    | null;
  /** Bytes of decoded pixels kept in memory. Default 512 MiB. */
  readonly cacheBytes?: number;
  /** Images read at a time. Default 8. */
  readonly concurrency?: number;
}

/** An image that could not be read. */
export interface SkippedImage {
  /** Id of the sample. */
  readonly id: string;
  /** Its file. */
  readonly path: string;
  /** Why it cannot be read. */
  readonly reason: string;
}

/** Decoded images as plain arrays, before they are tensors. */
export interface PixelBatch {
  /** `n * size * size * 3` normalised values, channel-last. */
  readonly images: Float32Array;
  /** `n` labels, 0 = real, 1 = fake. */
  readonly labels: Float32Array;
  /** Ids of the `n` samples. */
  readonly sampleIds: readonly string[];
}

/** A batch of images. The tensors are the caller's to dispose. */
export interface ImageBatch {
  /** `[n, size, size, 3]` float32, `(value / 255 - mean) / std`. */
  readonly images: tf.Tensor4D;
  /** `[n]` float32, 0 = real, 1 = fake. */
  readonly labels: tf.Tensor1D;
  /** Ids of the `n` samples, in the order of the rows. */
  readonly sampleIds: readonly string[];
}

/** A batch of one domain. */
export interface DomainBatch extends ImageBatch {
  /** The forgery domain. */
  readonly domain: string;
}

const DEFAULT_CACHE_BYTES = 512 * 2 ** 20;

/** Loads samples as batches; see the options for what it does to them. */
export class ImageLoader {
  /** Every image that could not be read so far, once each, in the order of discovery. */
  readonly skipped: readonly SkippedImage[];
  readonly #skipped: SkippedImage[] = [];
  readonly #options: ImageLoaderOptions;
  readonly #tables: readonly [Float32Array, Float32Array, Float32Array];
  readonly #cache: ByteCache;
  readonly #gate: Gate;
  readonly #unreadable = new Set<string>();
  readonly #loading = new Map<string, Promise<Uint8Array>>();

  /** @throws RangeError if an option is out of range. */
  constructor(options: ImageLoaderOptions) {
    const {
      mean = [0.5, 0.5, 0.5],
      std = [0.5, 0.5, 0.5],
      cacheBytes = DEFAULT_CACHE_BYTES,
      concurrency = 8,
    } = options;
    checkLoadOptions(options);
    if (!(cacheBytes >= 0)) throw new RangeError(`cacheBytes: expected 0 or more, got ${cacheBytes}`);
    if (!(Number.isSafeInteger(concurrency) && concurrency >= 1)) {
      throw new RangeError(`concurrency: expected a whole number of at least 1, got ${concurrency}`);
    }
    this.skipped = this.#skipped;
    this.#options = options;
    this.#tables = [
      normalisationTable(mean[0], std[0]),
      normalisationTable(mean[1], std[1]),
      normalisationTable(mean[2], std[2]),
    ];
    this.#cache = new ByteCache(cacheBytes);
    this.#gate = new Gate(concurrency);
    // Fails now rather than in the first batch.
    if (options.augment) drawAugmentation(options.augment.seed, { epoch: 0, domain: "", index: 0 }, options.augment);
  }

  /** Side of the images, in pixels. */
  get size(): number {
    return this.#options.size;
  }

  /**
   * The pixels of one sample, `size * size * 3` bytes; `null` if its file cannot be read, which is then in `skipped`.
   * The array may be the cache's own: it must not be written to.
   */
  async pixels(sample: Sample): Promise<Uint8Array | null> {
    if (this.#unreadable.has(sample.id)) return null;
    try {
      return await this.#read(sample.path);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      if (!this.#unreadable.has(sample.id)) {
        this.#unreadable.add(sample.id);
        this.#skipped.push({ id: sample.id, path: sample.path, reason: error.reason });
      }
      return null;
    }
  }

  /**
   * Loads samples as one batch, without augmentation. Unreadable ones are left out, so there may be fewer rows than
   * samples, or none.
   */
  async loadBatch(samples: readonly Sample[]): Promise<ImageBatch> {
    return toTensors(await this.decodeBatch(samples), this.size);
  }

  /** As {@link loadBatch}, as plain arrays. */
  async decodeBatch(samples: readonly Sample[]): Promise<PixelBatch> {
    return this.#collect(samples, await Promise.all(samples.map((sample) => this.pixels(sample))));
  }

  /**
   * Loads one slice of a batch plan, augmented if the loader's options say so. Unreadable images are left out.
   * @throws DatasetError if that leaves no fake or no real, where the slice has some: a loss of one class alone is not
   *   the loss that was planned. {@link verifyImages} before planning rules it out.
   */
  async loadDomainBatch(slice: DomainSlice): Promise<DomainBatch> {
    return { domain: slice.domain, ...toTensors(await this.decodeSlice(slice), this.size) };
  }

  /** As {@link loadDomainBatch}, as plain arrays. */
  async decodeSlice(slice: DomainSlice): Promise<PixelBatch> {
    const pixels = await Promise.all(
      slice.samples.map(async (sample, position) => {
        const bytes = await this.pixels(sample);
        return bytes === null ? null : this.#augment(bytes, slice, position);
      }),
    );
    for (const [label, name] of [
      [0, "real"],
      [1, "fake"],
    ] as const) {
      const members = slice.samples.flatMap((sample, i) => (sample.label === label ? [pixels[i]] : []));
      if (members.length > 0 && members.every((member) => member === null)) {
        const where = `epoch ${slice.epoch} step ${slice.step} of domain "${slice.domain}"`;
        const files = slice.samples.filter((sample) => sample.label === label).map((sample) => sample.path);
        throw new DatasetError("data", `no ${name} image in ${where} can be read: ${files.join(", ")}`);
      }
    }
    return this.#collect(slice.samples, pixels);
  }

  async #augment(bytes: Uint8Array, slice: DomainSlice, position: number): Promise<Uint8Array> {
    const { augment = null, size } = this.#options;
    if (augment === null) return bytes;
    const index = slice.step * slice.samples.length + position;
    const drawn = drawAugmentation(augment.seed, { epoch: slice.epoch, domain: slice.domain, index }, augment);
    return applyAugmentation(bytes, size, drawn);
  }

  async #read(path: string): Promise<Uint8Array> {
    const cached = this.#cache.get(path);
    if (cached !== undefined) return cached;
    let loading = this.#loading.get(path);
    if (loading === undefined) {
      loading = this.#gate.run(() => loadImage(path, this.#options)).finally(() => this.#loading.delete(path));
      this.#loading.set(path, loading);
    }
    const pixels = await loading;
    this.#cache.set(path, pixels);
    return pixels;
  }

  #collect(samples: readonly Sample[], pixels: readonly (Uint8Array | null)[]): PixelBatch {
    const kept = samples.flatMap((sample, i) => (pixels[i] == null ? [] : [{ sample, bytes: pixels[i] }]));
    const values = this.size * this.size * 3;
    const images = new Float32Array(kept.length * values);
    const [red, green, blue] = this.#tables;
    for (const [row, { bytes }] of kept.entries()) {
      const pixels = images.subarray(row * values, (row + 1) * values);
      for (let i = 0; i < values; i += 3) {
        pixels[i] = red[bytes[i]!]!;
        pixels[i + 1] = green[bytes[i + 1]!]!;
        pixels[i + 2] = blue[bytes[i + 2]!]!;
      }
    }
    return {
      images,
      labels: Float32Array.from(kept, ({ sample }) => sample.label),
      sampleIds: kept.map(({ sample }) => sample.id),
    };
  }
}

/** The tensors of a decoded batch, on the backend in use. */
export function toTensors({ images, labels, sampleIds }: PixelBatch, size: number): ImageBatch {
  return { images: tensor4d(images, [sampleIds.length, size, size, 3]), labels: tensor1d(labels), sampleIds };
}

/** `(value / 255 - mean) / std` for the 256 values of a byte. */
function normalisationTable(mean: number, std: number): Float32Array {
  if (!Number.isFinite(mean)) throw new RangeError(`mean: expected finite numbers, got ${mean}`);
  if (!(std > 0 && Number.isFinite(std))) throw new RangeError(`std: expected positive numbers, got ${std}`);
  return Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean) / std);
}
