/** A weight file whole: its arrays, and the texts beside them, which may say which network they are of. */
import { type NamedArrays, openWeights } from "@roga/weights";

/** @throws WeightsError, and the system's error, as `openWeights` */
export async function readWeightFile(
  path: string,
): Promise<{ readonly arrays: NamedArrays; readonly metadata: Readonly<Record<string, string>> }> {
  const file = await openWeights(path);
  try {
    return { arrays: await file.all(), metadata: file.metadata };
  } finally {
    await file.close();
  }
}
