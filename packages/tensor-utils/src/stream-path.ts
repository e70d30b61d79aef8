/**
 * The path of a random stream, `(seed, name, name, …)`, as bytes, and the hash of those bytes that selects the stream.
 *
 * Encoding: each part is one tag byte, a 32-bit little-endian byte count and that many payload bytes; the parts follow
 * one another. A number or bigint has tag `i` (0x69) and its decimal digits in ASCII as payload; a string has tag `s`
 * (0x73) and its UTF-16 little-endian code units. The counts make the encoding unambiguous: `["a", "b"]`, `["ab"]` and
 * `["a", "b", ""]` differ, as do `1` and `"1"`. `1` and `1n` are one and the same seed.
 */
import { sha256 } from "@noble/hashes/sha2.js";

/** What names a random stream below its seed. A number must be a safe integer. */
export type StreamName = string | number;

/** A stream was asked for, or drawn from, with values that have no meaning; nothing is drawn. */
export class RandomStreamError extends RangeError {
  /** @internal */
  constructor(message: string) {
    super(message);
    this.name = "RandomStreamError";
  }
}

const TAG_INTEGER = 0x69;
const TAG_STRING = 0x73;
const HEADER_BYTES = 5;

function encodePart(part: StreamName | bigint, what: string): Uint8Array {
  if (typeof part === "number" && !Number.isSafeInteger(part)) {
    throw new RandomStreamError(`${what}: a number must be a safe integer, got ${part}`);
  }
  if (typeof part === "string") {
    const bytes = part.length * 2;
    const encoded = header(TAG_STRING, bytes);
    for (let i = 0; i < part.length; i++) {
      const unit = part.charCodeAt(i);
      encoded[HEADER_BYTES + 2 * i] = unit & 0xff;
      encoded[HEADER_BYTES + 2 * i + 1] = unit >>> 8;
    }
    return encoded;
  }
  if (typeof part !== "number" && typeof part !== "bigint") {
    throw new RandomStreamError(`${what}: must be a string or an integer, got ${typeof part}`);
  }
  const digits = part.toString(); // -0 becomes "0"
  const encoded = header(TAG_INTEGER, digits.length);
  for (let i = 0; i < digits.length; i++) encoded[HEADER_BYTES + i] = digits.charCodeAt(i);
  return encoded;
}

function header(tag: number, payloadBytes: number): Uint8Array {
  const encoded = new Uint8Array(HEADER_BYTES + payloadBytes);
  encoded[0] = tag;
  new DataView(encoded.buffer).setUint32(1, payloadBytes, true);
  return encoded;
}

/** The encoded path of `seed`. */
export function encodeSeed(seed: StreamName | bigint): Uint8Array {
  return encodePart(seed, "seed");
}

/** `parent` with `names` encoded after it. */
export function extendPath(parent: Uint8Array, names: readonly StreamName[]): Uint8Array {
  const parts = names.map((name, index) => encodePart(name, `names[${index}]`));
  const path = new Uint8Array(parts.reduce((total, part) => total + part.length, parent.length));
  path.set(parent);
  let offset = parent.length;
  for (const part of parts) {
    path.set(part, offset);
    offset += part.length;
  }
  return path;
}

/** The first 128 bits of SHA-256 of an encoded path, as four little-endian 32-bit words. */
export function hashPath(path: Uint8Array): Uint32Array {
  const digest = sha256(path);
  const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
  return Uint32Array.from({ length: 4 }, (_, word) => view.getUint32(4 * word, true));
}
