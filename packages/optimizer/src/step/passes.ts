/**
 * The forward-backward passes of one step. It holds the rules that every algorithm with perturbed passes must keep:
 *
 * - A perturbed pass leaves the variables at θ bit for bit, also when a closure throws: θ is kept by reference and
 *   assigned back, never recomputed by subtracting the perturbation.
 * - Batch-norm hazard: a forward in training mode moves the running statistics. Those that the context names as buffers
 *   move once per clean pass and are put back after every other, so they end where a plain ERM step leaves them.
 * - All passes of a step see the same random numbers, unless told otherwise.
 *
 * Everything here is synchronous, so nothing else runs while the variables are perturbed.
 */
import { clone, copyInto } from "@roga/tensor-utils";
import type { RandomStream, StreamName } from "@roga/tensor-utils/random";
import * as tf from "@tensorflow/tfjs-core";
import type { DomainOutput, StepContext } from "../contract.js";
import { StepContextError } from "../errors.js";
import type { ResolvedCommonOptions } from "./common-options.js";
import type { Diagnostics } from "./diagnostics.js";
import { Forwards } from "./forwards.js";
import { partsGradients, weighted } from "./micro-batches.js";
import { type DomainShare, type Readout, squaredNorms } from "./readout.js";
import { WeightedSum } from "./weighted-sum.js";

/** The gradient of one domain's loss at θ. */
export interface DomainGradient {
  /** g_k by variable name; whoever asked for it disposes it. */
  readonly map: tf.NamedTensorMap;
  /** ‖g_k‖² of each variable; shape [variables]. */
  readonly squares: tf.Tensor;
  /** L_k; shape [1]. */
  readonly losses: tf.Tensor;
}

/** What a pass over one domain goes back from, made of its output within the pass. */
export type DomainObjective = (output: DomainOutput, domain: DomainShare) => tf.Scalar;

/** What a pass over all domains goes back from, made of their outputs, in the order of the domains, within the pass. */
export type JointObjective = (outputs: readonly DomainOutput[]) => tf.Scalar;

const lossAlone: DomainObjective = ({ loss }) => loss;

/** By name. */
export function byName(variables: readonly tf.Variable[]): Record<string, tf.Variable> {
  return Object.fromEntries(variables.map((variable) => [variable.name, variable]));
}

/** The passes of one step, over the domains that have a batch in it. */
export class Passes {
  /** The step, from 0. */
  readonly step: number;
  /** θ. */
  readonly variables: readonly tf.Variable[];
  /** The domains of the step and their weights, which sum to 1. */
  readonly domains: readonly DomainShare[];
  readonly #context: StepContext;
  readonly #options: ResolvedCommonOptions;
  readonly #readout: Readout;
  readonly #theta: Record<string, tf.Variable>;
  readonly #buffers: Record<string, tf.Variable>;
  readonly #forwards: Forwards;
  readonly #diagnostics: Diagnostics | undefined;
  readonly #connected = new Set<string>();
  #cleanPasses = 0;
  #count = 0;

  constructor(
    context: StepContext,
    domains: readonly DomainShare[],
    step: number,
    options: ResolvedCommonOptions,
    readout: Readout,
    diagnostics: Diagnostics | undefined,
  ) {
    this.#context = context;
    this.#diagnostics = diagnostics;
    this.#options = options;
    this.#readout = readout;
    this.step = step;
    this.variables = context.variables;
    this.domains = domains;
    this.#theta = byName(context.variables);
    this.#buffers = byName(context.buffers ?? []);
    this.#forwards = new Forwards(context, domains, step, options.seed);
  }

  /** Step size of the base optimizer. */
  get learningRate(): number {
    return this.#context.baseOptimizer.learningRate;
  }

  /** A random stream of the step, for an algorithm's own draws. */
  stream(name: StreamName): RandomStream {
    return this.#forwards.stream(name);
  }

  /** Names of the variables that no loss of a clean pass depended on. */
  get disconnected(): readonly string[] {
    return Object.keys(this.#theta).filter((name) => !this.#connected.has(name));
  }

  /** Forward-backward passes per sample so far, all domains' batches counted as equally large. */
  get forwardBackwards(): number {
    return this.#options.batchNormPass === "mixed" ? this.#count : this.#count / this.domains.length;
  }

  /** g_k = ∇L_k(θ), or the gradient of another objective of the domain. To be asked once per domain. */
  clean(domain: DomainShare, objective = lossAlone): DomainGradient {
    const own: JointObjective = ([output]) => objective(output!, domain);
    const gradient = this.#clean([{ name: domain.name, weight: 1 }], objective === lossAlone ? undefined : own);
    this.#diagnostics?.domainGradient(domain.name, gradient.map);
    return gradient;
  }

  /** g = Σ w_k g_k, in one forward-backward per sample, domain after domain. The caller disposes it. */
  cleanSum(objective = lossAlone): tf.NamedTensorMap {
    const { domains } = this;
    if (this.#options.batchNormPass === "mixed") {
      const each: JointObjective = (outputs) =>
        weighted(
          outputs.map((output, k) => objective(output, domains[k]!)),
          domains.map(({ weight }) => weight),
        );
      const { map } = this.#clean(domains, objective === lossAlone ? undefined : each);
      this.#diagnostics?.ermGradient(map);
      return map;
    }
    const sum = new WeightedSum();
    for (const domain of domains) sum.add(domain.weight, this.clean(domain, objective).map);
    return sum.value;
  }

  /**
   * The gradient of an objective that couples the domains: all forwards, then one backward through all of them, so what
   * every domain's forward saves for its gradient is held at a time. The caller disposes it.
   */
  cleanJoint(objective: JointObjective): tf.NamedTensorMap {
    if (this.#options.batchNormPass === "perDomain") this.#count += this.domains.length - 1;
    return this.#clean(this.domains, objective).map;
  }

  /** Runs `passes` with the variables at a point (by variable name; disposed), which then are back at θ. */
  at<T>(point: tf.NamedTensorMap, passes: () => T): T {
    const theta = clone(this.#theta);
    try {
      copyInto(this.#theta, point);
      tf.dispose(point); // the variables hold it now
      return passes();
    } finally {
      copyInto(this.#theta, theta);
      tf.dispose(theta);
    }
  }

  /**
   * Adds the gradient of Σ weight · L at a perturbed point to a running sum.
   *
   * @param point the point by variable name; disposed once its passes are over
   * @param label names the point among those of the step, for random numbers drawn afresh
   * @param terms which domains' losses, and their weights
   * @param sum takes the gradient
   * @param fresh whether the passes draw random numbers of their own
   */
  perturbed(
    point: tf.NamedTensorMap,
    label: string,
    terms: readonly DomainShare[],
    sum: WeightedSum,
    fresh: boolean,
  ): void {
    const seedNames = fresh ? ["perturbed", label] : [];
    const add = (weight: number, of: readonly DomainShare[]) => {
      const { map } = this.#evaluate(label, of, seedNames, undefined);
      this.#diagnostics?.perturbedGradient(weight, map);
      sum.add(weight, map);
    };
    const each = () => {
      for (const term of terms) add(term.weight, [term]);
    };
    const together = () => add(1, terms);
    const run = this.#options.batchNormPass === "mixed" ? together : each;
    this.at(point, () => this.#withBuffersKept(run));
  }

  #clean(terms: readonly DomainShare[], objective: JointObjective | undefined): DomainGradient {
    const run = () => this.#evaluate(undefined, terms, [], objective);
    // Every clean pass of a mixed step is the same forward over all domains: the statistics move with the first.
    const repeated = this.#options.batchNormPass === "mixed" && this.#cleanPasses > 0;
    const gradient = repeated ? this.#withBuffersKept(run) : run();
    this.#cleanPasses += 1;
    return gradient;
  }

  #withBuffersKept<T>(run: () => T): T {
    const buffers = clone(this.#buffers);
    try {
      return run();
    } finally {
      copyInto(this.#buffers, buffers);
      tf.dispose(buffers);
    }
  }

  /**
   * One forward-backward for each micro-batch.
   *
   * @param point names the perturbed point that the variables are at; undefined at θ
   * @param objective by default Σ weight · L in one joint pass, or one domain's L by itself: its weight is left to the
   *   sum. Any other one needs whole batches
   */
  #evaluate(
    point: string | undefined,
    terms: readonly DomainShare[],
    seedNames: readonly StreamName[],
    objective: JointObjective | undefined,
  ): DomainGradient {
    const kind = point === undefined ? "clean" : "perturbed";
    const mixed = this.#options.batchNormPass === "mixed";
    const whole = objective !== undefined;
    const parts = mixed
      ? this.#forwards.joint(kind, terms, seedNames, whole)
      : this.#forwards.own(kind, terms, seedNames, whole);
    const weights = mixed ? terms.map(({ weight }) => weight) : [1];
    const { losses, gradients, connected } = partsGradients(this.variables, parts, objective ?? weights);
    this.#count += 1;
    if (kind === "clean") for (const name of connected) this.#connected.add(name);
    const map = this.#reduce(gradients);
    const squares = squaredNorms(
      map,
      this.variables.map(({ name }) => name),
    );
    this.#readout.evaluation(point, terms, losses, squares);
    return { map, squares, losses };
  }

  #reduce(gradients: tf.NamedTensorMap): tf.NamedTensorMap {
    const { reduce } = this.#context;
    if (reduce === undefined) return gradients;
    const [reduced] = reduce([gradients]);
    if (reduced === undefined) throw new StepContextError("reduce: expected as many gradient maps as it was given");
    for (const [name, tensor] of Object.entries(gradients)) if (reduced[name] !== tensor) tensor.dispose();
    return reduced;
  }
}
