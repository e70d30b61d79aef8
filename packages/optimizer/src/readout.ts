/**
 * The scalars of one step: collected on the device, read together in one transfer, checked for finiteness, and made
 * into the step's record. What cannot be known before the read is kept as offsets into it.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { StepRecord } from "./contract.js";
import { NonFiniteError } from "./errors.js";

/** A domain and its weight w_k in the step. */
export interface DomainShare {
  /** Name of the domain. */
  readonly name: string;
  /** w_k; the weights of a step sum to 1. */
  readonly weight: number;
}

/** One forward-backward pass and where its numbers stand. */
interface Evaluation {
  readonly pass: "clean" | "perturbed";
  /** Whose losses the pass took, and their weights in the loss it stands for. */
  readonly terms: readonly DomainShare[];
  readonly losses: number;
  readonly squares: number;
}

/**
 * Squared norms of a map's tensors in the order of `names`; shape [names]. (A map's own order is no guide: an object
 * lists keys that look like integers first, and TensorFlow.js names variables so.)
 */
export function squaredNorms(map: tf.NamedTensorMap, names: readonly string[]): tf.Tensor {
  return tf.tidy(() => tf.stack(names.map((name) => tf.sum(tf.square(map[name]!)))));
}

/** Collects a step's scalars. The tensors it makes belong to the scope in which it is filled. */
export class Readout {
  readonly #step: number;
  readonly #variables: readonly string[];
  readonly #parts: tf.Tensor[] = [];
  readonly #evaluations: Evaluation[] = [];
  readonly #dots: { readonly first: string; readonly second: string; readonly offset: number }[] = [];
  #size = 0;
  #applied = 0;
  readonly #penalties: { readonly tensor: tf.Tensor; readonly offset: number }[] = [];
  #alignment: { readonly dot: number; readonly g: number; readonly h: number } | undefined;

  constructor(step: number, variables: readonly string[]) {
    this.#step = step;
    this.#variables = variables;
  }

  /** Notes one pass: its losses, shape [terms], and the squared norms of its gradient, shape [variables]. */
  evaluation(pass: "clean" | "perturbed", terms: readonly DomainShare[], losses: tf.Tensor, squares: tf.Tensor): void {
    this.#evaluations.push({ pass, terms, losses: this.#add(losses), squares: this.#add(squares) });
  }

  /** Notes the inner product of two domains' gradients. */
  domainDot(first: string, second: string, dot: tf.Scalar): void {
    this.#dots.push({ first, second, offset: this.#add(dot) });
  }

  /** Notes a share of the step's penalty; also within a pass, whose tensors are freed with it. */
  penalty(value: tf.Scalar): void {
    const tensor = tf.keep(tf.clone(value));
    this.#penalties.push({ tensor, offset: this.#add(tensor) });
  }

  /** Frees what outlives the scope in which it was noted. */
  dispose(): void {
    tf.dispose(this.#penalties.map(({ tensor }) => tensor));
  }

  /** Notes g and h where both exist. */
  generalization(dot: tf.Scalar, g: tf.NamedTensorMap, h: tf.NamedTensorMap): void {
    this.#alignment = {
      dot: this.#add(dot),
      g: this.#add(squaredNorms(g, this.#variables)),
      h: this.#add(squaredNorms(h, this.#variables)),
    };
  }

  /** Notes the gradient that is to be applied. */
  applied(gradient: tf.NamedTensorMap): void {
    this.#applied = this.#add(squaredNorms(gradient, this.#variables));
  }

  /** All that was noted, as one tensor to read. */
  packed(): tf.Tensor {
    return tf.concat(this.#parts.map((part) => tf.reshape(part, [part.size])));
  }

  #add(part: tf.Tensor): number {
    const offset = this.#size;
    this.#parts.push(part);
    this.#size += part.size;
    return offset;
  }

  /**
   * Throws unless every loss and every squared norm in `values`, as `packed` gave them, is finite.
   *
   * @throws NonFiniteError that names the first one in the order of the passes, losses before gradients
   */
  requireFinite(values: ArrayLike<number>): void {
    const step = this.#step;
    for (const { pass, terms, losses, squares } of this.#evaluations) {
      for (const [index, term] of terms.entries()) {
        const loss = values[losses + index]!;
        if (Number.isFinite(loss)) continue;
        throw new NonFiniteError({ step, pass, domain: term.name, quantity: "loss", variable: undefined }, loss);
      }
      this.#requireFiniteSquares(values, squares, pass, terms);
    }
    // Sums of finite gradients can still leave the range.
    const last = this.#evaluations.at(-1)!;
    this.#requireFiniteSquares(values, this.#applied, last.pass, this.#domains());
  }

  #requireFiniteSquares(
    values: ArrayLike<number>,
    offset: number,
    pass: "clean" | "perturbed",
    terms: readonly DomainShare[],
  ): void {
    for (const [index, variable] of this.#variables.entries()) {
      const square = values[offset + index]!;
      if (Number.isFinite(square)) continue;
      const domain = terms.map((term) => term.name).join(", ");
      throw new NonFiniteError({ step: this.#step, pass, domain, quantity: "gradient", variable }, square);
    }
  }

  /** The domains' shares in the clean loss. */
  #domains(): readonly DomainShare[] {
    return this.#evaluations.filter(({ pass }) => pass === "clean").flatMap(({ terms }) => terms);
  }

  /** The record of the step. */
  record(values: ArrayLike<number>, forwardBackwards: number, shares: readonly DomainShare[]): StepRecord {
    const norm = (offset: number) => {
      let sum = 0;
      for (let index = 0; index < this.#variables.length; index++) sum += values[offset + index]!;
      return Math.sqrt(sum);
    };
    const domainLosses: Record<string, number> = {};
    const domainGradientNorms: Record<string, number> = {};
    let perturbedLoss: number | undefined;
    for (const { pass, terms, losses, squares } of this.#evaluations) {
      if (pass === "perturbed") {
        const share = terms.reduce((sum, { weight }, index) => sum + weight * values[losses + index]!, 0);
        perturbedLoss = (perturbedLoss ?? 0) + share;
        continue;
      }
      for (const [index, term] of terms.entries()) domainLosses[term.name] = values[losses + index]!;
      if (terms.length === 1) domainGradientNorms[terms[0]!.name] = norm(squares);
    }
    const domainCosines: Record<string, Record<string, number>> = {};
    for (const { first, second, offset } of this.#dots) {
      const product = domainGradientNorms[first]! * domainGradientNorms[second]!;
      const cosine = product === 0 ? 0 : values[offset]! / product;
      domainCosines[first] = { ...domainCosines[first], [second]: cosine };
      domainCosines[second] = { ...domainCosines[second], [first]: cosine };
    }
    const penalty = this.#penalties.reduce((sum, { offset }) => sum + values[offset]!, 0);
    const pair = this.#alignment;
    const product = pair === undefined ? 0 : norm(pair.g) * norm(pair.h);
    return {
      step: this.#step,
      loss: shares.reduce((sum, { name, weight }) => sum + weight * domainLosses[name]!, 0),
      domainLosses,
      gradientNorm: norm(this.#applied),
      ...(Object.keys(domainGradientNorms).length === shares.length ? { domainGradientNorms } : {}),
      ...(this.#dots.length > 0 ? { domainCosines } : {}),
      ...(this.#penalties.length === 0 ? {} : { penalty }),
      ...(perturbedLoss === undefined ? {} : { perturbedLoss }),
      ...(pair === undefined ? {} : { alignment: product === 0 ? 0 : values[pair.dot]! / product }),
      forwardBackwards,
    };
  }
}
