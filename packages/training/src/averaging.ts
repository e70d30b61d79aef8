/**
 * Averages of the weights in a training run: which variables enter, what is done about batch normalisation, and how
 * validation and checkpoints come to see the averages while training goes on from the present weights.
 *
 * The running statistics that the model holds were made by the present weights, not by their average. Either they are
 * averaged along, as the exponential averages of Inception and EfficientNet are trained; or they are made anew under the
 * averages, from training batches in training mode, as by SWA (Izmailov et al., UAI 2018) and by SWAD's code.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { recomputeStatistics, StateError, type Swad, type WeightAverage, withSeededRandom } from "@roga/optimizer";
import * as tf from "@tensorflow/tfjs-core";
import { type BatchStatistics, batchStatistics } from "./batch-statistics.js";
import { disposeBatches, loadStep, readAhead } from "./batches.js";
import { trainingForwards } from "./domain-losses.js";
import { TrainOptionsError } from "./errors.js";
import { trainableVariables } from "./model-weights.js";
import type { AveragingOptions, TrainOptions } from "./train-options.js";

/** What is done about batch normalisation where nothing was asked for. */
function usualStatistics({ name }: WeightAverage): "average" | "recompute" {
  return name === "ema" ? "average" : "recompute";
}

/** What an average is called in logs and checkpoints: `ema`, or where its statistics are not the usual ones `ema, recompute`. */
function averageName({ weights, statistics = usualStatistics(weights) }: AveragingOptions): string {
  return statistics === usualStatistics(weights) ? weights.name : `${weights.name}, ${statistics}`;
}

/** The averages of one run. */
export class Averaging {
  /** What it is called in logs and checkpoints, see {@link averageName}. */
  readonly name: string;
  readonly #average: WeightAverage | Swad;
  readonly #options: TrainOptions;
  readonly #variables: readonly tf.Variable[];
  /** The statistics to recompute; none where they are averaged along. */
  readonly #statistics: BatchStatistics;
  readonly #steps: number;
  readonly #validateEvery: number | undefined;
  readonly #batchNormPass: "perDomain" | "mixed";

  /** @throws TrainOptionsError for options out of range, or a model whose statistics cannot be recomputed */
  constructor(options: TrainOptions, averaging: AveragingOptions) {
    const { plan, model } = options;
    const { weights, recomputeSteps = plan.stepsPerEpoch, batchNormPass = "perDomain" } = averaging;
    const { statistics = usualStatistics(weights) } = averaging;
    if (statistics !== "average" && statistics !== "recompute") {
      throw new TrainOptionsError("average.statistics", `expected "average" or "recompute", got ${statistics}`);
    }
    if (!(Number.isSafeInteger(recomputeSteps) && recomputeSteps >= 1)) {
      throw new TrainOptionsError(
        "average.recomputeSteps",
        `expected a whole number of at least 1, got ${recomputeSteps}`,
      );
    }
    const { validateEvery } = averaging;
    if (validateEvery !== undefined && !("validate" in weights)) {
      const detail = `expected none, for ${weights.name} goes by no losses, got ${validateEvery}`;
      throw new TrainOptionsError("average.validateEvery", detail);
    }
    if (validateEvery !== undefined && !(Number.isSafeInteger(validateEvery) && validateEvery >= 1)) {
      throw new TrainOptionsError(
        "average.validateEvery",
        `expected a whole number of at least 1, got ${validateEvery}`,
      );
    }
    const { trainable } = trainableVariables(model);
    const found = batchStatistics(model);
    this.name = averageName(averaging);
    this.#average = weights;
    this.#options = options;
    this.#variables = statistics === "average" ? [...trainable, ...found.variables] : trainable;
    this.#statistics = statistics === "average" ? { variables: [], momentum: 0 } : found;
    this.#steps = Math.min(recomputeSteps, plan.stepsPerEpoch);
    this.#batchNormPass = batchNormPass;
    this.#validateEvery = validateEvery;
  }

  /** Takes in the present weights. */
  update(): void {
    this.#average.update(this.#variables);
  }

  /** Whether it wants to be told the loss of the present weights at each validation. */
  get takesLosses(): boolean {
    return "validate" in this.#average;
  }

  /** Whether it wants to be told a loss after this step, which ends no epoch. */
  takesLossAfter(step: number): boolean {
    if (this.#validateEvery === undefined || step % this.#validateEvery !== 0) return false;
    // Nothing changes a SWAD average after its end.
    return "end" in this.#average && this.#average.end === undefined;
  }

  /** How many losses within epochs it wants in so many steps, about. */
  lossesIn(steps: number): number {
    return this.#validateEvery === undefined ? 0 : Math.floor(steps / this.#validateEvery);
  }

  /** Tells the validation loss of the present weights. */
  validate(loss: number): void {
    if ("validate" in this.#average) this.#average.validate(loss);
  }

  /** Its state as new tensors, which the caller disposes. */
  state(): tf.NamedTensorMap {
    return this.#average.state();
  }

  /** Goes on from such a state; the tensors stay the caller's. */
  restore(state: tf.NamedTensorMap): void {
    this.#average.restore(state);
  }

  /**
   * Runs `run` with the averages in the model, and puts the present weights and statistics back afterwards, bit for bit.
   *
   * @param epoch - The epoch, from 0, whose batches make the statistics.
   * @returns What `run` returns; `null`, without running it, where nothing was averaged yet.
   */
  async during<T>(epoch: number, run: () => Promise<T>): Promise<T | null> {
    let empty = true;
    try {
      return await this.#average.during(this.#variables, async () => {
        empty = false;
        const before = this.#statistics.variables.map((variable) => tf.keep(tf.clone(variable)));
        try {
          await this.#recompute(epoch);
          return await run();
        } finally {
          for (const [index, variable] of this.#statistics.variables.entries()) variable.assign(before[index]!);
          tf.dispose(before);
        }
      });
    } catch (error) {
      if (empty && error instanceof StateError) return null;
      throw error;
    }
  }

  async #recompute(epoch: number): Promise<void> {
    const { variables, momentum } = this.#statistics;
    if (variables.length > 0) await recomputeStatistics(variables, this.#forwards(epoch), { momentum });
  }

  /** The forwards over an epoch's batches, whose dropout is a function of seed, epoch and step alone. */
  async *#forwards(epoch: number): AsyncGenerator<() => undefined> {
    const { plan, loader, model, microBatch, seed, signal } = this.#options;
    const loads = Array.from({ length: this.#steps }, (_, step) => () => loadStep(loader, plan.step(epoch, step)));
    let step = 0;
    for await (const batches of readAhead(loads, disposeBatches)) {
      try {
        const forwards = trainingForwards(model, batches, this.#batchNormPass, microBatch);
        for (const [index, forward] of forwards.entries()) {
          yield () => withSeededRandom(`statistics/${seed}/${epoch}/${step}/${index}`, forward);
        }
      } finally {
        disposeBatches(batches);
      }
      step += 1;
      // An engine on this thread answers without leaving it; a turn of the loop lets timers and signals through.
      await nextTurn();
      signal?.throwIfAborted();
    }
  }
}
