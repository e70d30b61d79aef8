/** The fixtures that PyTorch made: see their generator. */
import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import type { DType, NamedArrays } from "@roga/weights";

/** What a tensor is, and its elements as little-endian bytes in hexadecimal. */
interface ExpectedTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: string;
}

interface Reference {
  readonly version: string;
  /** Files in both formats, compressed and in base64. */
  readonly files: Record<
    string,
    { zip: string; legacy: string; tensors: Record<string, ExpectedTensor>; entry: string[] }
  >;
  /** The same by the protocol of the pickle. */
  readonly protocols: Record<string, { zip: string; legacy: string }>;
  readonly more: Record<string, { zip: string; tensors: Record<string, ExpectedTensor> }>;
  /** Files that are to be refused, by what is wrong with them. */
  readonly refused: Record<string, string>;
}

export const references: readonly Reference[] = ["1.13", "2.13"].map((version) =>
  JSON.parse(readFileSync(new URL(`../fixtures/pytorch-${version}.json`, import.meta.url), "utf8")),
);

/** The bytes of a file in a fixture. */
export function unpacked(text: string): Uint8Array {
  return new Uint8Array(inflateSync(Buffer.from(text, "base64")));
}

/** Arrays as the fixtures have them. */
export function asExpected(arrays: NamedArrays): Record<string, ExpectedTensor> {
  const entries = [...arrays].map(([name, { dtype, shape, data }]): [string, ExpectedTensor] => {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex");
    return [name, { dtype, shape, bytes }];
  });
  return Object.fromEntries(entries);
}
