/**
 * Tensors that need not be in memory all at once: what writers take, so that a checkpoint of many gigabytes is copied or
 * converted in the memory of its largest tensor.
 */
import type { NamedArray, NamedArrays, TensorInfo } from "./named-array.js";
import { WeightsError, type WeightsErrorClass } from "./weights-error.js";

/** Tensors by name, each made or read when it is asked for. An open weight file is one. */
export interface TensorSource {
  /** What there is, in order. */
  readonly infos: ReadonlyMap<string, TensorInfo>;
  /** One of them. */
  tensor(name: string): Promise<NamedArray>;
}

/** Tensors that come by themselves, one after the other, in any order. */
export interface TensorStream {
  /** What will come: every name once, in this dtype and shape. */
  readonly infos: ReadonlyMap<string, TensorInfo>;
  /** The tensors with their names. */
  readonly tensors: AsyncIterable<readonly [string, NamedArray]>;
}

/** What a weight file is written from: arrays in memory, or tensors one at a time. */
export type TensorInput = NamedArrays | TensorSource | TensorStream;

/** The dtype and shape of everything in an input. */
export function infosOf(input: TensorInput): ReadonlyMap<string, TensorInfo> {
  return "infos" in input ? input.infos : input;
}

/**
 * The tensors of an input one at a time: by themselves in a stream, otherwise as they are asked for.
 * @param order Every name of {@link infosOf}, in the order to ask in.
 * @throws WeightsError if what comes is not what `infos` announced.
 */
export async function* tensorsOf(
  input: TensorInput,
  order: Iterable<string>,
  Failure: WeightsErrorClass = WeightsError,
): AsyncGenerator<readonly [string, NamedArray]> {
  if (!("infos" in input)) {
    for (const name of order) yield [name, input.get(name)!];
  } else if ("tensor" in input) {
    for (const name of order) {
      const array = await input.tensor(name);
      checkAnnounced(name, array, input.infos, Failure);
      yield [name, array];
    }
  } else {
    const missing = new Set(input.infos.keys());
    for await (const [name, array] of input.tensors) {
      checkAnnounced(name, array, input.infos, Failure);
      if (!missing.delete(name)) throw new Failure(name, "it came twice");
      yield [name, array];
    }
    for (const name of missing) throw new Failure(name, "it was announced and never came");
  }
}

function checkAnnounced(
  name: string,
  { dtype, shape }: NamedArray,
  infos: ReadonlyMap<string, TensorInfo>,
  Failure: WeightsErrorClass,
): void {
  const info = infos.get(name);
  if (info === undefined) throw new Failure(name, "it was not announced");
  const expected = `${info.dtype} of shape ${JSON.stringify(info.shape)}`;
  const got = `${dtype} of shape ${JSON.stringify(shape)}`;
  if (expected !== got) throw new Failure(name, `expected ${expected}, as announced, got ${got}`);
}
