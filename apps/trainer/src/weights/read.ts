/** A weight file whole: its arrays, and the texts beside them, which may say which network they are of. */
import { type NamedArray, type NamedArrays, openWeights } from "@roga/weights";

/** @throws WeightsError, and the system's error, as `openWeights` */
export async function readWeightFile(
  path: string,
): Promise<{ readonly arrays: NamedArrays; readonly metadata: Readonly<Record<string, string>> }> {
  const file = await openWeights(path);
  try {
    const arrays = new Map<string, NamedArray>();
    for (const name of file.infos.keys()) arrays.set(name, await file.tensor(name));
    return { arrays, metadata: file.metadata };
  } finally {
    await file.close();
  }
}
