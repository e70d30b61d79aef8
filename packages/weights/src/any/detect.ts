/** Which format a weight file has, by its content. Extensions are not looked at: `.bin` and `.h5` have been anything. */
import type { ByteSource } from "../files/byte-source.js";
import { guess, HDF5_SIGNATURE, START_BYTES } from "../files/guess.js";
import { KERAS_WEIGHTS } from "../keras/read.js";
import { NPY_MAGIC } from "../numpy/npy-header.js";
import { startsAsLegacy } from "../pytorch/legacy.js";
import { WeightsError } from "../weights-error.js";
import { ZipArchive } from "../zip/archive.js";

/** The formats that can be read. `npz` stands for `.npy` as well, `keras` for `.h5`, `.weights.h5` and `.keras`. */
export type WeightsFormat = "safetensors" | "pytorch" | "npz" | "keras" | "tensorflowjs";

/**
 * The format of a file.
 * @throws WeightsError if it is none that is known; what it seems to be instead is said.
 */
export async function detectFormat(source: ByteSource): Promise<WeightsFormat> {
  const start = Buffer.from((await source.read(0, Math.min(START_BYTES, source.size))).buffer);
  const text = start.toString("latin1");
  if (text.startsWith(HDF5_SIGNATURE)) return "keras";
  if (start.subarray(0, NPY_MAGIC.length).equals(NPY_MAGIC)) return "npz";
  if (startsAsLegacy(start)) return "pytorch";
  if (text.startsWith("PK")) return archiveFormat(source);
  // Eight bytes of length, the upper ones zero for any header that fits a file, then the header's first character.
  if (text[8] === "{" && start.readUIntLE(4, 4) === 0) return "safetensors";
  if (/^(\xef\xbb\xbf)?\s*\{/.test(text)) return "tensorflowjs";
  throw new WeightsError(null, `not a weight file of a known format: ${guess(start)}`);
}

async function archiveFormat(source: ByteSource): Promise<WeightsFormat> {
  const names = [...(await ZipArchive.open(source, WeightsError)).entries.keys()];
  if (names.includes(KERAS_WEIGHTS)) return "keras";
  if (names.some((name) => /(^|\/)data\.pkl$/.test(name))) return "pytorch";
  if (names.every((name) => name.endsWith(".npy"))) return "npz";
  const shown = names.slice(0, 3).map((name) => JSON.stringify(name.slice(0, 60)));
  throw new WeightsError(null, `not a weight file of a known format: a ZIP archive of ${shown.join(", ")}`);
}
