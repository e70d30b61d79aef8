/**
 * Tensors to PyTorch files: a state dict in the ZIP format, which `torch.load` reads since 1.6, with or without
 * `weights_only`. Equal tensors in equal order give equal files.
 */
import { encodeTensor } from "../decode-tensor.js";
import { writeFileWhole } from "../files/write-file.js";
import type { NamedArrays } from "../named-array.js";
import { infosOf, type TensorInput, tensorsOf } from "../tensor-source.js";
import type { WriteOptions } from "../write-options.js";
import { MemorySink, type Sink, ZipWriter } from "../zip/writer.js";
import { PyTorchError } from "./error.js";
import { pickleStateDict } from "./pickle-state-dict.js";

/** The folder in the archive; PyTorch takes any. */
const ROOT = "archive";

/** The version of the layout that PyTorch writes. */
const VERSION = "3\n";

/** Where PyTorch lets storages begin, so that they can be mapped into memory. */
const ALIGNMENT = 64;

/**
 * The bytes of a PyTorch file.
 * @throws PyTorchError if dtype, shape and data of a tensor do not fit together, or a name cannot be stored.
 */
export async function serializePyTorch(tensors: NamedArrays): Promise<Uint8Array> {
  const sink = new MemorySink();
  await writeArchive(sink, tensors);
  return sink.bytes();
}

/**
 * Writes a PyTorch file: beside the target, synced, then renamed over it, so that a reader sees the old file or the whole
 * new one. One tensor is held at a time where they come from a source or a stream.
 *
 *     torch.load("model.pth", weights_only=True)  # an OrderedDict
 *
 * @param tensors Arrays, an open weight file, or a stream of tensors. Tensors of dtype U16, U32 or U64 make the file
 *   readable to PyTorch 2.3 and later only.
 * @throws PyTorchError as {@link serializePyTorch}, or if a stream brings other tensors than it announced; a file that
 *   was there is then untouched.
 */
export async function writePyTorch(path: string, tensors: TensorInput, { signal }: WriteOptions = {}): Promise<void> {
  await writeFileWhole(path, (sink) => writeArchive(sink, tensors), signal);
}

async function writeArchive(sink: Sink, tensors: TensorInput): Promise<void> {
  const infos = infosOf(tensors);
  const keys = new Map([...infos.keys()].map((name, index) => [name, index]));
  const zip = new ZipWriter(sink, ALIGNMENT);
  await zip.add(`${ROOT}/data.pkl`, pickleStateDict(infos));
  await zip.add(`${ROOT}/byteorder`, Buffer.from("little"));
  for await (const [name, array] of tensorsOf(tensors, infos.keys(), PyTorchError)) {
    await zip.add(`${ROOT}/data/${keys.get(name)}`, encodeTensor(name, array, PyTorchError));
  }
  await zip.add(`${ROOT}/version`, Buffer.from(VERSION));
  await zip.finish();
}
