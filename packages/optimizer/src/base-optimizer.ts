/** What the base optimizers of this package share: checks, slots, the learning rate, state. */
import * as tf from "@tensorflow/tfjs-core";
import type { BaseOptimizer } from "./contract.js";
import { OptionError } from "./errors.js";
import { atLeast } from "./options.js";
import { Slots } from "./slots.js";

/** How one optimizer updates one variable. */
export interface UpdateRule {
  /** See {@link BaseOptimizer.name}. */
  readonly name: string;
  /** Names of its slots. */
  readonly slots: readonly string[];
  /**
   * Assigns the variable its new value and replaces its slots. Runs in a `tf.tidy`.
   *
   * @param step counts updates, 1 for the first
   */
  update(
    variable: tf.Variable,
    index: number,
    gradient: tf.Tensor,
    slots: Slots,
    learningRate: number,
    step: number,
  ): void;
}

/** Throws unless a learning rate is a finite number of 0 or more. */
export function checkLearningRate(name: string, learningRate: number): void {
  const expected = atLeast(0)(learningRate);
  if (expected !== undefined) throw new OptionError(`${name}.learningRate`, expected, learningRate);
}

/** The base optimizer that updates by `rule`. */
export function createBaseOptimizer(rule: UpdateRule, initialLearningRate: number): BaseOptimizer {
  const slots = new Slots(rule.name, rule.slots);
  let learningRate = initialLearningRate;
  return {
    name: rule.name,
    get learningRate() {
      return learningRate;
    },
    set learningRate(value: number) {
      checkLearningRate(rule.name, value);
      learningRate = value;
    },
    applyGradients(gradients, variables) {
      slots.prepare(gradients, variables);
      slots.step += 1;
      for (const [index, variable] of variables.entries()) {
        tf.tidy(() => rule.update(variable, index, gradients[variable.name]!, slots, learningRate, slots.step));
      }
    },
    state: () => slots.state(),
    restore: (state) => slots.restore(state),
    dispose: () => slots.dispose(),
  };
}
