/**
 * Tensors to safetensors files, byte for byte as the reference implementation lays them out: tensors ordered by dtype
 * (largest elements first, which aligns them) and then by name, the header padded with spaces to 8 bytes. Equal tensors
 * so give equal files, in whichever order they came.
 */
import { encodeTensor } from "../decode-tensor.js";
import { bytesPerElement, DTYPES, isDType } from "../dtype.js";
import { writeFileWhole } from "../files/write-file.js";
import type { NamedArrays, TensorInfo } from "../named-array.js";
import { elementCount } from "../shape.js";
import { infosOf, type TensorInput, tensorsOf } from "../tensor-source.js";
import type { WriteOptions } from "../write-options.js";
import { SafetensorsError } from "./error.js";
import { checkName, LENGTH_BYTES, MAX_HEADER_BYTES, METADATA_KEY } from "./header.js";

/** A file before its data: all that precedes them, and where each tensor goes, counted from the start of the file. */
interface Layout {
  readonly start: Uint8Array;
  readonly positions: ReadonlyMap<string, number>;
  readonly size: number;
}

/**
 * The bytes of a safetensors file.
 * @param metadata Free-form texts to store with it.
 * @throws SafetensorsError if dtype, shape and data of a tensor do not fit together, or a name cannot be stored.
 */
export function serializeSafetensors(
  tensors: NamedArrays,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { start, positions, size } = layOut(tensors, metadata);
  const bytes = new Uint8Array(size);
  bytes.set(start);
  for (const [name, position] of positions) {
    bytes.set(encodeTensor(name, tensors.get(name)!, SafetensorsError), position);
  }
  return bytes;
}

/**
 * Writes a safetensors file: beside the target, synced, then renamed over it, so that a reader sees the old file or
 * the whole new one. One tensor is held at a time where they come from a source or a stream.
 * @param tensors Arrays, an open weight file, or a stream of tensors.
 * @param metadata Free-form texts to store with it.
 * @throws SafetensorsError as {@link serializeSafetensors}, or if a stream brings other tensors than it announced; a
 *   file that was there is then untouched.
 */
export async function writeSafetensors(
  path: string,
  tensors: TensorInput,
  metadata: Readonly<Record<string, string>> = {},
  { signal }: WriteOptions = {},
): Promise<void> {
  const { start, positions } = layOut(infosOf(tensors), metadata);
  await writeFileWhole(
    path,
    async (sink) => {
      await sink.append(start);
      for await (const [name, array] of tensorsOf(tensors, positions.keys(), SafetensorsError)) {
        await sink.writeAt(positions.get(name)!, encodeTensor(name, array, SafetensorsError));
      }
    },
    signal,
  );
}

function layOut(infos: ReadonlyMap<string, TensorInfo>, metadata: Readonly<Record<string, string>>): Layout {
  const rank = (name: string) => DTYPES.indexOf(infos.get(name)!.dtype);
  const names = [...infos.keys()].sort((a, b) => rank(b) - rank(a) || Buffer.compare(Buffer.from(a), Buffer.from(b)));
  // Put together as text: an object would reorder names that look like indices.
  const members: string[] = [];
  if (Object.keys(metadata).length > 0) members.push(member(METADATA_KEY, checkedMetadata(metadata)));
  const offsets = new Map<string, number>();
  let end = 0;
  for (const name of names) {
    const { dtype, shape } = infos.get(name)!;
    if (name === METADATA_KEY) throw new SafetensorsError(name, "the name is reserved");
    checkName(name);
    if (!isDType(dtype)) throw new SafetensorsError(name, `dtype: ${JSON.stringify(dtype)} is unknown`);
    const begin = end;
    end += elementCount(name, shape, SafetensorsError) * bytesPerElement(dtype);
    offsets.set(name, begin);
    members.push(member(name, { dtype, shape, data_offsets: [begin, end] }));
  }
  const start = encodeStart(`{${members.join(",")}}`);
  const positions = new Map([...offsets].map(([name, offset]) => [name, start.length + offset]));
  return { start, positions, size: start.length + end };
}

/** Length and header. */
function encodeStart(header: string): Uint8Array {
  const json = Buffer.from(header);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) {
    throw new SafetensorsError(null, `a header of ${length} bytes is longer than the limit of ${MAX_HEADER_BYTES}`);
  }
  const start = Buffer.alloc(LENGTH_BYTES + length, " ");
  start.writeBigUInt64LE(BigInt(length));
  json.copy(start, LENGTH_BYTES);
  return start;
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
