/** ZIP files of any claims, valid or not. */
import { crc32, deflateRawSync } from "node:zlib";

/** One entry, and the lies that it tells. */
export interface EntrySpec {
  name: string;
  content: Uint8Array;
  deflate?: boolean;
  /** Fields of the directory in place of the true ones. */
  method?: number;
  flags?: number;
  size?: number;
  compressedSize?: number;
  crc?: number;
  position?: number;
  /** The name in the local header. */
  localName?: string;
}

/** A ZIP file of some entries, and an end record that may lie as well. */
export function rawZip(
  entries: readonly EntrySpec[],
  end: { count?: number; length?: number; position?: number; comment?: string } = {},
): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const spec of entries) {
    const data = spec.deflate ? deflateRawSync(spec.content) : Buffer.from(spec.content);
    const method = spec.method ?? (spec.deflate ? 8 : 0);
    const local = Buffer.alloc(30);
    const localName = Buffer.from(spec.localName ?? spec.name);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(localName.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50);
    central.writeUInt16LE(spec.flags ?? 0, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(spec.crc ?? crc32(spec.content), 16);
    central.writeUInt32LE(spec.compressedSize ?? data.length, 20);
    central.writeUInt32LE(spec.size ?? spec.content.length, 24);
    central.writeUInt16LE(Buffer.byteLength(spec.name), 28);
    central.writeUInt32LE(spec.position ?? at, 42);
    parts.push(local, localName, data);
    directory.push(central, Buffer.from(spec.name));
    at += 30 + localName.length + data.length;
  }
  const record = Buffer.alloc(22);
  const comment = Buffer.from(end.comment ?? "");
  record.writeUInt32LE(0x06054b50);
  record.writeUInt16LE(end.count ?? entries.length, 8);
  record.writeUInt16LE(end.count ?? entries.length, 10);
  record.writeUInt32LE(end.length ?? Buffer.concat(directory).length, 12);
  record.writeUInt32LE(end.position ?? at, 16);
  record.writeUInt16LE(comment.length, 20);
  return new Uint8Array(Buffer.concat([...parts, ...directory, record, comment]));
}
