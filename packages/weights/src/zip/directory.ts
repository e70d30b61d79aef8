/**
 * The central directory of a ZIP file: found from the end, parsed, and held against the file before anything is
 * believed. Entries must not overlap one another nor the directory, must not be there twice, and must not claim to
 * inflate beyond what deflate can do or what the caller allows.
 */
import type { ByteSource } from "../files/byte-source.js";
import type { WeightsErrorClass } from "../weights-error.js";
import { quote } from "../weights-error.js";
import {
  CENTRAL_BYTES,
  CENTRAL_SIGNATURE,
  DEFLATED,
  END_BYTES,
  END_SIGNATURE,
  END64_BYTES,
  END64_SIGNATURE,
  LOCAL_BYTES,
  LOCATOR64_BYTES,
  LOCATOR64_SIGNATURE,
  MAX_DEFLATE_RATIO,
  STORED,
  UINT16_MAX,
  UINT32_MAX,
  ZIP64_TAG,
} from "./records.js";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What the directory says of one entry. */
export interface ZipEntry {
  /** Its path in the archive. */
  readonly name: string;
  /** Whether its bytes are compressed with deflate; otherwise they are stored as they are. */
  readonly deflated: boolean;
  /** Bytes of its content. */
  readonly size: number;
  /** Bytes in the file. */
  readonly compressedSize: number;
  /** CRC-32 of its content. */
  readonly crc: number;
  /** Where its local header starts. */
  readonly headerPosition: number;
  /** Where the next entry or the directory starts: its data end before that. */
  readonly limit: number;
}

interface Directory {
  readonly position: number;
  readonly length: number;
  readonly count: number;
}

/**
 * Reads and validates the directory.
 * @param inflatedLimit Bytes to which the deflated entries together may grow.
 * @throws Failure if the file is no ZIP file, or one that this reader refuses.
 */
export async function readDirectory(
  source: ByteSource,
  Failure: WeightsErrorClass,
  inflatedLimit: number,
): Promise<ReadonlyMap<string, ZipEntry>> {
  const directory = await findDirectory(source, Failure);
  const bytes = await source.read(directory.position, directory.length);
  const entries = parseEntries(bytes, directory, Failure);
  return new Map(withLimits(entries, directory.position, inflatedLimit, Failure).map((entry) => [entry.name, entry]));
}

async function findDirectory(source: ByteSource, Failure: WeightsErrorClass): Promise<Directory> {
  const length = Math.min(source.size, END_BYTES + UINT16_MAX + LOCATOR64_BYTES);
  const tailStart = source.size - length;
  const tail = Buffer.from((await source.read(tailStart, length)).buffer);
  let end = length - END_BYTES;
  // The record ends with a comment, which says how long it is; it has to end with the file.
  while (
    end >= 0 &&
    !(tail.readUInt32LE(end) === END_SIGNATURE && end + END_BYTES + tail.readUInt16LE(end + 20) === length)
  )
    end--;
  if (end < 0) throw new Failure(null, "not a ZIP file, or cut short: it has no end record");
  const [disk, directoryDisk, onDisk, total] = [4, 6, 8, 10].map((at) => tail.readUInt16LE(end + at));
  const found = {
    count: total!,
    length: tail.readUInt32LE(end + 12),
    position: tail.readUInt32LE(end + 16),
  };
  const locator = end - LOCATOR64_BYTES;
  let directoryEnd = tailStart + end;
  if (locator >= 0 && tail.readUInt32LE(locator) === LOCATOR64_SIGNATURE) {
    const position = number64(tail, locator + 8, "the position of the end record", Failure);
    const record = Buffer.from((await source.read(position, END64_BYTES)).buffer);
    if (record.readUInt32LE(0) !== END64_SIGNATURE || position + END64_BYTES > tailStart + locator) {
      throw new Failure(null, `the ZIP file has no 64-bit end record at byte ${position}`);
    }
    found.count = number64(record, 32, "the number of entries", Failure);
    found.length = number64(record, 40, "the directory's length", Failure);
    found.position = number64(record, 48, "the directory's position", Failure);
    directoryEnd = position;
  } else if (disk !== 0 || directoryDisk !== 0 || onDisk !== total) {
    throw new Failure(null, "the ZIP file is one of several volumes");
  }
  if (found.position + found.length !== directoryEnd) {
    const place = `${found.position} to ${found.position + found.length}`;
    throw new Failure(null, `the ZIP directory is said to lie at bytes ${place}, its end record at ${directoryEnd}`);
  }
  if (found.count * CENTRAL_BYTES > found.length) {
    throw new Failure(null, `a ZIP directory of ${found.length} bytes cannot hold ${found.count} entries`);
  }
  return found;
}

function parseEntries(
  bytes: Uint8Array<ArrayBuffer>,
  directory: Directory,
  Failure: WeightsErrorClass,
): Omit<ZipEntry, "limit">[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const names = new Set<string>();
  const entries: Omit<ZipEntry, "limit">[] = [];
  let at = 0;
  for (let index = 0; index < directory.count; index++) {
    if (at + CENTRAL_BYTES > view.length || view.readUInt32LE(at) !== CENTRAL_SIGNATURE) {
      throw new Failure(null, `the ZIP directory is broken at entry ${index}`);
    }
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.readUInt16LE(at + field));
    const nameStart = at + CENTRAL_BYTES;
    const extraStart = nameStart + nameLength!;
    const next = extraStart + extraLength! + commentLength!;
    if (next > view.length) throw new Failure(null, `the ZIP directory is broken at entry ${index}`);
    const name = decodeName(view.subarray(nameStart, extraStart), Failure);
    if (names.has(name)) throw new Failure(null, `the ZIP file holds ${quote(name)} twice`);
    names.add(name);
    const flags = view.readUInt16LE(at + 8);
    const method = view.readUInt16LE(at + 10);
    if ((flags & 1) !== 0) throw new Failure(null, `ZIP entry ${quote(name)} is encrypted`);
    if (method !== STORED && method !== DEFLATED) {
      throw new Failure(null, `ZIP entry ${quote(name)}: expected stored or deflated data, got method ${method}`);
    }
    const wide = wideNumbers(view.subarray(extraStart, extraStart + extraLength!));
    const number = (field: number): number => {
      const value = view.readUInt32LE(at + field);
      if (value !== UINT32_MAX) return value;
      const wider = wide.next();
      return wider.done ? value : checked(wider.value, `ZIP entry ${quote(name)}: a size or position`, Failure);
    };
    const size = number(24); // The order in which the extra field has them.
    const compressedSize = number(20);
    const headerPosition = number(42);
    const crc = view.readUInt32LE(at + 16);
    entries.push({ name, deflated: method === DEFLATED, size, compressedSize, crc, headerPosition });
    at = next;
  }
  if (at !== view.length) throw new Failure(null, `the ZIP directory goes on after its ${directory.count} entries`);
  return entries;
}

/** Checks sizes and that no two entries share a byte, and tells each where its data must have ended. */
function withLimits(
  entries: readonly Omit<ZipEntry, "limit">[],
  directoryPosition: number,
  inflatedLimit: number,
  Failure: WeightsErrorClass,
): ZipEntry[] {
  let inflated = 0;
  for (const { name, deflated, size, compressedSize } of entries) {
    if (!deflated && size !== compressedSize) {
      throw new Failure(null, `ZIP entry ${quote(name)}: stored, but of sizes ${size} and ${compressedSize}`);
    }
    if (deflated && size > compressedSize * MAX_DEFLATE_RATIO) {
      throw new Failure(null, `ZIP entry ${quote(name)}: ${compressedSize} bytes cannot inflate to ${size}`);
    }
    if (deflated) inflated += size;
  }
  if (inflated > inflatedLimit) {
    throw new Failure(null, `the ZIP file inflates to ${inflated} bytes, more than the limit of ${inflatedLimit}`);
  }
  const placed = [...entries].sort((a, b) => a.headerPosition - b.headerPosition);
  const limits = new Map<string, number>();
  for (const [index, { name, headerPosition, compressedSize }] of placed.entries()) {
    const limit = placed[index + 1]?.headerPosition ?? directoryPosition;
    if (headerPosition + LOCAL_BYTES + Buffer.byteLength(name) + compressedSize > limit) {
      throw new Failure(null, `ZIP entry ${quote(name)} reaches beyond byte ${limit}, where another part begins`);
    }
    limits.set(name, limit);
  }
  return entries.map((entry) => ({ ...entry, limit: limits.get(entry.name)! }));
}

/** Names that are not UTF-8 come from no writer of weights. */
function decodeName(bytes: Uint8Array, Failure: WeightsErrorClass): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new Failure(null, "the ZIP file holds a name that is not UTF-8", null, { cause });
  }
}

/** The 64-bit numbers of an entry's extra field. */
function* wideNumbers(extra: Buffer): Generator<bigint> {
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === ZIP64_TAG) {
      for (at += 4; at + 8 <= Math.min(end, extra.length); at += 8) yield extra.readBigUInt64LE(at);
    }
    at = end;
  }
}

function number64(bytes: Buffer, at: number, what: string, Failure: WeightsErrorClass): number {
  return checked(bytes.readBigUInt64LE(at), what, Failure);
}

function checked(value: bigint, what: string, Failure: WeightsErrorClass): number {
  if (value <= Number.MAX_SAFE_INTEGER) return Number(value);
  throw new Failure(null, `the ZIP file is broken: ${what} is ${value}`);
}
