/**
 * A model's weights by name, and their loading from a file with every difference reported.
 * Names are those the layers give (`conv1/kernel`), without the suffix that TensorFlow.js adds when one process builds
 * a model twice, so they are the same in every process, provided that layers are named.
 */
import { type NamedArray, type NamedArrays, readSafetensors } from "@roga/weights";
import type * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { toTensor } from "./tensor-arrays.js";

/** A tensor that two sides hold in different shapes or element types. */
export interface ReshapedWeight {
  /** Its name. */
  readonly name: string;
  /** What the model holds, as `float32 [3, 3, 8, 16]`. */
  readonly expected: string;
  /** What came. */
  readonly received: string;
}

/** How the weights of a file compare with those of a model. */
export interface WeightReport {
  /** Names that were loaded. */
  readonly loaded: readonly string[];
  /** Names that the model has and the file lacks. */
  readonly missing: readonly string[];
  /** Names that the file has and the model lacks. */
  readonly unexpected: readonly string[];
  /** Names that both have, in different shapes or element types. */
  readonly reshaped: readonly ReshapedWeight[];
}

/** Weights that do not fit the model. Nothing was loaded. */
export class WeightMismatchError extends Error {
  /** The class's name. */
  override readonly name = "WeightMismatchError";
  /** Every difference that was not excepted. */
  readonly report: WeightReport;

  /**
   * @param source - Where the weights came from.
   * @param report - Every difference that was not excepted.
   */
  constructor(source: string, report: WeightReport) {
    const { missing, unexpected, reshaped } = report;
    const parts = [
      missing.length > 0 && `missing ${missing.length}: ${missing.join(", ")}`,
      unexpected.length > 0 && `unexpected ${unexpected.length}: ${unexpected.join(", ")}`,
      reshaped.length > 0 &&
        `reshaped ${reshaped.length}: ${reshaped.map((one) => `${one.name} (expected ${one.expected}, got ${one.received})`).join(", ")}`,
    ];
    super(`${source}: expected exactly the model's weights, got differences; ${parts.filter(Boolean).join("; ")}`);
    this.report = report;
  }
}

/** A model whose weights cannot be told apart by name. */
export class DuplicateWeightNameError extends Error {
  /** The class's name. */
  override readonly name = "DuplicateWeightNameError";
}

/**
 * The variables of all weights of a model by name, in the order of `model.weights`.
 *
 * @throws {@link DuplicateWeightNameError} if two weights have one name
 */
export function namedWeights(model: LayersModel): Map<string, tf.Variable> {
  const named = new Map<string, tf.Variable>();
  for (const weight of model.weights) {
    if (named.has(weight.originalName)) {
      throw new DuplicateWeightNameError(`model: expected unique weight names, got "${weight.originalName}" twice`);
    }
    // `read()` gives the variable itself, typed as the tensor that it is, too.
    named.set(weight.originalName, weight.read() as tf.Variable);
  }
  return named;
}

/** The variables that training moves: those that gradients move, and those that forward passes write. */
export function trainableVariables(model: LayersModel): {
  readonly names: readonly string[];
  readonly trainable: readonly tf.Variable[];
  readonly buffers: readonly tf.Variable[];
} {
  const named = namedWeights(model);
  const names = model.trainableWeights.map((weight) => weight.originalName);
  return {
    names,
    trainable: names.map((name) => named.get(name)!),
    buffers: model.nonTrainableWeights.map((weight) => named.get(weight.originalName)!),
  };
}

/** Loading that tolerates named differences. */
export interface LoadWeightsOptions {
  /** Names that may be missing, unexpected or reshaped, such as those of a new head; they are left as they are. */
  readonly except?: readonly string[];
}

/**
 * Loads weights into a model: all of them, or none.
 *
 * @param model - The model to load into.
 * @param source - A safetensors file, or named arrays.
 * @param options - Differences to tolerate.
 * @returns What was loaded, and the differences that were excepted.
 * @throws {@link WeightMismatchError} with every difference that is not excepted; errors of the file pass through.
 */
export async function loadWeights(
  model: LayersModel,
  source: string | NamedArrays,
  options: LoadWeightsOptions = {},
): Promise<WeightReport> {
  const arrays = typeof source === "string" ? (await readSafetensors(source)).tensors : source;
  return assignWeights(namedWeights(model), arrays, typeof source === "string" ? source : "weights", options);
}

/** {@link loadWeights} for variables and arrays at hand; `source` names the arrays in errors. */
export function assignWeights(
  variables: ReadonlyMap<string, tf.Variable>,
  arrays: NamedArrays,
  source: string,
  { except = [] }: LoadWeightsOptions = {},
): WeightReport {
  const report = compare(variables, arrays);
  const allowed = new Set(except);
  const strict = {
    loaded: report.loaded,
    missing: report.missing.filter((name) => !allowed.has(name)),
    unexpected: report.unexpected.filter((name) => !allowed.has(name)),
    reshaped: report.reshaped.filter(({ name }) => !allowed.has(name)),
  };
  if (strict.missing.length + strict.unexpected.length + strict.reshaped.length > 0) {
    throw new WeightMismatchError(source, strict);
  }
  for (const name of report.loaded) {
    const tensor = toTensor(arrays.get(name)!);
    variables.get(name)!.assign(tensor);
    tensor.dispose();
  }
  return report;
}

const DTYPES: Readonly<Record<string, string>> = { F32: "float32", I32: "int32", BOOL: "bool" };

function compare(variables: ReadonlyMap<string, tf.Variable>, arrays: NamedArrays): WeightReport {
  const loaded: string[] = [];
  const missing: string[] = [];
  const reshaped: ReshapedWeight[] = [];
  for (const [name, variable] of variables) {
    const array = arrays.get(name);
    if (!array) missing.push(name);
    else {
      const expected = describe(variable.dtype, variable.shape);
      const received = describeArray(array);
      if (expected === received) loaded.push(name);
      else reshaped.push({ name, expected, received });
    }
  }
  const unexpected = [...arrays.keys()].filter((name) => !variables.has(name));
  return { loaded, missing, unexpected, reshaped };
}

function describe(dtype: string, shape: readonly number[]): string {
  return `${dtype} [${shape.join(", ")}]`;
}

function describeArray({ dtype, shape }: NamedArray): string {
  return describe(DTYPES[dtype] ?? dtype, shape);
}
