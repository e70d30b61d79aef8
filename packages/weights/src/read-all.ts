/** Several tensors of an open file at once, in the way that the file itself knows best. */
import type { NamedArray, NamedArrays, TensorInfo } from "./named-array.js";

/** What of an open file is needed to read it. */
interface Readable {
  readonly infos: ReadonlyMap<string, TensorInfo>;
  tensor(name: string): Promise<NamedArray>;
}

/**
 * Reads tensors one after the other.
 * @param names Default: all, in the file's order.
 * @throws WeightsError as `tensor` of the file does.
 */
export async function readAll(file: Readable, names: Iterable<string> = file.infos.keys()): Promise<NamedArrays> {
  const arrays = new Map<string, NamedArray>();
  for (const name of names) arrays.set(name, await file.tensor(name));
  return arrays;
}

/** Reads tensors of a file that is open for no longer than that, and closes it. */
export async function readAndClose(
  file: Readable & { close(): Promise<void> },
  names?: Iterable<string>,
): Promise<NamedArrays> {
  try {
    return await readAll(file, names);
  } finally {
    await file.close();
  }
}
