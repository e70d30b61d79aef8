/**
 * The scalars of one step: collected on the device, read together in one transfer, checked for finiteness, and made
 * into the step's record. What cannot be known before the read is kept as offsets into it.
 */
import { squaresList } from "@roga/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { StepRecord } from "../contract.js";
import { NonFiniteError } from "../errors.js";

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
  /** Names the perturbed point among those of the step. */
  readonly point: string | undefined;
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
  return squaresList(names.map((name) => map[name]!));
}

/** Collects a step's scalars. The tensors it makes belong to the scope in which it is filled. */
export class Readout {
  readonly #step: number;
  readonly #variables: readonly string[];
  readonly #parts: tf.Tensor[] = [];
  readonly #evaluations: Evaluation[] = [];
  #size = 0;
  #applied = 0;
  readonly #penalties: { readonly tensor: tf.Tensor; readonly offset: number }[] = [];

  constructor(step: number, variables: readonly string[]) {
    this.#step = step;
    this.#variables = variables;
  }

  /**
   * Notes one pass: the point that it was at (undefined for θ), its losses, shape [terms], and the squared norms of its
   * gradient, shape [variables].
   */
  evaluation(point: string | undefined, terms: readonly DomainShare[], losses: tf.Tensor, squares: tf.Tensor): void {
    const pass = point === undefined ? "clean" : "perturbed";
    this.#evaluations.push({ pass, point, terms, losses: this.note(losses), squares: this.note(squares) });
  }

  /** Notes a share of the step's penalty; also within a pass, whose tensors are freed with it. */
  penalty(value: tf.Scalar): void {
    const tensor = tf.keep(tf.clone(value));
    this.#penalties.push({ tensor, offset: this.note(tensor) });
  }

  /** Frees what outlives the scope in which it was noted. */
  dispose(): void {
    tf.dispose(this.#penalties.map(({ tensor }) => tensor));
  }

  /** Notes the gradient that is to be applied. */
  applied(gradient: tf.NamedTensorMap): void {
    this.#applied = this.note(squaredNorms(gradient, this.#variables));
  }

  /** All that was noted, as one tensor to read. */
  packed(): tf.Tensor {
    return tf.concat(this.#parts.map((part) => tf.reshape(part, [part.size])));
  }

  /** Takes in a tensor of any shape and says at which offset its values will stand in what is read. */
  note(part: tf.Tensor): number {
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

  /** Norm of the gradient that `applied` was given. */
  gradientNorm(values: ArrayLike<number>): number {
    return this.#norm(values, this.#applied);
  }

  #norm(values: ArrayLike<number>, offset: number): number {
    let sum = 0;
    for (let index = 0; index < this.#variables.length; index++) sum += values[offset + index]!;
    return Math.sqrt(sum);
  }

  /**
   * A domain's loss at its own perturbed point, or at the only one where it was evaluated; undefined where neither is.
   *
   * @param domain its name, which is that of its own point
   */
  perturbedDomainLoss(values: ArrayLike<number>, domain: string): number | undefined {
    const found = this.#evaluations.flatMap(({ pass, point, terms, losses }) => {
      const index = terms.findIndex(({ name }) => name === domain);
      return pass === "perturbed" && index >= 0 ? [{ point, loss: values[losses + index]! }] : [];
    });
    return (found.length === 1 ? found[0] : found.find(({ point }) => point === domain))?.loss;
  }

  /** A domain's loss at θ; undefined where no clean pass gave it. */
  cleanDomainLoss(values: ArrayLike<number>, domain: string): number | undefined {
    for (const { pass, terms, losses } of this.#evaluations) {
      const index = terms.findIndex(({ name }) => name === domain);
      if (pass === "clean" && index >= 0) return values[losses + index]!;
    }
    return undefined;
  }

  /** The record of the step. */
  record(values: ArrayLike<number>, forwardBackwards: number, shares: readonly DomainShare[]): StepRecord {
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
      if (terms.length === 1) domainGradientNorms[terms[0]!.name] = this.#norm(values, squares);
    }
    const penalty = this.#penalties.reduce((sum, { offset }) => sum + values[offset]!, 0);
    return {
      step: this.#step,
      loss: shares.reduce((sum, { name, weight }) => sum + weight * domainLosses[name]!, 0),
      domainLosses,
      gradientNorm: this.gradientNorm(values),
      ...(Object.keys(domainGradientNorms).length === shares.length ? { domainGradientNorms } : {}),
      ...(this.#penalties.length === 0 ? {} : { penalty }),
      ...(perturbedLoss === undefined ? {} : { perturbedLoss }),
      forwardBackwards,
    };
  }
}
