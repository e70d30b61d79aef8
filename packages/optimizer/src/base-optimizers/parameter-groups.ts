/**
 * Parameter groups: variables that a base optimizer updates at another learning rate or weight decay than the rest.
 *
 *     adamw({ learningRate: 2e-4, weightDecay: 0.05, groups: [noDecay, { match: { name: "^head/" }, learningRateFactor: 10 }] })
 *
 * All groups that match a variable apply to it: factors multiply, and the last weight decay counts. Groups are settings,
 * as the learning rate is, and no part of the state, which belongs to variables by position whatever groups they are in.
 */
import type * as tf from "@tensorflow/tfjs-core";
import { OptionError, VariableSetError } from "../errors.js";
import { atLeast } from "../options.js";

/**
 * Which variables are meant: all for which a function returns true, or, as plain data that a configuration file can hold,
 * those of whose name a part matches the regular expression `name` and whose rank is below `rankBelow`, as far as given.
 */
export type VariableMatch =
  | ((variable: tf.Variable) => boolean)
  | {
      /** A regular expression. */
      readonly name?: string | RegExp;
      /** 1 or more. */
      readonly rankBelow?: number;
    };

/** Variables and how their updates differ from the optimizer's settings. */
export interface ParameterGroup {
  /** Which variables; at least one must match. */
  readonly match: VariableMatch;
  /** Times the learning rate, 0 or more; 1 by default. */
  readonly learningRateFactor?: number;
  /** Instead of the optimizer's weight decay, 0 or more. */
  readonly weightDecay?: number;
}

/** No weight decay on variables of rank 0 and 1: biases, and the scales and shifts of normalization layers. */
export const noDecay: ParameterGroup = { match: { rankBelow: 2 }, weightDecay: 0 };

/** Variables that are updated alike. */
export interface Share {
  /** Their positions. */
  readonly indices: readonly number[];
  /** Times the learning rate. */
  readonly learningRateFactor: number;
  /** Their weight decay. */
  readonly weightDecay: number;
}

const KEYS = ["match", "learningRateFactor", "weightDecay"];
const MATCH_KEYS = ["name", "rankBelow"];

/** A function of a variable; throws OptionError where the match is none. */
function predicate(path: string, match: unknown): (variable: tf.Variable) => boolean {
  if (typeof match === "function") return match as (variable: tf.Variable) => boolean;
  const keys = match !== null && typeof match === "object" ? Object.keys(match) : [];
  if (keys.length === 0 || keys.some((key) => !MATCH_KEYS.includes(key))) {
    throw new OptionError(path, "a function, or an object with name or rankBelow", match);
  }
  const { name, rankBelow } = match as { name?: unknown; rankBelow?: unknown };
  const expected = rankBelow === undefined ? undefined : atLeast(1)(rankBelow);
  if (expected !== undefined) throw new OptionError(`${path}.rankBelow`, expected, rankBelow);
  const pattern = name === undefined ? undefined : expression(`${path}.name`, name);
  return (variable) =>
    (pattern === undefined || variable.name.search(pattern) >= 0) &&
    (rankBelow === undefined || variable.rank < (rankBelow as number));
}

function expression(path: string, name: unknown): RegExp {
  if (name instanceof RegExp) return name;
  if (typeof name !== "string") throw new OptionError(path, "a regular expression", name);
  try {
    return new RegExp(name);
  } catch {
    throw new OptionError(path, "a regular expression", name);
  }
}

/** The groups of one base optimizer. */
export class ParameterGroups {
  readonly #path: string;
  readonly #groups: readonly (Omit<ParameterGroup, "match"> & { readonly has: (variable: tf.Variable) => boolean })[];

  /**
   * @param owner name of the optimizer
   * @param groups its option
   * @throws OptionError where that is no list of groups
   */
  constructor(owner: string, groups: readonly ParameterGroup[]) {
    this.#path = `${owner}.groups`;
    if (!Array.isArray(groups)) throw new OptionError(this.#path, "a list of groups", groups);
    this.#groups = groups.map((group: ParameterGroup, index) => {
      const path = `${this.#path}[${index}]`;
      if (group === null || typeof group !== "object") throw new OptionError(path, "a group", group);
      const unknown = Object.keys(group).find((key) => !KEYS.includes(key));
      if (unknown !== undefined) throw new OptionError(path, `only the options ${KEYS.join(", ")}`, unknown);
      for (const key of ["learningRateFactor", "weightDecay"] as const) {
        const expected = group[key] === undefined ? undefined : atLeast(0)(group[key]);
        if (expected !== undefined) throw new OptionError(`${path}.${key}`, expected, group[key]);
      }
      const { match, ...settings } = group;
      return { ...settings, has: predicate(`${path}.match`, match) };
    });
  }

  /**
   * Sorts variables by their settings, in the order of the first of each.
   *
   * @param weightDecay that of the variables in no group that has one
   * @throws VariableSetError for a group that matches no variable
   */
  shares(variables: readonly tf.Variable[], weightDecay: number): readonly Share[] {
    const lonely = this.#groups.findIndex(({ has }) => !variables.some(has));
    if (lonely >= 0) {
      const names = variables.map(({ name }) => name).join(", ");
      throw new VariableSetError(`${this.#path}[${lonely}]: matches none of the variables [${names}]`);
    }
    const shares = new Map<string, Share & { indices: number[] }>();
    for (const [index, variable] of variables.entries()) {
      const own = { learningRateFactor: 1, weightDecay };
      for (const group of this.#groups.filter(({ has }) => has(variable))) {
        own.learningRateFactor *= group.learningRateFactor ?? 1;
        own.weightDecay = group.weightDecay ?? own.weightDecay;
      }
      const key = `${own.learningRateFactor} ${own.weightDecay}`;
      const share = shares.get(key) ?? { ...own, indices: [] };
      share.indices.push(index);
      shares.set(key, share);
    }
    return [...shares.values()];
  }
}
