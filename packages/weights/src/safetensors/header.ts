/**
 * The header of a safetensors file and all that it must satisfy: https://github.com/huggingface/safetensors, "Format".
 * A file is 8 bytes with the header's length (unsigned, little-endian), the header as JSON, and the data: per tensor
 * `{dtype, shape, data_offsets: [begin, end]}`, plus `__metadata__`, a map from text to text. Nothing is allocated by
 * what a header claims: every claim is first held against the length of the file.
 */
import { bytesPerElement, DTYPES, isDType } from "../dtype.js";
import type { TensorInfo } from "../named-array.js";
import { elementCount } from "../shape.js";
import { show } from "../weights-error.js";
import { findDuplicateKey } from "./duplicate-keys.js";
import { SafetensorsError } from "./error.js";

/** Bytes of the length that a file starts with. */
export const LENGTH_BYTES = 8;

/** The longest header that the reference implementation accepts. */
export const MAX_HEADER_BYTES = 100_000_000;

/** The reserved key for metadata. */
export const METADATA_KEY = "__metadata__";

/** Where one tensor lies and what it is. */
export interface SafetensorsInfo extends TensorInfo {
  /** First byte, counted from the start of the data. */
  readonly begin: number;
  /** Byte after the last. */
  readonly end: number;
}

/** A validated header. */
export interface Header {
  readonly tensors: Map<string, SafetensorsInfo>;
  readonly metadata: Record<string, string>;
}

/**
 * The header's length from the first eight bytes of a file.
 * @throws SafetensorsError if the file is shorter than eight bytes, or than the header it announces.
 */
export function headerLength(start: Uint8Array, fileLength: number): number {
  if (fileLength < LENGTH_BYTES || start.length < LENGTH_BYTES) {
    throw new SafetensorsError(null, `expected at least ${LENGTH_BYTES} bytes, got ${fileLength}`);
  }
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new SafetensorsError(null, `a header of ${length} bytes is longer than the limit of ${MAX_HEADER_BYTES}`);
  }
  if (LENGTH_BYTES + Number(length) > fileLength) {
    throw new SafetensorsError(null, `a header of ${length} bytes does not fit in a file of ${fileLength}`);
  }
  return Number(length);
}

/**
 * Parses and validates a header.
 * @param bytes The header, without the eight bytes before it.
 * @param dataLength Length of all that follows it.
 * @throws SafetensorsError naming the tensor at fault.
 */
export function parseHeader(bytes: Uint8Array, dataLength: number): Header {
  const { [METADATA_KEY]: metadata, ...entries } = parseObject(bytes);
  const tensors = new Map<string, SafetensorsInfo>();
  for (const [name, entry] of Object.entries(entries)) {
    checkName(name);
    tensors.set(name, parseEntry(name, entry, dataLength));
  }
  checkCoverage(tensors, dataLength);
  return { tensors, metadata: parseMetadata(metadata) };
}

/** @throws SafetensorsError if no file can hold a tensor of this name. */
export function checkName(name: string): void {
  if (/\p{Surrogate}/u.test(name)) throw new SafetensorsError(name, "the name is not valid Unicode");
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SafetensorsError(null, "the header is not UTF-8", null, { cause });
  }
  if (!text.startsWith("{")) throw new SafetensorsError(null, 'the header does not start with "{"');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SafetensorsError(null, `the header is not JSON (${messageOf(cause)})`, null, { cause });
  }
  const twice = findDuplicateKey(text);
  if (twice !== null) throw new SafetensorsError(null, `the header holds the key ${show(twice)} twice`);
  return value as Record<string, unknown>; // The text starts with "{" and is JSON, so it is an object.
}

function parseEntry(name: string, entry: unknown, dataLength: number): SafetensorsInfo {
  if (!isObject(entry)) throw new SafetensorsError(name, `expected an object, got ${show(entry)}`);
  const { dtype, shape, data_offsets: offsets, ...rest } = entry;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw new SafetensorsError(name, `unknown member ${show(unknown)}`);
  if (!isDType(dtype)) {
    throw new SafetensorsError(name, `dtype: expected one of ${DTYPES.join(", ")}, got ${show(dtype)}`);
  }
  if (!Array.isArray(shape)) throw new SafetensorsError(name, `shape: expected a list, got ${show(shape)}`);
  if (!(Array.isArray(offsets) && offsets.length === 2)) {
    throw new SafetensorsError(name, `data_offsets: expected two numbers, got ${show(offsets)}`);
  }
  const [begin, end]: unknown[] = offsets;
  if (!(isOffset(begin) && isOffset(end) && begin <= end && end <= dataLength)) {
    const got = show(offsets);
    throw new SafetensorsError(name, `data_offsets: expected 0 <= begin <= end <= ${dataLength}, got ${got}`);
  }
  const count = elementCount(name, shape, SafetensorsError);
  const size = BigInt(count) * BigInt(bytesPerElement(dtype));
  if (size !== BigInt(end - begin)) {
    const what = `${dtype} of shape ${show(shape)} takes ${size} bytes`;
    throw new SafetensorsError(name, `${what}, data_offsets ${show(offsets)} give ${end - begin}`);
  }
  return { dtype, shape, begin, end };
}

/** The tensors must cover the data exactly: an overlap or a hole could hide bytes from one reader or the other. */
function checkCoverage(tensors: ReadonlyMap<string, SafetensorsInfo>, dataLength: number): void {
  let covered = 0;
  for (const [name, { begin, end }] of [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) throw new SafetensorsError(name, `its data at ${begin} overlaps that of another tensor`);
    if (begin > covered)
      throw new SafetensorsError(name, `bytes ${covered} to ${begin} before its data belong to none`);
    covered = end;
  }
  if (covered < dataLength) {
    throw new SafetensorsError(null, `bytes ${covered} to ${dataLength} of the data belong to no tensor`);
  }
}

function parseMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isObject(value)) throw new SafetensorsError(null, `${METADATA_KEY}: expected an object of texts`);
  const entries = Object.entries(value).map(([key, text]): [string, string] => {
    if (typeof text === "string") return [key, text];
    throw new SafetensorsError(null, `${METADATA_KEY}.${key}: expected text, got ${show(text)}`);
  });
  return Object.fromEntries(entries);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOffset(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
