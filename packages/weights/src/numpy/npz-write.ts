/** Tensors to `.npz` files: one stored `.npy` file per array, as `numpy.savez` writes them, without times. */
import { type FileSink, writeFileWhole } from "../files/write-file.js";
import type { NamedArrays } from "../named-array.js";
import { infosOf, type TensorInput, tensorsOf } from "../tensor-source.js";
import type { WriteOptions } from "../write-options.js";
import { MemorySink, ZipWriter } from "../zip/writer.js";
import { NumpyError } from "./error.js";
import { npyParts } from "./npy.js";
import { formatNpyHeader } from "./npy-header.js";

/**
 * The bytes of a `.npz` file.
 * @throws NumpyError if dtype, shape and data of an array do not fit together, or its dtype is BF16, which NumPy lacks.
 */
export async function serializeNpz(arrays: NamedArrays): Promise<Uint8Array> {
  const sink = new MemorySink();
  await writeArchive(sink, arrays);
  return sink.bytes();
}

/**
 * Writes a `.npz` file, whole or not at all; one array is held at a time where they come from a source or a stream.
 * @param arrays Arrays, an open weight file, or a stream of tensors.
 * @throws NumpyError as {@link serializeNpz}, or if a stream brings other tensors than it announced; a file that was
 *   there is then untouched.
 */
export async function writeNpz(path: string, arrays: TensorInput, { signal }: WriteOptions = {}): Promise<void> {
  const infos = infosOf(arrays);
  // What cannot be written is refused before anything is.
  for (const [name, { dtype, shape }] of infos) formatNpyHeader(name, dtype, shape);
  await writeFileWhole(path, (sink) => writeArchive(sink, arrays), signal);
}

async function writeArchive(sink: FileSink | MemorySink, arrays: TensorInput): Promise<void> {
  const zip = new ZipWriter(sink);
  for await (const [name, array] of tensorsOf(arrays, infosOf(arrays).keys(), NumpyError)) {
    if (/\p{Surrogate}/u.test(name)) throw new NumpyError(name, "the name is not valid Unicode");
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw new NumpyError(name, `longer than ${MAX_NAME_BYTES} bytes`);
    await zip.add(`${name}.npy`, ...npyParts(name, array));
  }
  await zip.finish();
}

/** What a ZIP file can hold, less `.npy`. */
const MAX_NAME_BYTES = 65535 - 4;
