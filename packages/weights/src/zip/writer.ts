/**
 * Writes ZIP files with stored entries, one after the other, with 64-bit sizes where they are needed. Equal entries
 * give equal bytes: no time is recorded (all entries are of 1980-01-01, the earliest that the format can say).
 */
import { crc32 } from "node:zlib";
import {
  CENTRAL_BYTES,
  CENTRAL_SIGNATURE,
  END_BYTES,
  END_SIGNATURE,
  END64_BYTES,
  END64_SIGNATURE,
  LOCAL_BYTES,
  LOCAL_SIGNATURE,
  LOCATOR64_BYTES,
  LOCATOR64_SIGNATURE,
  STORED,
  UINT16_MAX,
  UINT32_MAX,
  ZIP64_TAG,
} from "./records.js";

/** What is written to: bytes after those before. */
export interface Sink {
  /** Bytes written so far. */
  readonly position: number;
  append(bytes: Uint8Array): Promise<void>;
}

/** Bytes in memory. */
export class MemorySink implements Sink {
  readonly #parts: Uint8Array[] = [];
  #position = 0;

  get position(): number {
    return this.#position;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#parts.push(bytes);
    this.#position += bytes.length;
  }

  /** All that was appended, as one. */
  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

interface Written {
  readonly name: Buffer;
  readonly crc: number;
  readonly size: number;
  readonly position: number;
}

const EARLIEST_DATE = 0x21;
const UTF8_NAMES = 0x800;
const VERSION = 20;
const VERSION_64 = 45;
/** Tag of an extra field that only fills space; its bytes are zeros. */
const PADDING_TAG = 0x4246;

/** A ZIP file that is being written. */
export class ZipWriter {
  readonly #sink: Sink;
  readonly #alignment: number;
  readonly #entries: Written[] = [];

  /**
   * @param sink Where to write; the archive starts at its position 0.
   * @param alignment Every entry's data start at a multiple of this many bytes. Default: 1.
   */
  constructor(sink: Sink, alignment = 1) {
    this.#sink = sink;
    this.#alignment = alignment;
  }

  /**
   * Appends an entry.
   * @param name Its path in the archive, at most 65535 bytes of UTF-8.
   * @param parts Its content, in pieces.
   */
  async add(name: string, ...parts: readonly Uint8Array[]): Promise<void> {
    const position = this.#sink.position;
    const crc = parts.reduce((value, part) => crc32(part, value), 0);
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    const entry = { name: Buffer.from(name), crc, size, position };
    await this.#sink.append(this.#localHeader(entry));
    for (const part of parts) await this.#sink.append(part);
    this.#entries.push(entry);
  }

  /** Writes the directory, which ends the file. */
  async finish(): Promise<void> {
    const position = this.#sink.position;
    for (const entry of this.#entries) await this.#sink.append(centralHeader(entry));
    await this.#sink.append(endRecords(this.#entries.length, position, this.#sink.position - position));
  }

  #localHeader({ name, crc, size, position }: Written): Buffer {
    const wide = size >= UINT32_MAX;
    const extra = wide ? wideExtra(size, size) : Buffer.alloc(0);
    const padding = this.#padding(position + LOCAL_BYTES + name.length + extra.length);
    const header = Buffer.alloc(LOCAL_BYTES);
    header.writeUInt32LE(LOCAL_SIGNATURE, 0);
    writeCommon(header, 4, wide, crc, size);
    header.writeUInt16LE(name.length, 26);
    header.writeUInt16LE(extra.length + padding.length, 28);
    return Buffer.concat([header, name, extra, padding]);
  }

  /** An extra field that moves what follows to the alignment; none if it is there. */
  #padding(end: number): Buffer {
    let missing = (this.#alignment - (end % this.#alignment)) % this.#alignment;
    if (missing === 0) return Buffer.alloc(0);
    while (missing < 4) missing += this.#alignment;
    const padding = Buffer.alloc(missing);
    padding.writeUInt16LE(PADDING_TAG, 0);
    padding.writeUInt16LE(padding.length - 4, 2);
    return padding;
  }
}

function centralHeader({ name, crc, size, position }: Written): Buffer {
  const wideSize = size >= UINT32_MAX;
  const widePosition = position >= UINT32_MAX;
  const wide = wideSize || widePosition;
  const extra = wide
    ? wideExtra(...(wideSize ? [size, size] : []), ...(widePosition ? [position] : []))
    : Buffer.alloc(0);
  const header = Buffer.alloc(CENTRAL_BYTES);
  header.writeUInt32LE(CENTRAL_SIGNATURE, 0);
  header.writeUInt16LE(wide ? VERSION_64 : VERSION, 4);
  writeCommon(header, 6, wide, crc, size);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(Math.min(position, UINT32_MAX), 42);
  return Buffer.concat([header, name, extra]);
}

/** The fields that local and central headers have in common, from the version needed on. */
function writeCommon(header: Buffer, at: number, wide: boolean, crc: number, size: number): void {
  header.writeUInt16LE(wide ? VERSION_64 : VERSION, at);
  header.writeUInt16LE(UTF8_NAMES, at + 2);
  header.writeUInt16LE(STORED, at + 4);
  header.writeUInt16LE(0, at + 6);
  header.writeUInt16LE(EARLIEST_DATE, at + 8);
  header.writeUInt32LE(crc, at + 10);
  header.writeUInt32LE(Math.min(size, UINT32_MAX), at + 14);
  header.writeUInt32LE(Math.min(size, UINT32_MAX), at + 18);
}

function wideExtra(...numbers: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * numbers.length);
  extra.writeUInt16LE(ZIP64_TAG, 0);
  extra.writeUInt16LE(8 * numbers.length, 2);
  for (const [index, value] of numbers.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  return extra;
}

function endRecords(count: number, position: number, length: number): Buffer {
  const wide = count >= UINT16_MAX || position >= UINT32_MAX || length >= UINT32_MAX;
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(END_SIGNATURE, 0);
  end.writeUInt16LE(Math.min(count, UINT16_MAX), 8);
  end.writeUInt16LE(Math.min(count, UINT16_MAX), 10);
  end.writeUInt32LE(Math.min(length, UINT32_MAX), 12);
  end.writeUInt32LE(Math.min(position, UINT32_MAX), 16);
  if (!wide) return end;
  const record = Buffer.alloc(END64_BYTES);
  record.writeUInt32LE(END64_SIGNATURE, 0);
  record.writeBigUInt64LE(BigInt(END64_BYTES - 12), 4);
  record.writeUInt16LE(VERSION_64, 12);
  record.writeUInt16LE(VERSION_64, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(length), 40);
  record.writeBigUInt64LE(BigInt(position), 48);
  const locator = Buffer.alloc(LOCATOR64_BYTES);
  locator.writeUInt32LE(LOCATOR64_SIGNATURE, 0);
  locator.writeBigUInt64LE(BigInt(position + length), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator, end]);
}
