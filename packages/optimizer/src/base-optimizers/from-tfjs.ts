/**
 * A stock TensorFlow.js optimizer as a base optimizer. It cannot be saved: the stock ones give their state only
 * asynchronously, and Adam and Adamax do not go on exactly from it. Use `sgd` or `adam` of this package for runs that
 * are to resume.
 */
import type { Optimizer } from "@tensorflow/tfjs-core";
import type { BaseOptimizer } from "../contract.js";
import { StateError, VariableSetError } from "../errors.js";
import { checkLearningRate } from "./base-optimizer.js";

/**
 * Wraps a stock optimizer, which stays the caller's to configure; `dispose` disposes it. `state` and `restore` throw
 * StateError.
 *
 * @throws StateError when the optimizer has no learning rate to read
 */
export function fromTfjs(optimizer: Optimizer): BaseOptimizer {
  const name = optimizer.getClassName();
  // Every stock optimizer has the property, declared as protected; those built on plain gradient descent keep the rate
  // in a tensor besides and have a setter that renews both.
  const rated = optimizer as unknown as { learningRate: number; setLearningRate?: (rate: number) => void };
  if (typeof rated.learningRate !== "number") throw new StateError(`${name}: has no learningRate`);
  const refuse = (): never => {
    throw new StateError(`${name}: the state of a TensorFlow.js optimizer cannot be saved exactly; use sgd or adam`);
  };
  return {
    name,
    get learningRate() {
      return rated.learningRate;
    },
    set learningRate(value: number) {
      checkLearningRate(name, value);
      if (rated.setLearningRate === undefined) rated.learningRate = value;
      else rated.setLearningRate(value);
    },
    applyGradients(gradients, variables) {
      const named = variables.map((variable) => {
        const tensor = gradients[variable.name];
        if (tensor === undefined) throw new VariableSetError(`${name}: no gradient for variable "${variable.name}"`);
        return { name: variable.name, tensor };
      });
      optimizer.applyGradients(named);
    },
    state: refuse,
    restore: refuse,
    dispose: () => optimizer.dispose(),
  };
}
