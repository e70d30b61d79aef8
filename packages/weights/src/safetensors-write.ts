/**
 * Named arrays to safetensors files, byte for byte as the reference implementation lays them out: tensors ordered by
 * dtype (largest elements first, which aligns them) and then by name, the header padded with spaces to 8 bytes. Equal
 * tensors so give equal files, in whichever order they were added.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { encodeTensor } from "./decode-tensor.js";
import { DTYPES } from "./dtype.js";
import type { NamedArrays } from "./named-array.js";
import { SafetensorsError } from "./safetensors-error.js";
import { checkName, LENGTH_BYTES, MAX_HEADER_BYTES, METADATA_KEY } from "./safetensors-header.js";

/** Bytes given to the system in one write; it takes at most 2 GiB at a time. */
const WRITE_BYTES = 2 ** 28;

/**
 * The bytes of a safetensors file.
 * @param metadata Free-form texts to store with it.
 * @throws SafetensorsError if dtype, shape and data of a tensor do not fit together, or a name cannot be stored.
 */
export function serializeSafetensors(
  tensors: NamedArrays,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const parts = layOut(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Writes a safetensors file: beside the target, synced, then renamed over it, so that a reader sees the old file or
 * the whole new one. The arrays are written as they stand, without a copy of the whole in memory.
 * @throws SafetensorsError as {@link serializeSafetensors}; a file that was there is then untouched.
 */
export async function writeSafetensors(
  path: string,
  tensors: NamedArrays,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const parts = layOut(tensors, metadata);
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, "wx");
    try {
      for (const part of parts) await writeAll(file, part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** The file in pieces: length, header, then the data of each tensor as a view of its array. */
function layOut(tensors: NamedArrays, metadata: Readonly<Record<string, string>>): Uint8Array[] {
  const rank = (name: string) => DTYPES.indexOf(tensors.get(name)!.dtype);
  const names = [...tensors.keys()].sort((a, b) => rank(b) - rank(a) || Buffer.compare(Buffer.from(a), Buffer.from(b)));
  // Put together as text: an object would reorder names that look like indices.
  const members: string[] = [];
  if (Object.keys(metadata).length > 0) members.push(member(METADATA_KEY, checkedMetadata(metadata)));
  const data: Uint8Array[] = [];
  let end = 0;
  for (const name of names) {
    const tensor = tensors.get(name)!;
    if (name === METADATA_KEY) throw new SafetensorsError(name, "the name is reserved");
    checkName(name);
    const bytes = encodeTensor(name, tensor);
    const begin = end;
    end += bytes.length;
    data.push(bytes);
    members.push(member(name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] }));
  }
  const json = Buffer.from(`{${members.join(",")}}`);
  const header = Buffer.alloc(Math.ceil(json.length / 8) * 8, " ");
  json.copy(header);
  if (header.length > MAX_HEADER_BYTES) {
    throw new SafetensorsError(
      null,
      `a header of ${header.length} bytes is longer than the limit of ${MAX_HEADER_BYTES}`,
    );
  }
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(header.length));
  return [length, header, ...data];
}

function member(key: string, value: unknown): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

function checkedMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") {
      throw new SafetensorsError(null, `${METADATA_KEY}.${key}: expected text, got ${JSON.stringify(value)}`);
    }
    if (/\p{Surrogate}/u.test(key + value)) {
      throw new SafetensorsError(null, `${METADATA_KEY}.${key}: the text is not valid Unicode`);
    }
  }
  return metadata;
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, Math.min(bytes.length - done, WRITE_BYTES));
    done += bytesWritten;
  }
}

/** Makes the rename itself durable. Windows has no way to sync a folder and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
