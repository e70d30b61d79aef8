/**
 * Group distributionally robust optimization: domains with a high loss gain weight from step to step.
 *
 * Source: S. Sagawa, P. W. Koh, T. B. Hashimoto, P. Liang, "Distributionally robust neural networks for group shifts",
 * ICLR 2020, arXiv 1911.08731, algorithm 1, with the default of DomainBed.
 *
 *     q_k ← q_k exp(η L_k(θ))                          for the domains present
 *     G   = Σ_k p_k ∇L_k(θ),   p_k = w_k q_k / Σ_j w_j q_j
 *
 * q begins at 1 and is scaled after each step so that the domains present keep the sum they had: a domain without a batch
 * keeps its q, a new one enters with the mean, and with all present p is the q of the paper. The weights need this step's
 * losses, yet no pass of their own: gradients are summed as Σ w_k q_k ∇L_k and divided by Σ w_k q_k at the end.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Algorithm } from "../contract.js";
import { atLeast, resolveOptions } from "../options.js";
import {
  type CommonOptions,
  commonChecks,
  commonDefaults,
  type ResolvedCommonOptions,
} from "../step/common-options.js";
import type { Passes } from "../step/passes.js";
import { createAlgorithm } from "../step/step.js";
import type { StepState } from "../step/step-state.js";
import { WeightedSum } from "../step/weighted-sum.js";
import { sumBuffers } from "./erm.js";

/** Options of {@link groupDro}. */
export interface GroupDroOptions extends CommonOptions {
  /** η, how fast weights follow the losses, 0 or more; 0.01 by default. At 0 the weights stay equal: ERM. */
  readonly eta?: number;
}

interface Resolved extends ResolvedCommonOptions {
  readonly eta: number;
}

const PREFIX = "q/";

/** One step's q, from the losses as they come. */
class DomainWeights {
  readonly #passes: Passes;
  readonly #state: StepState;
  readonly #eta: number;
  readonly #next: tf.Scalar[] = [];

  constructor(passes: Passes, state: StepState, eta: number) {
    this.#passes = passes;
    this.#state = state;
    this.#eta = eta;
  }

  #before(domain: string): tf.Scalar {
    return (this.#state.get(PREFIX + domain) as tf.Scalar | undefined) ?? tf.scalar(1);
  }

  /** w_k q_k exp(η L_k) of the next domain in order, from its loss of one element. */
  add(loss: tf.Tensor): tf.Scalar {
    const { name, weight } = this.#passes.domains[this.#next.length]!;
    const q = tf.mul<tf.Scalar>(this.#before(name), tf.exp(tf.mul(tf.reshape(loss, []), this.#eta)));
    this.#next.push(q);
    return tf.mul(q, weight);
  }

  /** Proposes the scaled q as state. */
  propose(): void {
    const { domains } = this.#passes;
    const before = tf.addN(domains.map(({ name }) => this.#before(name)));
    const factor = tf.div(before, tf.addN(this.#next));
    for (const [k, { name }] of domains.entries()) this.#state.set(PREFIX + name, tf.mul(this.#next[k]!, factor));
  }
}

function separate(passes: Passes, weights: DomainWeights): tf.NamedTensorMap {
  const sum = new WeightedSum();
  const shares: tf.Scalar[] = [];
  for (const domain of passes.domains) {
    const { map, losses } = passes.clean(domain);
    const share = weights.add(losses);
    shares.push(share);
    sum.add(share, map);
  }
  weights.propose();
  const normalized = new WeightedSum();
  normalized.add(tf.reciprocal(tf.addN(shares)), sum.value);
  return normalized.value;
}

function joint(passes: Passes, weights: DomainWeights): tf.NamedTensorMap {
  return passes.cleanJoint((outputs) => {
    const shares = outputs.map(({ loss }) => constant(weights.add(loss)));
    weights.propose();
    const total = tf.addN(shares);
    return tf.addN(outputs.map(({ loss }, k) => tf.mul<tf.Scalar>(loss, tf.div(shares[k]!, total))));
  });
}

/** The value of a scalar, through which no gradient flows. */
function constant(value: tf.Scalar): tf.Scalar {
  const identity = tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy) => tf.zerosLike(dy) }));
  return identity(value) as tf.Scalar;
}

/**
 * GroupDRO. 1 forward-backward per sample; 1 parameter-sized buffer, none with one domain or `batchNormPass: "mixed"`.
 * Its state has a float32 scalar `q/<domain>` for every domain that it met.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function groupDro(options: GroupDroOptions = {}): Algorithm {
  const defaults: Resolved = { ...commonDefaults, eta: 0.01 };
  const resolved = resolveOptions<Resolved>("groupDro", options, defaults, { ...commonChecks, eta: atLeast(0) });
  return createAlgorithm(
    {
      name: "groupDro",
      forwardBackwardsPerSample: () => 1,
      parameterBuffers: (domains) => sumBuffers(resolved, domains),
      gradient(passes, _, state) {
        const weights = new DomainWeights(passes, state, resolved.eta);
        return resolved.batchNormPass === "mixed" ? joint(passes, weights) : separate(passes, weights);
      },
      checkState: (name, { rank, dtype }) =>
        name.startsWith(PREFIX) && rank === 0 && dtype === "float32" ? undefined : "a float32 scalar q/<domain>",
    },
    resolved,
  );
}
