/** Runs of the synthetic problem in temporary folders. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Algorithm, adam, type BaseOptimizer, roga } from "@roga/optimizer";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { afterEach } from "vitest";
import { createRunDirectory, type TrainOptions, type TrainResult, train } from "../../src/index.js";
import { memoryLoader, planOf, samplesOf, tinyModel } from "./synthetic.js";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** A new folder that the end of the test removes. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "roga-training-"));
  folders.push(folder);
  return folder;
}

/** What a run of the synthetic problem may be given. */
export type RunChanges = Partial<Omit<TrainOptions, "runDirectory">>;

/** A run that has ended, with what it ran on. */
export interface Ran {
  readonly model: LayersModel;
  readonly algorithm: Algorithm;
  readonly baseOptimizer: BaseOptimizer;
  readonly result: TrainResult;
}

/** One process's part in a run of the synthetic problem: everything is made anew, as after a restart. */
export async function runIn(folder: string, changes: RunChanges = {}): Promise<Ran> {
  const model = changes.model ?? tinyModel();
  const algorithm = changes.algorithm ?? roga({ seed: 9 });
  const baseOptimizer = changes.baseOptimizer ?? adam({ learningRate: 0.02 });
  const result = await train({
    plan: planOf(),
    loader: memoryLoader(),
    validation: { samples: samplesOf(6, 4), batchSize: 16 },
    epochs: 2,
    seed: 9,
    runDirectory: await createRunDirectory(folder, { resume: changes.resume ?? false }),
    ...changes,
    model,
    algorithm,
    baseOptimizer,
  });
  return { model, algorithm, baseOptimizer, result };
}

/** Frees what a run ran on. */
export function dispose({ model, algorithm, baseOptimizer }: Ran): void {
  model.dispose();
  algorithm.dispose();
  baseOptimizer.dispose();
}

/** Every weight of a model by name, as the bytes of its values. */
export function bitsOf(model: LayersModel): Record<string, string> {
  return Object.fromEntries(
    model.weights.map((weight) => [
      weight.originalName,
      Buffer.from(weight.read().dataSync().slice().buffer).toString("hex"),
    ]),
  );
}
