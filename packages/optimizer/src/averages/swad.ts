/**
 * SWAD, stochastic weight averaging densely (Cha et al., NeurIPS 2021, arXiv 2102.08604, Algorithm 1): the uniform average
 * of the weights of every step between the point where the validation loss has converged and the one where it begins to
 * overfit. With v_i the loss of the i-th validation, from 1:
 *
 *     start  t_s = i − n_s + 1 at the first i with v_{t_s} = min(v_{t_s}, …, v_i);   l = r · mean(v_{t_s}, …, v_i)
 *     end    t_e = i − n_e at the first later i with l < min(v_{i−n_e+1}, …, v_i);   the last validation if there is none
 *
 * The average runs over the steps up to validation t_e from those after validation t_s − 1, or from the first where no
 * start was found. Validating every so many steps thus averages whole segments of steps, as the authors' code does.
 *
 * Nothing but the segments whose fate is open is kept apart: up to n_s − 1 before the start and n_e − 1 after it, and only
 * while the loss is above l. With the average and the present segment that is max(n_s, n_e) + 1 buffers of the weights'
 * size at most, and 2 in the middle of a valley.
 */
import * as tf from "@tensorflow/tfjs-core";
import { RunningAverage } from "../algorithms/running-average.js";
import { StateError, StepContextError } from "../errors.js";
import { atLeast, positiveCount, resolveOptions } from "../options.js";
import { counters, createWeightAverage, listed, requireNames, shapeOf, type WeightAverage } from "./weight-average.js";

/** Options of {@link swad}. */
export interface SwadOptions {
  /** n_s, 1 or more: of how many validations in a row the first must be the best for a start; 3 by default. */
  readonly convergencePatience?: number;
  /** n_e, 1 or more: how many validations in a row must be above l for an end; 6 by default. */
  readonly overfitPatience?: number;
  /** r, 1 or more: how far above the losses at the start l lies; 1.3 by default. */
  readonly tolerance?: number;
}

/** A SWAD average, which has to be told of validations. */
export interface Swad extends WeightAverage {
  /** t_s, the validation at the start, from 1; undefined before it was found. */
  readonly start: number | undefined;
  /** t_e, the validation at the end; undefined before it was found. Later updates and validations change nothing. */
  readonly end: number | undefined;
  /**
   * Takes in the validation loss of the present weights (not of the averages), which closes the segment of the updates
   * since the validation before. Updates after the last validation are in no average.
   *
   * @param loss finite, 0 or more; taken as float32
   * @throws StepContextError for another loss, or without an update since the validation before
   */
  validate(loss: number): void;
}

/** The average of the steps between two validations, and the loss at the second. */
interface Segment {
  readonly average: RunningAverage;
  readonly loss: number;
}

/** The number of integers in a state besides those of the pending segments. */
const FIXED = 5;

/** The segments of one run and what is decided of them. */
class Valley {
  readonly #options: Required<SwadOptions>;
  /** Steps that belong to the average for certain; before the start, those that do if none is found. */
  #settled = new RunningAverage();
  /** Steps since the last validation. */
  #current = new RunningAverage();
  #pending: Segment[] = [];
  #validations = 0;
  #threshold = 0;
  start = 0;
  end = 0;

  constructor(options: Required<SwadOptions>) {
    this.#options = options;
  }

  update(values: readonly tf.Tensor[]): void {
    if (this.end === 0) this.#current.add(values);
  }

  validate(loss: number): void {
    const expected = atLeast(0)(Math.fround(loss));
    if (expected !== undefined)
      throw new StepContextError(`swad: the validation loss must be ${expected}, got ${loss}`);
    if (this.end > 0) return;
    if (this.#current.weight === 0) throw new StepContextError("swad: expected an update since the validation before");
    this.#validations += 1;
    this.#pending.push({ average: this.#current, loss: Math.fround(loss) });
    this.#current = new RunningAverage();
    if (this.start === 0) this.#seekStart();
    else this.#seekEnd();
  }

  #seekStart(): void {
    const { convergencePatience, tolerance } = this.#options;
    if (this.#pending.length < convergencePatience) return;
    const losses = this.#pending.map(({ loss }) => loss);
    if (losses[0]! > Math.min(...losses)) {
      this.#settle(1);
      return;
    }
    this.start = this.#validations - convergencePatience + 1;
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / convergencePatience;
    this.#threshold = Math.fround(tolerance * mean);
    this.#settled.dispose(); // the steps before the start
    this.#settle(losses.findLastIndex((loss) => loss <= this.#threshold) + 1);
  }

  #seekEnd(): void {
    const { overfitPatience } = this.#options;
    const above = this.#pending.every(({ loss }) => loss > this.#threshold);
    if (!above) this.#settle(this.#pending.length);
    if (this.#pending.length < overfitPatience) return;
    this.#settle(this.#pending.length - overfitPatience);
    for (const { average } of this.#pending.splice(0)) average.dispose();
    this.end = this.#validations - overfitPatience;
  }

  /** Adds the first of the pending segments to the average. */
  #settle(length: number): void {
    for (const { average } of this.#pending.splice(0, length)) {
      this.#settled.add(average.values, average.weight);
      average.dispose();
    }
  }

  averages(): tf.Tensor[] {
    if (this.#pending.length === 0) return this.#settled.values.map((value) => tf.clone(value));
    const whole = this.#settled.copy();
    for (const { average } of this.#pending) whole.add(average.values, average.weight);
    const values = whole.values.map((value) => tf.clone(value));
    whole.dispose();
    return values;
  }

  state(): tf.NamedTensorMap {
    const weights = [this.#settled, this.#current, ...this.#pending.map(({ average }) => average)];
    const numbers = [this.#validations, this.start, this.end, ...weights.map(({ weight }) => weight)];
    return {
      counters: tf.tensor1d(numbers, "int32"),
      losses: tf.tensor1d([this.#threshold, ...this.#pending.map(({ loss }) => loss)], "float32"),
      ...this.#settled.save("settled"),
      ...this.#current.save("current"),
      ...Object.assign({}, ...this.#pending.map(({ average }, index) => average.save(`pending/${index}`))),
    };
  }

  restore(state: tf.NamedTensorMap): readonly string[] | undefined {
    const numbers = counters("swad", state, "counters");
    const pending = numbers.slice(FIXED);
    const prefixes = ["settled", "current", ...pending.map((_, index) => `pending/${index}`)];
    const lists = prefixes.map((prefix) => listed(state, prefix));
    const names = prefixes.flatMap((prefix, i) => lists[i]!.map((_, index) => `${prefix}/${index}`));
    requireNames("swad", state, ["counters", "losses", ...names]);
    const losses = state.losses!;
    const weights = numbers.slice(FIXED - 2);
    const whole = numbers.length >= FIXED && lists.every((list, index) => list.length > 0 === weights[index]! > 0);
    if (!whole || losses.dtype !== "float32" || losses.shape.join() !== `${pending.length + 1}`) {
      throw new StateError("swad: expected a state with a weight and a loss for every segment");
    }
    const [threshold = 0, ...pendingLosses] = losses.dataSync();
    const averages = lists.map((list, index) => RunningAverage.of(list, weights[index]!));
    this.dispose();
    [this.#validations, this.start, this.end] = numbers as [number, number, number];
    [this.#settled, this.#current] = averages as [RunningAverage, RunningAverage];
    this.#pending = averages.slice(2).map((average, index) => ({ average, loss: pendingLosses[index]! }));
    this.#threshold = threshold;
    return lists.find((list) => list.length > 0)?.map(shapeOf);
  }

  dispose(): void {
    for (const { average } of this.#pending.splice(0)) average.dispose();
    this.#settled.dispose();
    this.#current.dispose();
    [this.#validations, this.#threshold, this.start, this.end] = [0, 0, 0, 0];
  }
}

/**
 * A SWAD average.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function swad(options: SwadOptions = {}): Swad {
  const defaults = { convergencePatience: 3, overfitPatience: 6, tolerance: 1.3 };
  const checks = { convergencePatience: positiveCount, overfitPatience: positiveCount, tolerance: atLeast(1) };
  const valley = new Valley(resolveOptions("swad", options, defaults, checks));
  return {
    ...createWeightAverage({
      name: "swad",
      update: (values) => valley.update(values),
      averages: () => valley.averages(),
      state: () => valley.state(),
      restore: (state) => valley.restore(state),
      dispose: () => valley.dispose(),
    }),
    get start() {
      return valley.start || undefined;
    },
    get end() {
      return valley.end || undefined;
    },
    validate: (loss) => valley.validate(loss),
  };
}
