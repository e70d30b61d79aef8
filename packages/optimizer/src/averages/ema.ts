/**
 * Exponential moving average of the weights:
 *
 *     a_0 = θ_0;   a_t = d_t a_{t−1} + (1 − d_t) θ_t
 *     d_t = d, or with a warm-up min(d, (1 + t) / (10 + t))
 *
 * with θ_t the weights at update t. The warm-up, as in TensorFlow's `ExponentialMovingAverage`, lets go of the first
 * weights sooner than 1 / (1 − d) steps.
 */
import * as tf from "@tensorflow/tfjs-core";
import { RunningAverage } from "../algorithms/running-average.js";
import { flag, resolveOptions, within } from "../options.js";
import { counters, createWeightAverage, listed, requireNames, shapeOf, type WeightAverage } from "./weight-average.js";

/** Options of {@link ema}. */
export interface EmaOptions {
  /** d in [0, 1): the share of the old average; 0.999 by default. */
  readonly decay?: number;
  /** Whether the decay grows from 2/11 up to d; false by default. */
  readonly warmup?: boolean;
}

/**
 * An exponential moving average of weights, in one buffer of their size.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function ema(options: EmaOptions = {}): WeightAverage {
  const { decay, warmup } = resolveOptions(
    "ema",
    options,
    { decay: 0.999, warmup: false },
    {
      decay: within(0, 1),
      warmup: flag,
    },
  );
  let average = new RunningAverage();
  let updates = 0;
  return createWeightAverage({
    name: "ema",
    update(values) {
      average.blend(values, warmup ? Math.min(decay, (1 + updates) / (10 + updates)) : decay);
      updates += 1;
    },
    averages: () => average.values.map((value) => tf.clone(value)),
    state: () => ({ updates: tf.scalar(updates, "int32"), ...average.save("average") }),
    restore(state) {
      const values = listed(state, "average");
      requireNames("ema", state, ["updates", ...values.map((_, index) => `average/${index}`)]);
      const [count] = counters("ema", state, "updates");
      average.dispose();
      average = RunningAverage.of(values, 0);
      updates = count!;
      return values.length === 0 ? undefined : values.map(shapeOf);
    },
    dispose() {
      average.dispose();
      updates = 0;
    },
  });
}
