/** What of a run lives in tensors: the model's weights and the optimizers' state, out to a checkpoint and back. */
import type { Algorithm, BaseOptimizer } from "@roga/optimizer";
import type { NamedArray, NamedArrays } from "@roga/weights";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Averaging } from "./averaging.js";
import type { Checkpoint } from "./checkpoint.js";
import { assignWeights, namedWeights } from "./model-weights.js";
import { toNamedArrays, toTensor } from "./tensor-arrays.js";

type Arrays = Pick<Checkpoint, "weights" | "optimizer">;

/** Hands the present tensors of a run to `use`, as arrays that are valid while it runs. */
export async function captureTensors(
  model: LayersModel,
  algorithm: Algorithm,
  baseOptimizer: BaseOptimizer,
  averaging: Averaging | null,
  use: (arrays: Arrays) => Promise<void>,
): Promise<void> {
  const average = averaging && { average: averaging.state() };
  const states = { algorithm: algorithm.state(), base: baseOptimizer.state(), ...average };
  try {
    const optimizer = new Map<string, NamedArray>();
    for (const [owner, state] of Object.entries(states)) {
      for (const [name, array] of await toNamedArrays(state)) optimizer.set(`${owner}/${name}`, array);
    }
    await use({ weights: await toNamedArrays(Object.fromEntries(namedWeights(model))), optimizer });
  } finally {
    tf.dispose(states);
  }
}

/**
 * Puts a checkpoint's tensors in place.
 *
 * @throws WeightMismatchError, or the optimizers' own errors, if they do not fit
 */
export function restoreTensors(
  model: LayersModel,
  algorithm: Algorithm,
  baseOptimizer: BaseOptimizer,
  averaging: Averaging | null,
  { path, weights, present = weights, optimizer }: Checkpoint,
): void {
  assignWeights(namedWeights(model), present, path);
  tf.tidy(() => {
    algorithm.restore(ownedBy("algorithm", optimizer));
    baseOptimizer.restore(ownedBy("base", optimizer));
    averaging?.restore(ownedBy("average", optimizer));
  });
}

/** A copy of every weight of a model, by name, that outlasts its tensors. */
export async function copyWeights(model: LayersModel): Promise<NamedArrays> {
  const arrays = await toNamedArrays(Object.fromEntries(namedWeights(model)));
  return new Map([...arrays].map(([name, array]) => [name, { ...array, data: array.data.slice() } as NamedArray]));
}

/** Name of a weight that holds NaN or an infinity; `null` if none does. */
export function firstNonFinite(weights: NamedArrays): string | null {
  for (const [name, { dtype, data }] of weights) {
    if (dtype === "F32" && !data.every(Number.isFinite)) return name;
  }
  return null;
}

function ownedBy(owner: "algorithm" | "base" | "average", arrays: NamedArrays): tf.NamedTensorMap {
  const prefix = `${owner}/`;
  return Object.fromEntries(
    [...arrays].flatMap(([name, array]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), toTensor(array)]] : [],
    ),
  );
}
