/**
 * Runs the closures of a step's context, each with the random numbers of its pass, and checks what they give.
 *
 * Every pass of a step sees the same random numbers, unless its caller names it: the seed depends on the algorithm's
 * seed, the step and the domain, and besides only on the names given.
 */
import { type RandomStream, type StreamName, stream } from "@roga/tensor-utils/random";
import * as tf from "@tensorflow/tfjs-core";
import type { DomainForward, DomainOutput, JointLosses, StepContext } from "../contract.js";
import { DomainOutputError, LossShapeError, StepContextError } from "../errors.js";
import { domainParts, jointParts, type Part } from "./micro-batches.js";
import type { DomainShare } from "./readout.js";
import { withSeededRandom } from "./seeded-random.js";

/** At θ, or at another point. */
export type PassKind = "clean" | "perturbed";

/** What names the random numbers of a micro-batch; the first has a lone closure's. */
function microBatch(names: readonly StreamName[], index: number): readonly StreamName[] {
  return index === 0 ? names : [...names, "microBatch", index];
}

function needsWhole(what: string): string {
  return `${what} must come as one batch, got micro-batches, over which the algorithm's objective is no mean`;
}

const PARTS = ["loss", "logits", "labels", "features"];

/** The forwards of one step. */
export class Forwards {
  readonly #context: StepContext;
  readonly #domains: readonly DomainShare[];
  readonly #step: number;
  readonly #seed: StreamName | bigint;

  constructor(context: StepContext, domains: readonly DomainShare[], step: number, seed: StreamName | bigint) {
    this.#context = context;
    this.#domains = domains;
    this.#step = step;
    this.#seed = seed;
  }

  /** A random stream of the step. */
  stream(...names: StreamName[]): RandomStream {
    return stream(this.#seed, "loss", this.#step, ...names);
  }

  /**
   * Domains by their own closures: all of them in one part, or one domain's micro-batches.
   *
   * @param whole whether several domains are asked for, or the objective needs whole batches
   * @throws StepContextError where they come in micro-batches then
   */
  own(kind: PassKind, terms: readonly DomainShare[], names: readonly StreamName[], whole: boolean): readonly Part[] {
    const closures = terms.map(({ name }) => ({ name, parts: domainParts(this.#context.domainLosses[name]!) }));
    if (whole) {
      const split = closures.find(({ parts }) => parts.length > 1);
      if (split !== undefined) throw new StepContextError(`domainLosses: ${needsWhole(`domain "${split.name}"`)}`);
      const forward = () => closures.map(({ name, parts: [part] }) => this.#own(kind, name, part!.loss, names));
      return [{ forward, shares: terms.map(() => 1) }];
    }
    const { name, parts } = closures[0]!;
    return parts.map(({ loss, share }, index) => ({
      forward: () => [this.#own(kind, name, loss, microBatch(names, index))],
      shares: [share],
    }));
  }

  /**
   * All domains by the joint closure, a part for each micro-batch; gives those of `terms`, in their order.
   *
   * @param whole whether the objective needs whole batches
   * @throws StepContextError where they come in micro-batches then
   */
  joint(kind: PassKind, terms: readonly DomainShare[], names: readonly StreamName[], whole: boolean): readonly Part[] {
    const domains = this.#domains.map(({ name }) => name);
    const parts = jointParts(this.#context.jointLosses!, domains);
    if (whole && parts.length > 1) throw new StepContextError(`jointLosses: ${needsWhole("they")}`);
    return parts.map(({ losses, shares }, index) => ({
      forward: () => this.#joint(kind, terms, losses, microBatch(names, index)),
      shares: terms.map(({ name }) => shares[name]!),
    }));
  }

  #own(kind: PassKind, domain: string, closure: DomainForward, names: readonly StreamName[]): DomainOutput {
    const seed = this.stream("domain", domain, ...names).seed32();
    return this.#checked(
      domain,
      withSeededRandom(seed, () => closure({ kind, domain, step: this.#step, seed })),
    );
  }

  #joint(
    kind: PassKind,
    terms: readonly DomainShare[],
    joint: JointLosses,
    names: readonly StreamName[],
  ): DomainOutput[] {
    const seed = this.stream("joint", ...names).seed32();
    const outputs = withSeededRandom(seed, () => joint({ kind, step: this.#step, seed }));
    const expected = this.#domains.map(({ name }) => name);
    const got = Object.keys(outputs);
    if (got.length !== expected.length || !expected.every((name) => got.includes(name))) {
      const message = `jointLosses must give the losses of [${expected.join(", ")}], got [${got.join(", ")}]`;
      throw new StepContextError(message);
    }
    return terms.map(({ name }) => this.#checked(name, outputs[name]));
  }

  #checked(domain: string, output: unknown): DomainOutput {
    if (output instanceof tf.Tensor) return { loss: this.#scalar(domain, output) };
    if (typeof output !== "object" || output === null || !("loss" in output)) {
      throw new LossShapeError(domain, this.#step, output === null ? "null" : typeof output);
    }
    this.#scalar(domain, output.loss);
    for (const [name, part] of Object.entries(output)) {
      if (!PARTS.includes(name)) {
        throw new DomainOutputError(domain, this.#step, `only the parts ${PARTS.join(", ")}`, `"${name}"`);
      }
      if (part === undefined || part instanceof tf.Tensor) continue;
      throw new DomainOutputError(domain, this.#step, `a tensor as ${name}`, part === null ? "null" : typeof part);
    }
    return output as DomainOutput;
  }

  #scalar(domain: string, loss: unknown): tf.Scalar {
    if (!(loss instanceof tf.Tensor)) throw new LossShapeError(domain, this.#step, typeof loss);
    if (loss.rank !== 0 || loss.dtype !== "float32") {
      throw new LossShapeError(domain, this.#step, `a ${loss.dtype} tensor of shape [${loss.shape}]`);
    }
    return loss as tf.Scalar;
  }
}
