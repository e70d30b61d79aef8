/**
 * Weight averaging over any algorithm: what averages of the variables' values have in common, whichever they are.
 *
 *     const average = ema({ decay: 0.999 });
 *     await algorithm.step(context);
 *     average.update(context.variables);                        // after every step
 *     await average.during(context.variables, () => validate()); // with the averages in place, then back at θ bit for bit
 *     average.assignTo(context.variables);                      // at the end
 *
 * Batch norm: the averaged weights never made the running statistics that the model holds. Either average those too, by
 * passing them after the variables in every call, or renew them under the averages with `recomputeStatistics`.
 */
import * as tf from "@tensorflow/tfjs-core";
import { StateError, VariableSetError } from "../errors.js";

/** An average of the values that variables take on as training goes on. */
export interface WeightAverage {
  /** The name it is known by, such as `ema`. */
  readonly name: string;
  /**
   * Takes in the variables' present values; call it after every step.
   *
   * @param variables float32, the same ones in the same order in every call; averages belong to them by position
   * @throws VariableSetError for other shapes than before; StateError within `during`
   */
  update(variables: readonly tf.Variable[]): void;
  /**
   * Runs `run` with the averages in the variables, and puts the variables' own values back afterwards, bit for bit, also
   * when it throws. With an asynchronous `run` that is when its promise settles; until then no step may be taken.
   *
   * @returns what `run` returns
   * @throws StateError where nothing was averaged yet, or within `during`; VariableSetError for other shapes
   */
  during<T>(variables: readonly tf.Variable[], run: () => T): T;
  /**
   * Assigns the averages to the variables for good.
   *
   * @throws StateError where nothing was averaged yet, or within `during`; VariableSetError for other shapes
   */
  assignTo(variables: readonly tf.Variable[]): void;
  /** Its state as new tensors, named by kind and position (`average/0`); the caller disposes them. */
  state(): tf.NamedTensorMap;
  /**
   * Goes on, bit for bit, from a state that `state` gave; the tensors stay the caller's.
   *
   * @throws StateError, before anything is changed, when it is not such a state
   */
  restore(state: tf.NamedTensorMap): void;
  /** Frees the averages and begins anew. */
  dispose(): void;
}

/** How one average is formed. */
export interface AverageRule {
  /** See {@link WeightAverage.name}. */
  readonly name: string;
  /** Takes in values of the shapes of those before. Runs in a `tf.tidy`. */
  update(values: readonly tf.Tensor[]): void;
  /** The averages as tensors that the caller disposes; none where there are none yet. */
  averages(): tf.Tensor[];
  /** See {@link WeightAverage.state}. */
  state(): tf.NamedTensorMap;
  /** See {@link WeightAverage.restore}. Gives the shapes of the restored averages, or undefined where there are none. */
  restore(state: tf.NamedTensorMap): readonly string[] | undefined;
  /** See {@link WeightAverage.dispose}. */
  dispose(): void;
}

/** A shape as text, to compare and to show. */
export function shapeOf({ shape }: tf.Tensor): string {
  return `[${shape}]`;
}

/** The average that is formed by `rule`. */
export function createWeightAverage(rule: AverageRule): WeightAverage {
  let shapes: readonly string[] | undefined;
  let inPlace = false;
  const check = (variables: readonly tf.Variable[]) => {
    if (inPlace) throw new StateError(`${rule.name}: expected a call outside of "during", got one within`);
    const got = variables.map(shapeOf);
    const wrong = got.findIndex((shape, index) => shapes !== undefined && shape !== shapes[index]);
    if (got.length === (shapes ?? got).length && wrong < 0) return;
    const expected = `those averaged before, of shapes ${shapes!.join(", ")}`;
    throw new VariableSetError(`${rule.name}: expected ${expected}, got ${got.join(", ") || "none"}`);
  };
  const put = (variables: readonly tf.Variable[]) => {
    check(variables);
    const averages = rule.averages();
    if (averages.length === 0) throw new StateError(`${rule.name}: nothing was averaged yet`);
    for (const [index, variable] of variables.entries()) variable.assign(averages[index]!);
    tf.dispose(averages);
  };
  return {
    name: rule.name,
    update(variables) {
      check(variables);
      const values = variables.map((variable) => tf.keep(tf.clone(variable)));
      try {
        tf.tidy(() => rule.update(values));
      } finally {
        tf.dispose(values);
      }
      shapes = variables.map(shapeOf);
    },
    during(variables, run) {
      const theta = variables.map((variable) => tf.keep(tf.clone(variable)));
      const back = () => {
        inPlace = false;
        for (const [index, variable] of variables.entries()) variable.assign(theta[index]!);
        tf.dispose(theta);
      };
      try {
        put(variables);
      } catch (error) {
        tf.dispose(theta);
        throw error;
      }
      inPlace = true;
      let result: ReturnType<typeof run>;
      try {
        result = run();
      } catch (error) {
        back();
        throw error;
      }
      if (result instanceof Promise) return result.finally(back) as typeof result;
      back();
      return result;
    },
    assignTo: put,
    state: () => rule.state(),
    restore(state) {
      if (inPlace) throw new StateError(`${rule.name}: expected a call outside of "during", got one within`);
      shapes = rule.restore(state);
    },
    dispose() {
      shapes = undefined;
      rule.dispose();
    },
  };
}

/** The tensors `prefix/0`, `prefix/1`, … of a state, in order. */
export function listed(state: tf.NamedTensorMap, prefix: string): tf.Tensor[] {
  const found: tf.Tensor[] = [];
  for (let tensor = state[`${prefix}/0`]; tensor !== undefined; tensor = state[`${prefix}/${found.length}`]) {
    found.push(tensor);
  }
  return found;
}

/**
 * The integers of an int32 tensor of a state, of rank 0 or 1.
 *
 * @throws StateError unless there is such a tensor, with integers of 0 or more
 */
export function counters(owner: string, state: tf.NamedTensorMap, name: string): readonly number[] {
  const tensor = state[name];
  const values = tensor !== undefined && tensor.dtype === "int32" && tensor.rank < 2 ? tensor.dataSync() : undefined;
  if (values?.every((value) => value >= 0)) return [...values];
  throw new StateError(`${owner}: expected an int32 tensor "${name}" with integers of 0 or more in the state`);
}

/**
 * Throws unless a state has exactly these names, and float32 tensors under those of averages.
 *
 * @throws StateError
 */
export function requireNames(owner: string, state: tf.NamedTensorMap, names: readonly string[]): void {
  const missing = names.filter((name) => state[name] === undefined);
  const unknown = Object.keys(state).filter((name) => !names.includes(name));
  const integral = names.filter((name) => name.includes("/") && state[name] && state[name].dtype !== "float32");
  if (missing.length + unknown.length + integral.length === 0) return;
  const parts = `missing [${missing.join(", ")}], unknown [${unknown.join(", ")}], not float32 [${integral.join(", ")}]`;
  throw new StateError(`${owner}: expected a state of its own; ${parts}`);
}
