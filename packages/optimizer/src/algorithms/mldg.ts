/**
 * Meta-learning domain generalization, first order: a step that lowers one domain's loss should lower another's too.
 *
 * Source: D. Li, Y. Yang, Y.-Z. Song, T. M. Hospedales, "Learning to generalize: meta-learning for domain generalization",
 * AAAI 2018, arXiv 1710.03463, algorithm 1, in the pairwise first-order form of DomainBed. In an order drawn for
 * each step every domain is once the meta-train domain, and once the meta-test domain of the one before it:
 *
 *     θ_k = θ − γ ∇L_k(θ)                        innerStep "sgd", or
 *         = θ − γ ∇L_k(θ) / (|∇L_k(θ)| + 1e-8)   innerStep "adam": the first step of a new Adam, entry by entry
 *     h_j = ∇L_j(θ_k)                            j follows k in the order; the last is followed by the first
 *     G   = Σ_k w_k ∇L_k(θ) + β Σ_j w_j h_j      applied at θ, which is restored exactly
 *
 * No gradient flows through the inner step (the paper's second-order term is left out). A single domain follows itself.
 * Batch-norm hazard: name the running statistics as `buffers`, or the meta-test passes move them too.
 */
import { clone } from "@roga/tensor-utils";
import * as tf from "@tensorflow/tfjs-core";
import type { Algorithm } from "../contract.js";
import { atLeast, oneOf, optional, resolveOptions } from "../options.js";
import {
  type CommonOptions,
  commonChecks,
  commonDefaults,
  type ResolvedCommonOptions,
} from "../step/common-options.js";
import type { Passes } from "../step/passes.js";
import { createAlgorithm } from "../step/step.js";
import { WeightedSum } from "../step/weighted-sum.js";

/** Options of {@link mldg}. */
export interface MldgOptions extends CommonOptions {
  /** β, the weight of the meta-test gradients, 0 or more; 1 by default. */
  readonly beta?: number;
  /** γ, 0 or more; by default the base optimizer's learning rate at the step. */
  readonly innerLearningRate?: number | undefined;
  /** The inner step: `"adam"` (default), as DomainBed takes it, or plain `"sgd"`, as the paper does. */
  readonly innerStep?: "adam" | "sgd";
  /** `"random"` (default): an order drawn for each step, from `seed`. `"given"`: that of `domainLosses`. */
  readonly order?: "random" | "given";
  /** Random numbers of the meta-test passes: the clean ones', `"reuse"` (default), or their own, `"fresh"`. */
  readonly perturbedRandomness?: "reuse" | "fresh";
}

interface Resolved extends ResolvedCommonOptions {
  readonly beta: number;
  readonly innerLearningRate: number | undefined;
  readonly innerStep: "adam" | "sgd";
  readonly order: "random" | "given";
  readonly perturbedRandomness: "reuse" | "fresh";
}

const defaults: Resolved = {
  ...commonDefaults,
  beta: 1,
  innerLearningRate: undefined,
  innerStep: "adam",
  order: "random",
  perturbedRandomness: "reuse",
};

const ADAM_EPSILON = 1e-8;

/** The variables' values after the inner step, by name. Disposes the gradient, tensor by tensor. */
function afterInnerStep(
  variables: readonly tf.Variable[],
  gradient: tf.NamedTensorMap,
  rate: number,
  kind: "adam" | "sgd",
): tf.NamedTensorMap {
  const point: tf.NamedTensorMap = {};
  for (const variable of variables) {
    const g = gradient[variable.name]!;
    point[variable.name] = tf.tidy(() => {
      const direction = kind === "sgd" ? g : tf.div(g, tf.add(tf.abs(g), ADAM_EPSILON));
      return tf.sub(variable, tf.mul(direction, rate));
    });
    g.dispose();
  }
  return point;
}

function gradient(passes: Passes, options: Resolved): tf.NamedTensorMap {
  const { beta, innerStep, innerLearningRate = passes.learningRate } = options;
  const order = options.order === "random" ? passes.stream("mldg").shuffle(passes.domains) : passes.domains;
  const follower = new Map(order.map(({ name }, index) => [name, order[(index + 1) % order.length]!]));
  const sum = new WeightedSum();
  // One domain after another as given, whatever the order of the meta-tests: so batch-norm statistics move as in ERM.
  for (const train of passes.domains) {
    const { map } = passes.clean(train);
    sum.add(train.weight, clone(map));
    const point = afterInnerStep(passes.variables, map, innerLearningRate, innerStep);
    const test = follower.get(train.name)!;
    const terms = [{ name: test.name, weight: beta * test.weight }];
    passes.perturbed(point, train.name, terms, sum, options.perturbedRandomness === "fresh");
  }
  return sum.value;
}

/**
 * MLDG. 2 forward-backwards per sample (2K with `batchNormPass: "mixed"`); 2 parameter-sized buffers. The record's
 * `perturbedLoss` is that of the meta-test passes, times β.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function mldg(options: MldgOptions = {}): Algorithm {
  const resolved = resolveOptions<Resolved>("mldg", options, defaults, {
    ...commonChecks,
    beta: atLeast(0),
    innerLearningRate: optional(atLeast(0)),
    innerStep: oneOf("adam", "sgd"),
    order: oneOf("random", "given"),
    perturbedRandomness: oneOf("reuse", "fresh"),
  });
  return createAlgorithm(
    {
      name: "mldg",
      forwardBackwardsPerSample: (domains) => (resolved.batchNormPass === "mixed" ? 2 * domains : 2),
      parameterBuffers: () => 2,
      gradient: (passes) => gradient(passes, resolved),
    },
    resolved,
  );
}
