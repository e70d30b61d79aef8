/** PNG and JPEG files that are not what they say. */
import { crc32, deflateSync } from "node:zlib";

/** What the header of {@link png} says, and what its data holds. */
export interface PngParts {
  /** Announced size. */
  readonly header: readonly [width: number, height: number];
  /** Size of the picture that is really stored; default as announced. */
  readonly stored?: readonly [width: number, height: number];
  /** Bits per sample, colour type, interlace method. Default 8-bit RGB, not interlaced. */
  readonly kind?: readonly [bits: number, colour: number, interlace: number];
  /** The rows with their filter bytes, in place of a grey picture of the stored size. */
  readonly rows?: Uint8Array;
}

/** A PNG file with valid checksums. */
export function png({ header, stored = header, kind = [8, 2, 0], rows }: PngParts): Uint8Array {
  const start = Buffer.alloc(13);
  start.writeUInt32BE(header[0], 0);
  start.writeUInt32BE(header[1], 4);
  start.set([kind[0], kind[1], 0, 0, kind[2]], 8);
  const row = [0, ...new Array<number>(stored[0] * 3).fill(3)];
  const data = rows ?? Uint8Array.from({ length: stored[1] * row.length }, (_, i) => row[i % row.length]!);
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  const chunks = [chunk("IHDR", start), chunk("IDAT", deflateSync(data)), chunk("IEND", Buffer.alloc(0))];
  return new Uint8Array(Buffer.concat([signature, ...chunks]));
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** A copy of a baseline JPEG whose frame header announces another size. */
export function jpegThatAnnounces(jpeg: Uint8Array, width: number, height: number): Uint8Array {
  const bytes = Buffer.from(jpeg);
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  if (frame < 0) throw new Error("not a baseline JPEG");
  bytes.writeUInt16BE(height, frame + 5);
  bytes.writeUInt16BE(width, frame + 7);
  return new Uint8Array(bytes);
}
