/** The fixture that Keras and h5py made: see its generator. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

interface Reference {
  readonly files: Record<
    string,
    { file: string; arrays: Record<string, { dtype: string; shape: number[]; values: number[] }> }
  >;
  readonly layerNames: Record<string, string>;
  /** Files of one weight, as short as they get. */
  readonly tiny: Record<string, string>;
  readonly refused: Record<string, { file: string; because: string }>;
}

export const reference: Reference = JSON.parse(
  readFileSync(new URL("../fixtures/keras.json", import.meta.url), "utf8"),
);

/** The bytes of a file in the fixture. */
export function unpack(base64: string): Uint8Array {
  return new Uint8Array(gunzipSync(Buffer.from(base64, "base64")));
}
