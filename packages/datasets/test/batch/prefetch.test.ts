import "@tensorflow/tfjs";
import { join } from "node:path";
import {
  type BatchPlan,
  type DomainSlice,
  ImageLoader,
  type PixelBatch,
  planBatches,
  prefetch,
  type Sample,
} from "@roga/datasets";
import { useTestEngine } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder, writeFiles } from "../support/folder.js";
import { sample } from "../support/samples.js";

beforeAll(useTestEngine);

async function setUp(): Promise<{ folder: string; samples: Sample[]; plan: BatchPlan }> {
  const folder = await temporaryFolder();
  const samples: Sample[] = [];
  for (const [domain, label] of [
    ["deepfakes", 1],
    ["faceswap", 1],
    ["real", 0],
  ] as const) {
    for (let i = 0; i < 6; i++) {
      const id = `${domain}-${i}.png`;
      await writeFiles(folder, { [id]: null });
      samples.push(sample(id, { path: join(folder, id), label, domain }));
    }
  }
  return { folder, samples, plan: planBatches({ samples, perDomain: 4, seed: 1 }) };
}

/** Counts the slices that it decodes. */
class CountingLoader extends ImageLoader {
  started = 0;
  override async decodeSlice(slice: DomainSlice): Promise<PixelBatch> {
    this.started++;
    return super.decodeSlice(slice);
  }
}

describe("prefetch", () => {
  it("yields the plan's steps in order, with the loader's batches", async () => {
    const { plan } = await setUp();
    const loader = new ImageLoader({ size: 2, augment: { seed: 3 } });
    const steps: [number, number][] = [];
    for await (const { epoch, step, batches } of prefetch(plan, loader, { epochs: 2, ahead: 3 })) {
      steps.push([epoch, step]);
      for (const [i, slice] of plan.step(epoch, step).entries()) {
        const expected = await loader.decodeSlice(slice);
        expect(batches[i]!.domain).toBe(slice.domain);
        expect(batches[i]!.sampleIds).toEqual(expected.sampleIds);
        expect(await batches[i]!.images.data()).toEqual(expected.images);
      }
      tf.dispose(batches.flatMap(({ images, labels }) => [images, labels]));
    }
    expect(steps).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
  });

  it("goes on where a run stopped", async () => {
    const { plan } = await setUp();
    const steps: [number, number][] = [];
    const from = { epoch: 1, step: 1 };
    for await (const { epoch, step, batches } of prefetch(plan, new ImageLoader({ size: 2 }), { epochs: 2, from })) {
      steps.push([epoch, step]);
      tf.dispose(batches.flatMap(({ images, labels }) => [images, labels]));
    }
    expect(steps).toEqual([
      [1, 1],
      [1, 2],
    ]);
  });

  it("decodes so many steps ahead and no more, and makes tensors for the step in hand alone", async () => {
    const { plan } = await setUp();
    const loader = new CountingLoader({ size: 2 });
    const before = tf.memory().numTensors;
    const steps = prefetch(plan, loader, { epochs: 2, ahead: 2 });
    expect(loader.started).toBe(0);
    for (const expected of [3, 4, 5, 6, 6]) {
      const { value } = await steps.next();
      // Two domains a step.
      expect(loader.started).toBe(2 * expected);
      expect(tf.memory().numTensors).toBe(before + 4);
      tf.dispose(value!.batches.flatMap(({ images, labels }) => [images, labels]));
    }
    await steps.return();
    expect(loader.started).toBe(12);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("fails at the step whose batch cannot be made, not before and not unnoticed", async () => {
    const { folder, samples, plan } = await setUp();
    const spoilt = plan.step(0, 1)[1]!.samples.filter(({ label }) => label === 1);
    for (const { id } of spoilt) await writeFiles(folder, { [id]: "" });
    const steps = prefetch(plan, new ImageLoader({ size: 2 }), { epochs: 1, ahead: 2 });
    const first = await steps.next();
    tf.dispose(first.value!.batches.flatMap(({ images, labels }) => [images, labels]));
    await expect(steps.next()).rejects.toThrow(
      'data: no fake image in epoch 0 step 1 of domain "faceswap" can be read',
    );
    expect(samples).toHaveLength(18);
  });

  it.each([
    [{ epochs: -1 }, "epochs"],
    [{ epochs: 1, ahead: 0.5 }, "ahead: expected a whole number of at least 0, got 0.5"],
    [{ epochs: 1, from: { epoch: 0, step: -1 } }, "from.step"],
  ])("refuses %j", async (options, message) => {
    const { plan } = await setUp();
    await expect(prefetch(plan, new ImageLoader({ size: 2 }), options).next()).rejects.toThrow(message);
  });
});
