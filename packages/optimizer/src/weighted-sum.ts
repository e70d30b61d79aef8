/** A running weighted sum of gradient maps in one parameter-sized buffer. */
import * as tf from "@tensorflow/tfjs-core";

/** Sums maps of the same names and shapes; it owns what it is given and what it holds. */
export class WeightedSum {
  #sum: tf.NamedTensorMap | undefined;

  /** Adds weight · map (the weight a number or a scalar tensor, which stays the caller's) and disposes `map`, tensor by tensor, so that no second whole buffer exists at any time. */
  add(weight: number | tf.Scalar, map: tf.NamedTensorMap): void {
    const sum = this.#sum ?? {};
    for (const [name, term] of Object.entries(map)) {
      const former = sum[name];
      if (former === undefined && weight === 1) {
        sum[name] = term;
        continue;
      }
      sum[name] = tf.tidy(() => {
        const weighted = weight === 1 ? term : tf.mul(term, weight);
        return former === undefined ? weighted : tf.add(former, weighted);
      });
      tf.dispose(former === undefined ? term : [term, former]);
    }
    this.#sum = sum;
  }

  /** The sum, which stays this object's; at least one map must have been added. */
  get value(): tf.NamedTensorMap {
    if (this.#sum === undefined) throw new Error("WeightedSum: nothing was added");
    return this.#sum;
  }
}
