/**
 * The weights manifest of a TensorFlow.js model, of layers or of a graph:
 * https://github.com/tensorflow/tfjs/blob/master/tfjs-core/src/io/types.ts. `weightsManifest` is a list of groups; the
 * files of a group's `paths`, one after the other, hold its `weights`, one after the other. Weights may be quantized.
 */
import type { DType } from "../dtype.js";
import type { TensorInfo } from "../named-array.js";
import { elementCount } from "../shape.js";
import { quote, show } from "../weights-error.js";
import { TensorFlowJsError } from "./error.js";

/** How the numbers of a weight are stored where that is not as they are. */
export type Quantization =
  | {
      /** As 16-bit floats, IEEE 754 binary16. */
      readonly dtype: "float16";
    }
  | {
      /** As whole numbers `q`, which stand for `q · scale + min`. */
      readonly dtype: "uint8" | "uint16";
      /** The step from one number to the next; finite. */
      readonly scale: number;
      /** What 0 stands for; finite. */
      readonly min: number;
    };

/** One weight and where it lies. */
export interface ManifestEntry extends TensorInfo {
  /** Which of the manifest's groups. */
  readonly group: number;
  /** First byte, counted from the start of the group. */
  readonly begin: number;
  /** Byte after the last. */
  readonly end: number;
  /** `null` if its numbers are stored as they are. */
  readonly quantization: Quantization | null;
}

/** A validated manifest. */
export interface Manifest {
  /** `layers-model` or `graph-model`; what the file says. */
  readonly format: string | null;
  /** The weights by name, in the order of the manifest. */
  readonly weights: ReadonlyMap<string, ManifestEntry>;
  /** The files of each group, relative to `model.json`. */
  readonly groups: readonly { readonly paths: readonly string[]; readonly bytes: number }[];
}

const DTYPES: Readonly<Record<string, { readonly dtype: DType; readonly bytes: number }>> = {
  float32: { dtype: "F32", bytes: 4 },
  int32: { dtype: "I32", bytes: 4 },
  bool: { dtype: "BOOL", bytes: 1 },
};

const QUANTIZED_BYTES = { uint8: 1, uint16: 2, float16: 2 } as const;

/**
 * Parses and validates the text of a `model.json`.
 * @throws TensorFlowJsError naming the weight at fault.
 */
export function parseManifest(text: string): Manifest {
  let model: unknown;
  try {
    model = JSON.parse(text);
  } catch (cause) {
    throw new TensorFlowJsError(null, `not JSON: ${(cause as Error).message}`, null, { cause });
  }
  if (!isObject(model)) throw new TensorFlowJsError(null, "expected an object");
  const { format, weightsManifest } = model;
  if (!Array.isArray(weightsManifest)) {
    throw new TensorFlowJsError(null, "weightsManifest: expected a list: is this the model.json of TensorFlow.js?");
  }
  const weights = new Map<string, ManifestEntry>();
  const groups = weightsManifest.map((group: unknown, index) => parseGroup(group, index, weights));
  const paths = new Set<unknown>();
  for (const path of groups.flatMap((group) => group.paths)) {
    if (paths.has(path))
      throw new TensorFlowJsError(null, `weightsManifest: the shard ${show(path)} stands there twice`);
    paths.add(path);
  }
  return { format: typeof format === "string" ? format : null, weights, groups };
}

function parseGroup(group: unknown, index: number, weights: Map<string, ManifestEntry>): Manifest["groups"][number] {
  const at = `weightsManifest[${index}]`;
  if (!isObject(group)) throw new TensorFlowJsError(null, `${at}: expected an object`);
  const { paths, weights: entries } = group;
  if (!Array.isArray(paths)) throw new TensorFlowJsError(null, `${at}.paths: expected a list of file names`);
  if (!Array.isArray(entries)) throw new TensorFlowJsError(null, `${at}.weights: expected a list`);
  for (const path of paths) checkPath(path, `${at}.paths`);
  let end = 0;
  for (const entry of entries as unknown[]) {
    if (!isObject(entry) || typeof entry.name !== "string") {
      throw new TensorFlowJsError(null, `${at}.weights: expected objects with a name, got ${show(entry)}`);
    }
    const { name } = entry;
    if (weights.has(name)) throw new TensorFlowJsError(name, "the manifest holds it twice");
    const begin = end;
    const { bytes, ...info } = parseEntry(name, entry);
    end += bytes;
    if (!Number.isSafeInteger(end)) throw new TensorFlowJsError(name, "the group is too large");
    weights.set(name, { ...info, group: index, begin, end });
  }
  return { paths, bytes: end };
}

function parseEntry(
  name: string,
  { dtype, shape, quantization }: Record<string, unknown>,
): Pick<ManifestEntry, "dtype" | "shape" | "quantization"> & { bytes: number } {
  if (!Array.isArray(shape)) throw new TensorFlowJsError(name, `shape: expected a list, got ${show(shape)}`);
  const count = elementCount(name, shape, TensorFlowJsError);
  const type = typeof dtype === "string" && Object.hasOwn(DTYPES, dtype) ? DTYPES[dtype] : undefined;
  if (type === undefined) {
    throw new TensorFlowJsError(name, `dtype: expected one of ${Object.keys(DTYPES).join(", ")}, got ${show(dtype)}`);
  }
  const quantized = quantization === undefined ? null : parseQuantization(name, quantization, type.dtype);
  const bytes = count * (quantized === null ? type.bytes : QUANTIZED_BYTES[quantized.dtype]);
  return { dtype: type.dtype, shape: shape as number[], quantization: quantized, bytes };
}

function parseQuantization(name: string, value: unknown, dtype: DType): Quantization {
  if (!isObject(value)) throw new TensorFlowJsError(name, `quantization: expected an object, got ${show(value)}`);
  const { dtype: stored, scale, min } = value;
  if (stored === "float16" && dtype === "F32") return { dtype: stored };
  if ((stored === "uint8" || stored === "uint16") && dtype !== "BOOL") {
    if (Number.isFinite(scale) && Number.isFinite(min)) {
      return { dtype: stored, scale: scale as number, min: min as number };
    }
    throw new TensorFlowJsError(name, "quantization: expected numbers for scale and min");
  }
  throw new TensorFlowJsError(name, `quantization.dtype: expected float16, uint8 or uint16, got ${show(stored)}`);
}

/** A file beside `model.json` or in a folder below it: nothing that leads elsewhere, on any system. */
function checkPath(path: unknown, at: string): void {
  if (typeof path !== "string") throw new TensorFlowJsError(null, `${at}: expected texts, got ${show(path)}`);
  const parts = path.split("/");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  const odd = /[\\:\u0000-\u001f]/.test(path) || parts.some((part) => part === "" || part === "." || part === "..");
  if (odd) throw new TensorFlowJsError(null, `${at}: expected a file below model.json's folder, got ${quote(path)}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
