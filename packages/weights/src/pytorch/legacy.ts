/**
 * The format of `torch.save` before 1.6: five pickles – a magic number, a protocol version, facts about the machine, all
 * but the numbers, the keys of the storages – and then the storages in the order of the keys, each its number of
 * elements in 8 bytes and its elements. Source: torch/serialization.py, `_legacy_save`.
 */
import type { ByteSource } from "../files/byte-source.js";
import { quote } from "../weights-error.js";
import { type Container, MAX_PICKLE_BYTES } from "./container.js";
import { CutShort, PyTorchError } from "./error.js";
import { findGlobal, type UnknownNames } from "./globals.js";
import { Storages } from "./rebuild.js";
import { PLAIN, unpickle } from "./unpickler.js";
import { Dict, kindOf, type StorageRecord, type Value } from "./values.js";

/** The first pickle's value. */
const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
/** How it stands in the first pickle: in bytes since protocol 2, in decimal digits before. */
const MAGIC_FORMS = [Buffer.from("6cfc9c46f9206aa85019", "hex"), Buffer.from(`L${MAGIC_NUMBER}`)];
/** It starts within so many bytes: in protocol 4 a frame comes first. */
const MAGIC_BYTES = 32;
/** The second pickle's value. */
const PROTOCOL_VERSION = 1001;

/** Bytes of the count before a storage. */
const COUNT_BYTES = 8;

/** Bytes to look at first for the pickles; their length is nowhere said. */
const FIRST_BYTES = 2 ** 20;

interface Pickles {
  readonly root: Value;
  readonly records: readonly StorageRecord[];
  /** Where the storages start. */
  readonly end: number;
}

/** Whether a file that starts so has this format. */
export function startsAsLegacy(start: Buffer): boolean {
  return MAGIC_FORMS.some((form) => start.subarray(0, MAGIC_BYTES).includes(form));
}

/** Opens a file of this format. */
export async function openLegacy(source: ByteSource, unknown: UnknownNames): Promise<Container> {
  const { root, records, end } = await readPickles(source, unknown);
  const positions = new Map<StorageRecord, number>();
  let at = end;
  for (const record of records) {
    const start = at + COUNT_BYTES;
    const what = `storage ${quote(record.key)}`;
    if (start + record.bytes > source.size) {
      throw new PyTorchError(
        null,
        `${what} of ${record.bytes} bytes at byte ${at} does not fit in a file of ${source.size}`,
      );
    }
    const count = Buffer.from((await source.read(at, COUNT_BYTES)).buffer).readBigInt64LE();
    if (count !== BigInt(record.length)) {
      throw new PyTorchError(null, `${what}: the pickle says ${record.length} elements, its own count ${count}`);
    }
    positions.set(record, start);
    at = start + record.bytes;
  }
  if (at < source.size) throw new PyTorchError(null, `${source.size - at} bytes follow the last storage`);
  return {
    format: "legacy",
    root,
    read: (record, tensor) => source.read(positions.get(record)!, record.bytes, tensor),
  };
}

/** Tries with more bytes until the pickles end in them. */
async function readPickles(source: ByteSource, unknown: UnknownNames): Promise<Pickles> {
  const most = Math.min(source.size, MAX_PICKLE_BYTES);
  for (let length = Math.min(FIRST_BYTES, most); ; length = Math.min(4 * length, most)) {
    const bytes = await source.read(0, length);
    try {
      return parsePickles(bytes, unknown);
    } catch (error) {
      if (!(error instanceof CutShort && length < most)) throw error;
    }
  }
}

function parsePickles(bytes: Uint8Array, unknown: UnknownNames): Pickles {
  const magic = unpickle(bytes, 0, PLAIN);
  if (magic.value !== MAGIC_NUMBER)
    throw new PyTorchError(null, `expected PyTorch's magic number, got ${kindOf(magic.value)}`);
  const version = unpickle(bytes, magic.end, PLAIN);
  if (version.value !== PROTOCOL_VERSION) {
    throw new PyTorchError(null, `expected the protocol version ${PROTOCOL_VERSION}, got ${kindOf(version.value)}`);
  }
  const machine = unpickle(bytes, version.end, PLAIN);
  if (machine.value instanceof Dict && machine.value.get("little_endian") === false) {
    throw new PyTorchError(null, "a legacy file of a big-endian machine, which is not read");
  }
  const storages = new Storages();
  const content = unpickle(bytes, machine.end, {
    global: (name) => findGlobal(name, unknown),
    persistent: (id) => storages.find(id),
  });
  const keys = unpickle(bytes, content.end, PLAIN);
  return { root: content.value, records: inOrder(keys.value, storages), end: keys.end };
}

/** The storages as their keys list them: each of them once. */
function inOrder(keys: Value, { records }: Storages): StorageRecord[] {
  if (!Array.isArray(keys)) throw new PyTorchError(null, `expected a list of storage keys, got ${kindOf(keys)}`);
  const ordered = keys.map((key) => {
    const record = records.get(typeof key === "number" ? String(key) : (key as string));
    if (record === undefined) throw new PyTorchError(null, `no tensor says what the storage ${kindOf(key)} is`);
    return record;
  });
  const distinct = new Set(ordered);
  if (distinct.size < ordered.length) throw new PyTorchError(null, "the list of storage keys has one twice");
  for (const record of records.values()) {
    if (!distinct.has(record))
      throw new PyTorchError(null, `storage ${quote(record.key)} is not in the list of storage keys`);
  }
  return ordered;
}
