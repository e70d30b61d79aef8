/** TensorFlow.js models on disk, of any manifest. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Writes a model; gives the path of its `model.json`. */
export async function writeModel(
  folder: string,
  weightsManifest: unknown,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<string> {
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  const path = join(folder, "model.json");
  await writeFile(path, JSON.stringify({ format: "layers-model", modelTopology: {}, weightsManifest }));
  return path;
}
