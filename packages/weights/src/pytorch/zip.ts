/**
 * The format of `torch.save` since 1.6: a ZIP file with `<root>/data.pkl`, a pickle of all but the numbers, and one
 * entry `<root>/data/<key>` per storage. `<root>` may be any folder. Source: torch/serialization.py, `_save` and
 * caffe2/serialize/inline_container.cc.
 */
import { bytesPerElement } from "../dtype.js";
import type { ByteSource } from "../files/byte-source.js";
import { quote } from "../weights-error.js";
import { ZipArchive } from "../zip/archive.js";
import { type Container, MAX_PICKLE_BYTES } from "./container.js";
import { PyTorchError } from "./error.js";
import { findGlobal, type UnknownNames } from "./globals.js";
import { Storages } from "./rebuild.js";
import { unpickle } from "./unpickler.js";
import type { StorageRecord } from "./values.js";

/** The last version of the archive's own layout that PyTorch reads: `kMaxSupportedFileFormatVersion`. */
const MAX_VERSION = 10;

/** Longer than any of the records with a word or number in them. */
const MAX_TEXT_BYTES = 64;

/** Opens a file of this format. */
export async function openZip(source: ByteSource, unknown: UnknownNames): Promise<Container> {
  // Zeros stand for checksums where `torch.serialization.set_crc32_options(False)` was called.
  const archive = await ZipArchive.open(source, PyTorchError, "absent");
  const root = findRoot(archive);
  await checkVersion(archive, root);
  const bigEndian = await isBigEndian(archive, root);
  const storages = new Storages();
  const pickle = await archive.read(`${root}data.pkl`);
  const { value, end } = unpickle(pickle, 0, {
    global: (name) => findGlobal(name, unknown),
    persistent: (id) => storages.find(id),
  });
  if (end < pickle.length)
    throw new PyTorchError(null, `data.pkl goes on for ${pickle.length - end} bytes after its end`);
  const entryOf = ({ key }: StorageRecord) => `${root}data/${key}`;
  for (const record of storages.records.values()) {
    const size = archive.entries.get(entryOf(record))?.size;
    if (size === undefined) throw new PyTorchError(null, `the ZIP file holds no ${quote(entryOf(record))}`);
    if (size !== record.bytes) {
      const said = `${record.length} × ${record.dtype} takes ${record.bytes} bytes`;
      throw new PyTorchError(null, `storage ${quote(record.key)}: ${said}, the ZIP file has ${size}`);
    }
  }
  return {
    format: "zip",
    root: value,
    async read(record, tensor) {
      const bytes = await archive.read(entryOf(record), tensor);
      if (bigEndian) swap(bytes, record, tensor);
      return bytes;
    },
  };
}

/** The folder that holds the pickle, with its slash. */
function findRoot({ entries }: ZipArchive): string {
  const pickles = [...entries.values()].filter(({ name }) => name === "data.pkl" || /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (pickle === undefined) throw new PyTorchError(null, "a ZIP file, but not of PyTorch: it holds no data.pkl");
  if (pickles.length > 1) throw new PyTorchError(null, `the ZIP file holds ${pickles.length} data.pkl, expected one`);
  if (pickle.size > MAX_PICKLE_BYTES) {
    throw new PyTorchError(null, `data.pkl has ${pickle.size} bytes, more than the limit of ${MAX_PICKLE_BYTES}`);
  }
  const root = pickle.name.slice(0, -"data.pkl".length);
  if (entries.has(`${root}constants.pkl`)) {
    throw new PyTorchError(null, "a TorchScript archive, which is not read; save the state_dict() instead");
  }
  return root;
}

async function checkVersion(archive: ZipArchive, root: string): Promise<void> {
  const text = await textOf(archive, `${root}version`);
  if (text === null) return;
  if (/^\d+\n?$/.test(text) && Number(text) <= MAX_VERSION) return;
  throw new PyTorchError(null, `version: expected a number up to ${MAX_VERSION}, got ${quote(text)}`);
}

/** Files from before PyTorch 2.1 do not say; they are of machines like this one. */
async function isBigEndian(archive: ZipArchive, root: string): Promise<boolean> {
  const text = await textOf(archive, `${root}byteorder`);
  if (text === null || text === "little") return false;
  if (text === "big") return true;
  throw new PyTorchError(null, `byteorder: expected little or big, got ${quote(text)}`);
}

async function textOf(archive: ZipArchive, name: string): Promise<string | null> {
  const entry = archive.entries.get(name);
  if (entry === undefined) return null;
  if (entry.size > MAX_TEXT_BYTES) throw new PyTorchError(null, `${quote(name)} has ${entry.size} bytes`);
  return Buffer.from(await archive.read(name)).toString("latin1");
}

function swap(bytes: Uint8Array<ArrayBuffer>, { dtype }: StorageRecord, tensor: string): void {
  if (dtype === "bytes") throw new PyTorchError(tensor, "its storage is untyped and big-endian, which is not read");
  const buffer = Buffer.from(bytes.buffer);
  const width = bytesPerElement(dtype);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else if (width === 8) buffer.swap64();
}
