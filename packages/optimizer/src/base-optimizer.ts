/** What the base optimizers of this package share: checks, slots, the learning rate, state. */
import * as tf from "@tensorflow/tfjs-core";
import type { BaseOptimizer } from "./contract.js";
import { OptionError } from "./errors.js";
import { atLeast } from "./options.js";
import { Slots } from "./slots.js";

/** How one optimizer updates its variables. */
export interface UpdateRule {
  /** See {@link BaseOptimizer.name}. */
  readonly name: string;
  /** Names of its slots. */
  readonly slots: readonly string[];
  /**
   * Assigns the variables their new values and replaces the slots. Runs in a `tf.tidy`.
   *
   * @param gradients of the variables, in their order
   * @param step counts updates, 1 for the first
   */
  update(
    variables: readonly tf.Variable[],
    gradients: readonly tf.Tensor[],
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
      const inOrder = variables.map(({ name }) => gradients[name]!);
      tf.tidy(() => rule.update(variables, inOrder, slots, learningRate, slots.step + 1));
      slots.step += 1;
    },
    state: () => slots.state(),
    restore: (state) => slots.restore(state),
    dispose: () => slots.dispose(),
  };
}
