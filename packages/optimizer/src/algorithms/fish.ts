/**
 * Fish: a walk of one small step per domain, and a move towards its end.
 *
 * Source: Y. Shi, J. Seely, P. H. S. Torr, N. Siddharth, A. Hannun, N. Usunier, G. Synnaeve, "Gradient matching for domain
 * generalization", ICLR 2022, arXiv 2104.09937, algorithm 1.
 *
 *     θ̃ = θ;  for every domain k in an order drawn for each step:  θ̃ ← θ̃ − γ K w_k ∇L_k(θ̃)
 *     G  = ε (θ − θ̃)/γ = ε Σ_k K w_k ∇L_k(θ̃ before k)            applied at θ, which is restored exactly
 *
 * To second order this descends Σ L_k − (γ/2) Σ_{j≠k} ⟨∇L_j, ∇L_k⟩, so domains' gradients come to agree. With `sgd` without
 * momentum as base optimizer and γ its learning rate, the update is the paper's θ ← θ + ε (θ̃ − θ). DomainBed walks with an
 * Adam that it carries from step to step; here the walk is plain descent and the base optimizer takes its result.
 *
 * Every domain has one pass, at the point the walk has reached: the record's losses and gradient norms are those found
 * there, and batch-norm statistics move in these passes, once for each domain as in an ERM step.
 */
import { combineLists } from "@roga/ops";
import type * as tf from "@tensorflow/tfjs-core";
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
import { named, WeightedSum } from "../step/weighted-sum.js";

/** Options of {@link fish}. */
export interface FishOptions extends CommonOptions {
  /** ε, how far to move towards the end of the walk, 0 or more; 0.5 by default. */
  readonly metaLearningRate?: number;
  /** γ, 0 or more; by default the base optimizer's learning rate at the step. */
  readonly innerLearningRate?: number | undefined;
  /** `"random"` (default): an order drawn for each step, from `seed`. `"given"`: that of `domainLosses`. */
  readonly order?: "random" | "given";
}

interface Resolved extends ResolvedCommonOptions {
  readonly metaLearningRate: number;
  readonly innerLearningRate: number | undefined;
  readonly order: "random" | "given";
}

const defaults: Resolved = {
  ...commonDefaults,
  metaLearningRate: 0.5,
  innerLearningRate: undefined,
  order: "random",
};

/** θ − γ · sum, by name. */
function walked(variables: readonly tf.Variable[], rate: number, sum: tf.NamedTensorMap): tf.NamedTensorMap {
  const names = variables.map(({ name }) => name);
  const sums = names.map((name) => sum[name]!);
  return named(names, combineLists([1, -rate], [variables, sums]));
}

function gradient(passes: Passes, options: Resolved): tf.NamedTensorMap {
  const { metaLearningRate, innerLearningRate = passes.learningRate } = options;
  const order = options.order === "random" ? passes.stream("fish").shuffle(passes.domains) : passes.domains;
  const sum = new WeightedSum();
  for (const [index, domain] of order.entries()) {
    const pass = () => passes.clean(domain).map;
    const map = index === 0 ? pass() : passes.at(walked(passes.variables, innerLearningRate, sum.value), pass);
    sum.add(order.length * domain.weight, map);
  }
  const scaled = new WeightedSum();
  scaled.add(metaLearningRate, sum.value);
  return scaled.value;
}

/**
 * Fish. 1 forward-backward per sample (K with `batchNormPass: "mixed"`); 2 parameter-sized buffers, none with one domain.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function fish(options: FishOptions = {}): Algorithm {
  const resolved = resolveOptions<Resolved>("fish", options, defaults, {
    ...commonChecks,
    metaLearningRate: atLeast(0),
    innerLearningRate: optional(atLeast(0)),
    order: oneOf("random", "given"),
  });
  return createAlgorithm(
    {
      name: "fish",
      forwardBackwardsPerSample: (domains) => (resolved.batchNormPass === "mixed" ? domains : 1),
      parameterBuffers: (domains) => (domains === 1 ? 0 : 2),
      gradient: (passes) => gradient(passes, resolved),
    },
    resolved,
  );
}
