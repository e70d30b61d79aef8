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
import { type RandomStream, type StreamName, stream } from "@roga/tensor-utils/random";
import * as tf from "@tensorflow/tfjs-core";
import type { ResolvedCommonOptions } from "./common-options.js";
import type { DomainLoss, JointLosses, StepContext } from "./contract.js";
import type { Diagnostics } from "./diagnostics.js";
import { LossShapeError, StepContextError } from "./errors.js";
import { domainParts, jointParts, type Part, partsGradients } from "./micro-batches.js";
import { type DomainShare, type Readout, squaredNorms } from "./readout.js";
import { withSeededRandom } from "./seeded-random.js";
import { WeightedSum } from "./weighted-sum.js";

/** The gradient of one domain's loss at θ. */
export interface DomainGradient {
  /** g_k by variable name; whoever asked for it disposes it. */
  readonly map: tf.NamedTensorMap;
  /** ‖g_k‖² of each variable; shape [variables]. */
  readonly squares: tf.Tensor;
}

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
  }

  /** Names of the variables that no loss of a clean pass depended on. */
  get disconnected(): readonly string[] {
    return Object.keys(this.#theta).filter((name) => !this.#connected.has(name));
  }

  /** Forward-backward passes per sample so far, all domains' batches counted as equally large. */
  get forwardBackwards(): number {
    return this.#options.batchNormPass === "mixed" ? this.#count : this.#count / this.domains.length;
  }

  /** g_k = ∇L_k(θ). To be asked once per domain. */
  clean(domain: DomainShare): DomainGradient {
    const { map, squares } = this.#clean([{ name: domain.name, weight: 1 }]);
    this.#diagnostics?.domainGradient(domain.name, map);
    return { map, squares };
  }

  /** g = Σ w_k g_k, in one forward-backward per sample. The caller disposes it. */
  cleanSum(): tf.NamedTensorMap {
    if (this.#options.batchNormPass === "mixed") {
      const { map } = this.#clean(this.domains);
      this.#diagnostics?.ermGradient(map);
      return map;
    }
    const sum = new WeightedSum();
    for (const domain of this.domains) sum.add(domain.weight, this.clean(domain).map);
    return sum.value;
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
    const theta = clone(this.#theta);
    try {
      copyInto(this.#theta, point);
      tf.dispose(point); // the variables hold it now
      this.#withBuffersKept(() => {
        if (this.#options.batchNormPass === "mixed") {
          this.#addPerturbed(1, this.#evaluate(label, terms, seedNames).map, sum);
          return;
        }
        for (const term of terms) {
          this.#addPerturbed(term.weight, this.#evaluate(label, [term], seedNames).map, sum);
        }
      });
    } finally {
      copyInto(this.#theta, theta);
      tf.dispose(theta);
    }
  }

  #addPerturbed(weight: number, map: tf.NamedTensorMap, sum: WeightedSum): void {
    this.#diagnostics?.perturbedGradient(weight, map);
    sum.add(weight, map);
  }

  #clean(terms: readonly DomainShare[]): DomainGradient {
    const run = () => this.#evaluate(undefined, terms, []);
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
   * The gradient of Σ weight · L in one joint pass, or of one domain's L by itself: its weight is left to the sum.
   *
   * @param point names the perturbed point that the variables are at; undefined at θ
   */
  #evaluate(
    point: string | undefined,
    terms: readonly DomainShare[],
    seedNames: readonly StreamName[],
  ): DomainGradient {
    const kind = point === undefined ? "clean" : "perturbed";
    const mixed = this.#options.batchNormPass === "mixed";
    const { losses, gradients, connected } = partsGradients(
      this.variables,
      this.#parts(kind, terms, seedNames),
      mixed ? terms.map(({ weight }) => weight) : [1],
    );
    this.#count += 1;
    if (kind === "clean") for (const name of connected) this.#connected.add(name);
    const map = this.#reduce(gradients);
    const squares = squaredNorms(
      map,
      this.variables.map(({ name }) => name),
    );
    this.#readout.evaluation(point, terms, losses, squares);
    return { map, squares };
  }

  /** The forwards that one evaluation takes: one, or one for each micro-batch. */
  #parts(
    kind: "clean" | "perturbed",
    terms: readonly DomainShare[],
    seedNames: readonly StreamName[],
  ): readonly Part[] {
    const { domainLosses, jointLosses } = this.#context;
    // The first has a lone closure's random numbers.
    const names = (index: number) => (index === 0 ? seedNames : [...seedNames, "microBatch", index]);
    if (this.#options.batchNormPass === "mixed") {
      const domains = this.domains.map(({ name }) => name);
      return jointParts(jointLosses!, domains).map(({ losses, shares }, index) => ({
        forward: () => this.#jointForward(kind, terms, losses, names(index)),
        shares: terms.map(({ name }) => shares[name]!),
      }));
    }
    const domain = terms[0]!.name;
    return domainParts(domainLosses[domain]!).map(({ loss, share }, index) => ({
      forward: () => [this.#forward(kind, domain, loss, names(index))],
      shares: [share],
    }));
  }

  #forward(kind: "clean" | "perturbed", domain: string, loss: DomainLoss, seedNames: readonly StreamName[]): tf.Scalar {
    const seed = this.#stream("domain", domain, ...seedNames).seed32();
    return this.#scalar(
      domain,
      withSeededRandom(seed, () => loss({ kind, domain, step: this.step, seed })),
    );
  }

  #jointForward(
    kind: "clean" | "perturbed",
    terms: readonly DomainShare[],
    joint: JointLosses,
    seedNames: readonly StreamName[],
  ): readonly tf.Scalar[] {
    const seed = this.#stream("joint", ...seedNames).seed32();
    const losses = withSeededRandom(seed, () => joint({ kind, step: this.step, seed }));
    const expected = this.domains.map(({ name }) => name);
    const got = Object.keys(losses);
    if (got.length !== expected.length || !expected.every((name) => got.includes(name))) {
      const message = `jointLosses must give the losses of [${expected.join(", ")}], got [${got.join(", ")}]`;
      throw new StepContextError(message);
    }
    return terms.map(({ name }) => this.#scalar(name, losses[name]));
  }

  #stream(...names: StreamName[]): RandomStream {
    return stream(this.#options.seed, "loss", this.step, ...names);
  }

  #scalar(domain: string, loss: unknown): tf.Scalar {
    if (!(loss instanceof tf.Tensor)) throw new LossShapeError(domain, this.step, typeof loss);
    if (loss.rank !== 0 || loss.dtype !== "float32") {
      throw new LossShapeError(domain, this.step, `a ${loss.dtype} tensor of shape [${loss.shape}]`);
    }
    return loss as tf.Scalar;
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
