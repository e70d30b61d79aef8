/** The fixture that NumPy made: see its generator. */
import { readFileSync } from "node:fs";

interface Expected {
  /** NumPy's name of the element type, without its byte order. */
  readonly dtype: string;
  readonly shape: number[];
  readonly values: (number | string)[];
}

interface Reference {
  readonly files: Record<string, Expected & { file: string }>;
  readonly refused: Record<string, { file: string; because: string }>;
  readonly archive: { stored: string; deflated: string; arrays: Record<string, Expected> };
}

export const reference: Reference = JSON.parse(
  readFileSync(new URL("../fixtures/numpy.json", import.meta.url), "utf8"),
);

/** This package's dtype for each of NumPy's. */
export const DTYPES: Readonly<Record<string, string>> = {
  bool: "BOOL",
  uint8: "U8",
  int8: "I8",
  uint16: "U16",
  int16: "I16",
  uint32: "U32",
  int32: "I32",
  uint64: "U64",
  int64: "I64",
  float16: "F16",
  float32: "F32",
  float64: "F64",
};

/** The bytes of a file in the fixture. */
export function decode(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}

/** A `.npy` file of any header. */
export function rawNpy(header: string, data: Uint8Array = new Uint8Array(4), version = 1): Uint8Array {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(header.length);
  else length.writeUInt32LE(header.length);
  const start = Buffer.concat([Buffer.from([0x93]), Buffer.from("NUMPY"), Buffer.from([version, 0]), length]);
  return new Uint8Array(Buffer.concat([start, Buffer.from(header, "latin1"), data]));
}
