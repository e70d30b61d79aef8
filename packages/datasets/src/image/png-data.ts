/**
 * Whether a PNG's pixel data is as long as its header says (PNG specification, third edition, clauses 7 and 11.2).
 * Decoders stop once they have the rows that the header asks for, so a header that announces fewer rows than are
 * stored passes them; this check does not let it. Checksums and the rest of the structure are the decoder's.
 */
import { inflateSync } from "node:zlib";
import { ImageError } from "../errors.js";

/** Samples per pixel for each colour type of the specification. */
const CHANNELS = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);

/** The seven passes of Adam7: first column, first row, column step, row step. */
const ADAM7: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/**
 * Checks that the pixel data of a PNG has exactly the length that its header announces.
 * Inflates at most one byte more than that.
 * @param name What to call the file in an error.
 * @param bytes The whole file, starting with the PNG signature.
 * @throws ImageError if the data is shorter, longer or missing.
 */
export function checkPngData(name: string, bytes: Uint8Array): void {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Buffer[] = [];
  let expected: number | null = null;
  for (let at = 8; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at);
    const type = file.toString("latin1", at + 4, at + 8);
    const body = file.subarray(at + 8, at + 8 + length);
    if (type === "IHDR" && body.length >= 13) expected = inflatedLength(body);
    if (type === "IDAT") data.push(body);
    if (type === "IEND") break;
    at += 12 + length;
  }
  if (expected === null) throw new ImageError(name, "the PNG header is missing or names an unknown colour type");
  const actual = inflatedAtMost(name, Buffer.concat(data), expected + 1);
  if (actual !== expected) {
    const got = actual > expected ? "more" : `${actual}`;
    throw new ImageError(name, `the header announces ${expected} bytes of pixel data, the file holds ${got}`);
  }
}

function inflatedLength(header: Buffer): number | null {
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const channels = CHANNELS.get(header[9]!);
  if (channels === undefined) return null;
  // Every row starts with one byte that names its filter.
  const rows = (w: number, h: number) => (w > 0 && h > 0 ? h * (1 + Math.ceil((w * channels * header[8]!) / 8)) : 0);
  if (header[12] === 0) return rows(width, height);
  return ADAM7.reduce(
    (sum, [x, y, dx, dy]) => sum + rows(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)),
    0,
  );
}

function inflatedAtMost(name: string, compressed: Buffer, limit: number): number {
  try {
    return inflateSync(compressed, { maxOutputLength: limit }).length;
  } catch (cause) {
    if (cause instanceof RangeError) return limit;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ImageError(name, `the pixel data cannot be decompressed (${reason})`, { cause });
  }
}
