/** The data sets' own loader and plan on image files, from photographs on disk to a summary. */
import "@tensorflow/tfjs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { encodePng, ImageLoader, planBatches, rgbImage, type Sample } from "@roga/datasets";
import { useTestEngine } from "@roga/test-support";
import { beforeAll, expect, test } from "vitest";
import { checkpointWeights, evaluate, loadWeights, readScoreTable, summarize } from "../src/index.js";
import { dispose, runIn, temporaryFolder } from "./support/runs.js";
import { pixelsOf, SIZE, samplesOf, tinyModel } from "./support/synthetic.js";

beforeAll(useTestEngine);

async function writeImages(folder: string, samples: readonly Sample[]): Promise<Sample[]> {
  return Promise.all(
    samples.map(async (sample) => {
      const path = join(folder, sample.path);
      const image = rgbImage(SIZE, SIZE);
      image.data.set(pixelsOf(sample).map((value) => Math.min(1, Math.max(0, 0.5 + value / 2))));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, await encodePng(image));
      return { ...sample, path };
    }),
  );
}

test("trains on PNG files, selects an epoch, and its checkpoint scores people that no one saw", async () => {
  const folder = await temporaryFolder();
  const [training, validation, held] = await Promise.all(
    [samplesOf(0, 6), samplesOf(6, 4), samplesOf(10, 5)].map((samples) => writeImages(join(folder, "images"), samples)),
  );
  const broken = held!.at(-1)!;
  await writeFile(broken.path, "");
  const loader = new ImageLoader({ size: SIZE });
  const plan = planBatches({ samples: training!, perDomain: 8, seed: 5 });
  const validationOptions = { samples: validation!, batchSize: 16 };
  const ran = await runIn(join(folder, "run"), { plan, loader, validation: validationOptions, epochs: 5 });

  const model = tinyModel();
  await loadWeights(model, checkpointWeights(ran.result.best!.checkpoint));
  const path = join(folder, "run", "scores", "test.csv");
  const { skipped } = await evaluate({ model, samples: held!, loader, path });
  expect(skipped).toEqual([broken.id]);
  expect(loader.skipped).toMatchObject([{ id: broken.id, path: broken.path }]);
  const { domains, macro } = summarize(await readScoreTable(path), { bootstrap: { seed: 1, replicates: 200 } });
  expect(domains.tint).toMatchObject({ fakes: 9, reals: 10, fakeVideos: 5, realVideos: 5 });
  expect(macro.auc.value).toBeGreaterThan(0.85);
  dispose(ran);
  model.dispose();
});
