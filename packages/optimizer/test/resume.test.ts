/** A run of 20 steps that is interrupted goes on bit for bit, with all that a step can be made of. */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import {
  type Algorithm,
  adam,
  adamw,
  type BaseOptimizer,
  cosine,
  ema,
  noDecay,
  roga,
  sgd,
  swa,
  swad,
  type WeightAverage,
  warmup,
} from "@roga/optimizer";
import { useTestEngine } from "@roga/test-support";
import { beforeAll, expect, test } from "vitest";
import { bits } from "./support/probes.js";
import { type TinyModel, tinyModel } from "./support/tiny-model.js";

beforeAll(useTestEngine);

const STEPS = 20;
const schedule = warmup({ steps: 3, start: 0.5 }, cosine({ final: 0.1 }));

interface Run {
  readonly model: TinyModel;
  readonly algorithm: Algorithm;
  readonly optimizer: BaseOptimizer;
  readonly average: WeightAverage & { validate?(loss: number): void };
}

const optimizers: [string, () => BaseOptimizer][] = [
  ["sgd", () => sgd({ learningRate: 0.3 })],
  ["sgd with momentum", () => sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-3 })],
  ["adam", () => adam({ learningRate: 0.01, weightDecay: 5e-4 })],
  ["adamw in groups", () => adamw({ learningRate: 0.01, weightDecay: 0.1, groups: [noDecay] })],
];
const averages: [string, () => Run["average"]][] = [
  ["ema", () => ema({ decay: 0.9, warmup: true })],
  ["swa", () => swa({ start: 4, every: 3 })],
  ["swad", () => swad({ convergencePatience: 2, overfitPatience: 3 })],
];
const cases = optimizers.flatMap(([optimizer, createOptimizer]) =>
  averages.map(([average, createAverage]) => [optimizer, average, createOptimizer, createAverage] as const),
);

test.each(cases)("%s, clipped, scheduled and averaged by %s", async (_, __, createOptimizer, createAverage) => {
  const clips: boolean[] = [];
  const begin = (): Run => ({
    model: tinyModel(0.3),
    algorithm: roga({ rho: 0.2, alpha: 0.01, clip: { norm: 0.35 }, diagnostics: { every: 3 } }),
    optimizer: createOptimizer(),
    average: createAverage(),
  });
  const take = async ({ model, algorithm, optimizer, average }: Run, from: number, to: number) => {
    const { learningRate } = createOptimizer();
    const kept = [...model.variables, ...model.buffers];
    const records = [];
    for (let step = from; step < to; step++) {
      optimizer.learningRate = learningRate * schedule({ step, steps: STEPS });
      const record = await algorithm.step({ ...model, baseOptimizer: optimizer });
      average.update(kept);
      average.validate?.(record.loss);
      clips.push(record.clipped!);
      records.push(record);
    }
    return records;
  };
  const save = ({ model, algorithm, optimizer, average }: Run) => ({
    weights: [...model.variables, ...model.buffers].map((variable) => tf.clone(variable)),
    states: [algorithm.state(), optimizer.state(), average.state()] as const,
  });
  const end = ({ model, algorithm, optimizer, average }: Run) => {
    for (const part of [model, algorithm, optimizer, average]) part.dispose();
  };

  const whole = begin();
  const records = await take(whole, 0, STEPS);
  const first = begin();
  await take(first, 0, 11);
  const saved = save(first);
  end(first);
  const second = begin();
  for (const [index, variable] of [...second.model.variables, ...second.model.buffers].entries()) {
    variable.assign(saved.weights[index]!);
  }
  second.algorithm.restore(saved.states[0]);
  second.optimizer.restore(saved.states[1]);
  second.average.restore(saved.states[2]);
  tf.dispose([saved.weights, ...saved.states]);
  expect(await take(second, 11, STEPS)).toEqual(records.slice(11));
  const everything = ({ model, average }: Run) => {
    const kept = [...model.variables, ...model.buffers];
    return [bits(kept), average.during(kept, () => bits(kept))];
  };
  expect(everything(second)).toEqual(everything(whole));
  expect(new Set(clips)).toEqual(new Set([true, false])); // both kinds of steps occurred
  end(whole);
  end(second);
});
