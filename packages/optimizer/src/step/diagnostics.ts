/**
 * How the gradients of a step lie to one another: cosines between the domains' gradients, the norm of the gradient at the
 * perturbed points and its cosine with the ERM gradient, and how much the losses rise between the two.
 *
 * It keeps the gradients that the algorithm's own passes give, until the last pass is over, and then adds nothing but
 * their inner products to what the step reads. The algorithm's sums are left alone, so no bit of the training changes.
 */
import { clone, dot } from "@roga/tensor-utils";
import * as tf from "@tensorflow/tfjs-core";
import type { StepDiagnostics } from "../contract.js";
import { positiveCount } from "../options.js";
import type { DomainShare, Readout } from "./readout.js";
import { WeightedSum } from "./weighted-sum.js";

/** In which steps to take diagnostics. */
export interface DiagnosticsOptions {
  /** In the steps 0, n, 2n, …; an integer of 1 or more. */
  readonly every: number;
}

/** Checks the option `diagnostics`. */
export function diagnosticsCheck(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const expected = "{ every: n } with an integer n >= 1";
  if (typeof value !== "object" || value === null || Object.keys(value).join() !== "every") return expected;
  return positiveCount((value as DiagnosticsOptions).every) === undefined ? undefined : expected;
}

/** A gradient at θ: a domain's, or, without a domain, the ERM gradient itself. */
interface Kept {
  readonly domain: string | undefined;
  /** Its weight in the ERM gradient. */
  readonly weight: number;
  readonly map: tf.NamedTensorMap;
}

/** Cosine of two vectors from their inner products; 0 where either is zero. */
function cosine(product: number, firstSquare: number, secondSquare: number): number {
  const norms = Math.sqrt(firstSquare) * Math.sqrt(secondSquare);
  return norms > 0 ? product / norms : 0;
}

/** Diagnostics of one step. The tensors it holds belong to the scope in which it is filled. */
export class Diagnostics {
  readonly #domains: readonly DomainShare[];
  readonly #readout: Readout;
  readonly #clean: Kept[] = [];
  readonly #sum = new WeightedSum();
  #perturbed = false;
  #gram = 0;

  constructor(domains: readonly DomainShare[], readout: Readout) {
    this.#domains = domains;
    this.#readout = readout;
  }

  /** Takes note of g_k, the first time that it is given; `map` stays the caller's. */
  domainGradient(domain: string, map: tf.NamedTensorMap): void {
    if (this.#clean.some((kept) => kept.domain === domain)) return;
    const weight = this.#domains.find(({ name }) => name === domain)!.weight;
    this.#clean.push({ domain, weight, map: clone(map) });
  }

  /** Takes note of g where one pass gave it whole; `map` stays the caller's. */
  ermGradient(map: tf.NamedTensorMap): void {
    this.#clean.push({ domain: undefined, weight: 1, map: clone(map) });
  }

  /** Adds weight · map to h; `map` stays the caller's. */
  perturbedGradient(weight: number, map: tf.NamedTensorMap): void {
    this.#sum.add(weight, clone(map));
    this.#perturbed = true;
  }

  /** To be called after the last pass: hands the inner products to the readout and lets go of the gradients. */
  finish(): void {
    const maps = this.#clean.map(({ map }) => map);
    if (this.#perturbed) maps.push(this.#sum.value);
    if (maps.length === 0) return;
    const products = tf.tidy(() => tf.stack(maps.flatMap((x, i) => maps.slice(i).map((y) => dot(x, y)))));
    this.#gram = this.#readout.note(products);
    tf.dispose(maps);
  }

  /** What was found, from the values that were read. */
  report(values: ArrayLike<number>): StepDiagnostics {
    const count = this.#clean.length + (this.#perturbed ? 1 : 0);
    /** Inner product of the vectors i and j, from the upper triangle in row order. */
    const product = (i: number, j: number): number => {
      const [row, column] = i < j ? [i, j] : [j, i];
      return values[this.#gram + row * count - (row * (row - 1)) / 2 + column - row]!;
    };
    return {
      ...this.#cosines(product),
      ...(this.#perturbed && this.#generalization(product, count - 1)),
      ...this.#sharpness(values),
    };
  }

  #cosines(product: (i: number, j: number) => number): Pick<StepDiagnostics, "domainCosines"> {
    const named = this.#clean.flatMap(({ domain }, index) => (domain === undefined ? [] : [{ domain, index }]));
    if (named.length < 2) return {};
    const row = (i: number): Record<string, number> =>
      Object.fromEntries(
        named
          .filter(({ index }) => index !== i)
          .map(({ domain, index }) => [domain, cosine(product(i, index), product(i, i), product(index, index))]),
      );
    return { domainCosines: Object.fromEntries(named.map(({ domain, index }) => [domain, row(index)])) };
  }

  #generalization(
    product: (i: number, j: number) => number,
    h: number,
  ): Pick<StepDiagnostics, "perturbedGradientNorm" | "alignment"> {
    const perturbedGradientNorm = Math.sqrt(product(h, h));
    const whole = this.#clean.find(({ domain }) => domain === undefined);
    const parts = whole === undefined ? this.#clean : [whole];
    if (whole === undefined && parts.length < this.#domains.length) return { perturbedGradientNorm };
    let [gg, gh] = [0, 0];
    for (const first of parts) {
      const i = this.#clean.indexOf(first);
      gh += first.weight * product(i, h);
      for (const second of parts) gg += first.weight * second.weight * product(i, this.#clean.indexOf(second));
    }
    // Rounding can leave less than nothing where gradients cancel.
    return { perturbedGradientNorm, alignment: cosine(gh, Math.max(gg, 0), product(h, h)) };
  }

  #sharpness(values: ArrayLike<number>): Pick<StepDiagnostics, "sharpness"> {
    const rises = this.#domains.flatMap(({ name }) => {
      const above = this.#readout.perturbedDomainLoss(values, name);
      const at = this.#readout.cleanDomainLoss(values, name);
      return above === undefined || at === undefined ? [] : [[name, above - at] as const];
    });
    return rises.length === 0 ? {} : { sharpness: Object.fromEntries(rises) };
  }
}
