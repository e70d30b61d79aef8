/** The largest deviation of a run's parameters from its reference, by algorithm, for the table in the readme. */
import type { FixtureTensor } from "@roga/test-support";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Keeps the largest of each name. */
export class Deviations {
  readonly #largest = new Map<string, number>();

  /** Takes in |actual − expected|, relative to the largest entry of the tensor. */
  add(name: string, actual: Tensor, expected: FixtureTensor): void {
    const values = actual.dataSync();
    const largest = Math.max(...expected.values.map(Math.abs));
    const difference = Math.max(...expected.values.map((value, i) => Math.abs(value - values[i]!)));
    this.#largest.set(name, Math.max(difference / largest, this.#largest.get(name) ?? 0));
  }

  /** Prints them. */
  print(): void {
    const rows = Array.from(this.#largest, ([name, value]) => `${name} ${value.toExponential(1)}`);
    console.info(`largest relative deviation of a parameter from float64 at the end of a run: ${rows.join(", ")}`);
  }
}
