/** What the base optimizers of this package share: checks, slots, the learning rate, parameter groups, state. */
import * as tf from "@tensorflow/tfjs-core";
import type { BaseOptimizer } from "../contract.js";
import { OptionError } from "../errors.js";
import { atLeast } from "../options.js";
import { type ParameterGroup, ParameterGroups } from "./parameter-groups.js";
import { Slots } from "./slots.js";

/** What is the same for all variables of one update. */
interface UpdateSettings {
  /** lr, with the group's factor. */
  readonly learningRate: number;
  /** λ, the group's or the optimizer's. */
  readonly weightDecay: number;
  /** Counts updates, 1 for the first. */
  readonly step: number;
}

/** How one optimizer updates its variables. */
export interface UpdateRule {
  /** See {@link BaseOptimizer.name}. */
  readonly name: string;
  /** Names of its slots. */
  readonly slots: readonly string[];
  /**
   * Assigns the variables their new values, disposes the slots that it is given and returns new ones. Runs in a
   * `tf.tidy`, once for all variables with the same settings.
   *
   * @param gradients of the variables, in their order
   * @param slots for each name those of the variables, in the order of the names
   */
  update(
    variables: readonly tf.Variable[],
    gradients: readonly tf.Tensor[],
    slots: readonly (readonly tf.Tensor[])[],
    settings: UpdateSettings,
  ): readonly (readonly tf.Tensor[])[];
}

/** The settings that every optimizer of this package has. */
export interface InitialSettings {
  /** lr. */
  readonly learningRate: number;
  /** λ. */
  readonly weightDecay: number;
  /** Groups with settings of their own. */
  readonly groups: readonly ParameterGroup[];
}

/** Throws unless a learning rate is a finite number of 0 or more. */
export function checkLearningRate(name: string, learningRate: number): void {
  const expected = atLeast(0)(learningRate);
  if (expected !== undefined) throw new OptionError(`${name}.learningRate`, expected, learningRate);
}

/**
 * The base optimizer that updates by `rule`.
 *
 * @throws OptionError where groups are none
 */
export function createBaseOptimizer(rule: UpdateRule, initial: InitialSettings): BaseOptimizer {
  const slots = new Slots(rule.name, rule.slots);
  const groups = new ParameterGroups(rule.name, initial.groups);
  const pick = <T>(list: readonly T[], indices: readonly number[]) => indices.map((index) => list[index]!);
  let learningRate = initial.learningRate;
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
      const shares = groups.shares(variables, initial.weightDecay);
      slots.prepare(gradients, variables);
      const inOrder = variables.map(({ name }) => gradients[name]!);
      const step = slots.step + 1;
      for (const { indices, learningRateFactor, weightDecay } of shares) {
        const settings = { learningRate: learningRate * learningRateFactor, weightDecay, step };
        tf.tidy(() => {
          const held = rule.slots.map((slot) => slots.take(slot, indices));
          const updated = rule.update(pick(variables, indices), pick(inOrder, indices), held, settings);
          for (const [index, slot] of rule.slots.entries()) slots.put(slot, indices, updated[index]!);
        });
      }
      slots.step = step;
    },
    state: () => slots.state(),
    restore: (state) => slots.restore(state),
    dispose: () => slots.dispose(),
  };
}
