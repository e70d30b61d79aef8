/** PyTorch files of any claims, valid or not. */
import { type EntrySpec, rawZip } from "../zip/support.js";

/** Bytes of a pickle: numbers are opcodes or arguments, texts ASCII as they stand. */
export function pickle(...parts: readonly (number | string | Uint8Array)[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(
      parts.map((part) =>
        typeof part === "number" ? Buffer.of(part) : typeof part === "string" ? Buffer.from(part, "latin1") : part,
      ),
    ),
  );
}

/** A text as a literal. */
export function text(value: string): Uint8Array {
  const content = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(content.length);
  return pickle("X", length, content);
}

/** A tensor of float32, its offset, size and strides as opcodes; storage 0 with 6 elements if not said otherwise. */
export function tensor({
  type = "FloatStorage",
  key = "0",
  length = "K\x06",
  offset = "K\x00",
  size = "K\x02K\x03\x86",
  stride = "K\x03K\x01\x86",
}: Partial<Record<"type" | "key" | "length" | "offset" | "size" | "stride", string>> = {}): Uint8Array {
  return pickle(
    "ctorch._utils\n_rebuild_tensor_v2\n((",
    text("storage"),
    `ctorch\n${type}\n`,
    text(key),
    text("cpu"),
    length,
    "tQ",
    offset,
    size,
    stride,
    "\x89ccollections\nOrderedDict\n)RtR",
  );
}

/** A pickle of a dictionary with a value. */
export function dictOf(value: string | Uint8Array, key = "w"): Uint8Array {
  return pickle("\x80\x02}", text(key), value, "s.");
}

/** The numbers 0 to 5. */
export const SIX = new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);

/** A file in the ZIP format. */
export function zipFile(
  data: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = { "0": SIX },
  more: readonly EntrySpec[] = [],
  root = "archive/",
): Uint8Array {
  return rawZip([
    { name: `${root}data.pkl`, content: data },
    ...Object.entries(storages).map(([key, content]) => ({ name: `${root}data/${key}`, content })),
    ...more,
  ]);
}

/** A file in the legacy format. */
export function legacyFile(
  data: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = { "0": SIX },
  littleEndian = true,
): Uint8Array {
  const parts = [
    pickle("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."),
    pickle("\x80\x02M\xe9\x03."),
    pickle("\x80\x02}", text("little_endian"), littleEndian ? "\x88" : "\x89", "s."),
    data,
    pickle("\x80\x02](", ...Object.keys(storages).map(text), "e."),
  ];
  for (const content of Object.values(storages)) {
    const count = Buffer.alloc(8);
    count.writeBigInt64LE(BigInt(content.length / 4));
    parts.push(count, content);
  }
  return pickle(...parts);
}
