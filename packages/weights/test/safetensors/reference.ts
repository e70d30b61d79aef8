/** The fixture that the reference implementation of safetensors made: see its generator. */
import { readFileSync } from "node:fs";
import type { DType } from "@roga/weights";

interface Reference {
  readonly metadata: Record<string, string>;
  readonly tensors: Record<string, { dtype: DType; shape: number[]; values: (number | string)[] }>;
  /** Base64. */
  readonly file: string;
  /** Base64 of files that the reference implementation refuses, by what is wrong with them. */
  readonly rejected: Record<string, string>;
}

export const reference: Reference = JSON.parse(
  readFileSync(new URL("../fixtures/safetensors.json", import.meta.url), "utf8"),
);

export const referenceFile = new Uint8Array(Buffer.from(reference.file, "base64"));

/** A safetensors file from a header, as text or as an object, and its data. */
export function rawFile(header: unknown, data: Uint8Array = new Uint8Array(4)): Uint8Array {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return new Uint8Array(Buffer.concat([length, text, data]));
}
