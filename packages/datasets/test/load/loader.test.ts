import "@tensorflow/tfjs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type DomainSlice, encodePng, ImageLoader, loadImage, type Sample, verifyImages } from "@roga/datasets";
import { useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { greyPng, temporaryFolder, writeFiles } from "../support/folder.js";
import { sample } from "../support/samples.js";

beforeAll(useTestEngine);

/** Samples over files: even ones fake, odd ones real; each image of one grey, 10 times its index. */
async function greys(count: number): Promise<{ folder: string; samples: Sample[] }> {
  const folder = await temporaryFolder();
  const samples: Sample[] = [];
  for (let i = 0; i < count; i++) {
    await writeFiles(folder, { [`${i}.png`]: await greyPng(10 * i) });
    samples.push(sample(`${i}`, { path: join(folder, `${i}.png`), label: i % 2 === 0 ? 1 : 0 }));
  }
  return { folder, samples };
}

const slice = (samples: readonly Sample[], step = 0): DomainSlice => ({ domain: "deepfakes", epoch: 0, step, samples });

describe("ImageLoader", () => {
  it("normalises as (x / 255 - mean) / std, channel by channel", async () => {
    const folder = await temporaryFolder();
    const data = Float32Array.from([0, 51, 255, 102, 153, 204, 10, 20, 30, 40, 50, 60], (value) => value / 255);
    await writeFiles(folder, { "a.png": await encodePng({ width: 2, height: 2, data }) });
    const mean = [0.485, 0.456, 0.406] as const;
    const std = [0.229, 0.224, 0.225] as const;
    const loader = new ImageLoader({ size: 2, mean, std });
    const batch = await loader.loadBatch([sample("a", { path: join(folder, "a.png"), label: 1 })]);
    expect(batch.images.shape).toEqual([1, 2, 2, 3]);
    const expected = Array.from(data, (value, i) => (value - mean[i % 3]!) / std[i % 3]!);
    expect(await batch.images.data()).toBeAllClose(expected, { atol: 1e-6 });
    expect([...(await batch.labels.data())]).toEqual([1]);
    tf.dispose([batch.images, batch.labels]);
  });

  it("maps 0..255 to -1..1 by default, rows in the order of the samples", async () => {
    const { samples } = await greys(26);
    const loader = new ImageLoader({ size: 2, concurrency: 3 });
    const { images, labels, sampleIds } = await loader.decodeBatch(samples);
    expect(sampleIds).toEqual(samples.map(({ id }) => id));
    expect([...labels]).toEqual(samples.map(({ label }) => label));
    const rows = Array.from({ length: 26 }, (_, row) => images[row * 12]!);
    for (const [i, value] of rows.entries()) expect(value).toBeCloseTo((10 * i) / 127.5 - 1, 6);
  });

  it("reads each file once while it fits in the cache", async () => {
    const { folder, samples } = await greys(4);
    const bytes = 2 * 2 * 3;
    const all = new ImageLoader({ size: 2, cacheBytes: 4 * bytes });
    const two = new ImageLoader({ size: 2, cacheBytes: 2 * bytes });
    const none = new ImageLoader({ size: 2, cacheBytes: 0 });
    const before = await all.decodeBatch(samples);
    await two.decodeBatch(samples.slice(0, 2));
    // Used again, so that the one between is the one that goes.
    await two.decodeBatch([samples[0]!, samples[2]!]);
    await none.decodeBatch(samples);
    await rm(folder, { recursive: true });
    expect(await all.decodeBatch(samples)).toEqual(before);
    expect((await two.decodeBatch(samples)).sampleIds).toEqual(["0", "2"]);
    expect((await none.decodeBatch(samples)).sampleIds).toEqual([]);
  });

  it("leaves unreadable images out and reports each once, in no other's place", async () => {
    const { folder, samples } = await greys(6);
    await writeFiles(folder, { "1.png": new Uint8Array(0), "4.png": (await greyPng(9)).slice(0, 40) });
    const loader = new ImageLoader({ size: 2 });
    for (const repeat of [1, 2]) {
      const { images, labels, sampleIds } = await loader.decodeBatch(samples);
      expect(sampleIds, `${repeat}`).toEqual(["0", "2", "3", "5"]);
      expect([...labels]).toEqual([1, 1, 0, 0]);
      expect(images).toHaveLength(4 * 12);
      expect(images[12]).toBeCloseTo(20 / 127.5 - 1, 6);
    }
    expect(loader.skipped.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      { id: "1", path: samples[1]!.path, reason: "the file is empty" },
      { id: "4", path: samples[4]!.path, reason: expect.stringContaining("end of stream") },
    ]);
  });

  it("makes smaller batches of slices with unreadable images, but none of one class", async () => {
    const { folder, samples } = await greys(4);
    const loader = new ImageLoader({ size: 2 });
    await writeFiles(folder, { "0.png": "" });
    const batch = await loader.loadDomainBatch(slice(samples));
    expect(batch.domain).toBe("deepfakes");
    expect(batch.images.shape).toEqual([3, 2, 2, 3]);
    expect(batch.sampleIds).toEqual(["1", "2", "3"]);
    tf.dispose([batch.images, batch.labels]);
    await writeFiles(folder, { "2.png": "" });
    const next = new ImageLoader({ size: 2 });
    await expect(next.loadDomainBatch(slice(samples, 7))).rejects.toThrow(
      `data: no fake image in epoch 0 step 7 of domain "deepfakes" can be read: ${samples[0]!.path}, ${samples[2]!.path}`,
    );
    expect(next.skipped.map(({ id }) => id).toSorted()).toEqual(["0", "2"]);
  });

  it("augments slices by their place in the run, batches not at all", async () => {
    const { samples } = await greys(8);
    const augment = { seed: 5, brightnessContrast: { probability: 1, limit: 0.1 } };
    const plain = new ImageLoader({ size: 2 });
    const [one, other] = [new ImageLoader({ size: 2, augment }), new ImageLoader({ size: 2, augment, cacheBytes: 0 })];
    const first = await one.decodeSlice(slice(samples, 3));
    const second = await one.decodeSlice(slice(samples, 4));
    // Cached, uncached, or after other steps: the same.
    expect(await other.decodeSlice(slice(samples, 3))).toEqual(first);
    expect(await one.decodeSlice(slice(samples, 3))).toEqual(first);
    expect(second).not.toEqual(first);
    expect(first).not.toEqual(await plain.decodeSlice(slice(samples, 3)));
    expect(await one.decodeBatch(samples)).toEqual(await plain.decodeBatch(samples));
  });

  it("crops and resizes as loadImage does", async () => {
    const folder = await temporaryFolder();
    const data = Float32Array.from({ length: 9 * 6 * 3 }, (_, i) => (i % 97) / 96);
    await writeFiles(folder, { "a.png": await encodePng({ width: 9, height: 6, data }) });
    const path = join(folder, "a.png");
    const options = { size: 3, crop: { centre: 0.7 } };
    expect(await new ImageLoader(options).pixels(sample("a", { path }))).toEqual(await loadImage(path, options));
  });

  it.each([
    [{ size: 0 }, "size"],
    [{ size: 8, cacheBytes: -1 }, "cacheBytes: expected 0 or more, got -1"],
    [{ size: 8, concurrency: 0 }, "concurrency: expected a whole number of at least 1, got 0"],
    [{ size: 8, std: [1, 0, 1] }, "std: expected positive numbers, got 0"],
    [{ size: 8, mean: [0, Number.NaN, 0] }, "mean: expected finite numbers, got NaN"],
    [{ size: 8, augment: { seed: 1, flip: 2 } }, "augment.flip"],
  ] as [ConstructorParameters<typeof ImageLoader>[0], string][])("refuses %j", (options, message) => {
    expect(() => new ImageLoader(options)).toThrow(message);
  });
});

describe("verifyImages", () => {
  it("parts readable from unreadable samples, counts them, and fills the cache", async () => {
    const { folder, samples } = await greys(5);
    await writeFiles(folder, { "2.png": "not an image" });
    const loader = new ImageLoader({ size: 2 });
    const progress: [number, number][] = [];
    const result = await verifyImages(samples, loader, (done, total) => progress.push([done, total]));
    expect(result.readable.map(({ id }) => id)).toEqual(["0", "1", "3", "4"]);
    expect(result.unreadable).toEqual([
      { id: "2", path: samples[2]!.path, reason: "not a JPEG, PNG, WebP or TIFF file" },
    ]);
    expect(loader.skipped).toEqual(result.unreadable);
    expect(progress).toEqual([1, 2, 3, 4, 5].map((done) => [done, 5]));
    await rm(folder, { recursive: true });
    expect((await loader.decodeBatch(result.readable)).sampleIds).toHaveLength(4);
  });
});
