/**
 * Stochastic weight averaging (Izmailov et al., UAI 2018): the uniform average of the weights at some updates,
 *
 *     a_n = a_{n−1} + (θ − a_{n−1}) / n
 *
 * It is meant for the end of training, at a constant or cyclic learning rate; `every` is then the steps of an epoch or
 * of a cycle.
 */
import * as tf from "@tensorflow/tfjs-core";
import { RunningAverage } from "../algorithms/running-average.js";
import { count, positiveCount, resolveOptions } from "../options.js";
import { counters, createWeightAverage, listed, requireNames, shapeOf, type WeightAverage } from "./weight-average.js";

/** Options of {@link swa}. */
export interface SwaOptions {
  /** How many updates at the start are left out; 0 by default. */
  readonly start?: number;
  /** Every how many updates from there on the weights are taken, the first included; 1 or more, 1 by default. */
  readonly every?: number;
}

/**
 * A uniform average of weights, in one buffer of their size.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function swa(options: SwaOptions = {}): WeightAverage {
  const { start, every } = resolveOptions(
    "swa",
    options,
    { start: 0, every: 1 },
    { start: count, every: positiveCount },
  );
  let average = new RunningAverage();
  let updates = 0;
  return createWeightAverage({
    name: "swa",
    update(values) {
      if (updates >= start && (updates - start) % every === 0) average.add(values);
      updates += 1;
    },
    averages: () => average.values.map((value) => tf.clone(value)),
    state: () => ({
      counters: tf.tensor1d([updates, average.weight], "int32"),
      ...average.save("average"),
    }),
    restore(state) {
      const values = listed(state, "average");
      requireNames("swa", state, ["counters", ...values.map((_, index) => `average/${index}`)]);
      const [seen = 0, weight = 0] = counters("swa", state, "counters");
      average.dispose();
      average = RunningAverage.of(values, weight);
      updates = seen;
      return values.length === 0 ? undefined : values.map(shapeOf);
    },
    dispose() {
      average.dispose();
      updates = 0;
    },
  });
}
