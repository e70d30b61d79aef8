/** KERNELS.md is what its script prints, and what it says that native kernels leave to JavaScript is what they leave. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OnednnBackend } from "../src/backend.js";
import { kernels } from "../src/kernels/index.js";
import { BACKEND, type NativeKernel } from "../src/register.js";
import { type Case, floats, integers, type Values } from "./parity/case.js";
import { allCases } from "./parity/cases.js";
import { usePooledBackend } from "./support/pooled-backend.js";

const root = join(import.meta.dirname, "..");

it("KERNELS.md is what tools/kernels.mjs prints", () => {
  const printed = execFileSync(process.execPath, [join(root, "tools", "kernels.mjs")], { encoding: "utf8" });
  expect(readFileSync(join(root, "KERNELS.md"), "utf8")).toBe(printed);
});

beforeAll(async () => {
  usePooledBackend();
  await tf.setBackend(BACKEND);
});
afterAll(() => tf.setBackend("cpu"));

/** Whether the kernel leaves a case to the JavaScript kernel. */
function isLeft({ run }: NativeKernel, { inputs, attrs = {} }: Pick<Case, "inputs" | "attrs">): boolean {
  return tf.tidy(() => {
    const backend = tf.backend() as OnednnBackend;
    const tensors = named(inputs).map(
      ([name, { values, shape, dtype }]) => [name, tf.tensor(values.slice(), shape, dtype)] as const,
    );
    const result = run({ inputs: Object.fromEntries(tensors), attrs: attrs as Record<string, unknown>, backend });
    for (const { dataId } of [result ?? []].flat()) backend.disposeData(dataId);
    return result === undefined;
  });
}

const cases = allCases();
const named = (inputs: Case["inputs"]) => Object.entries(inputs) as [string, Values][];
const listed = (inputs: Case["inputs"]) => named(inputs).map(([, values]) => values);
const hasValues = (inputs: Case["inputs"]) => listed(inputs).every(({ shape }) => !shape.includes(0));
const isFloat = ({ dtype }: Values) => dtype === "float32";
/** Whether the results of a case have values. */
function hasResults({ kernel, inputs, attrs = {} }: Omit<Case, "tolerance">): boolean {
  return tf.tidy(() => {
    const tensors = named(inputs).map(([name, { values, shape, dtype }]) => [name, tf.tensor(values, shape, dtype)]);
    const given = Array.isArray(inputs) ? tensors.map(([, tensor]) => tensor) : Object.fromEntries(tensors);
    const results: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(kernel, given, attrs as tf.NamedAttrMap);
    return [results].flat().every(({ size }) => size > 0);
  });
}

const further = (kernel: string, label: string, inputs: Record<string, Values>, attrs: object) => ({
  ...{ kernel, label, inputs, attrs },
  native: false,
});
const convolution = { strides: 1, pad: "same", dataFormat: "NHWC", dilations: 1 };
const pooling = { filterSize: 2, strides: 1, pad: "same" };
const image = (height: number) => floats([1, height, 5, 3]);
const statistics = () => floats([4, 5, 3]);

/** What no comparison has a case of; TensorFlow.js refuses some of it. */
const furtherCases = [
  further(
    "GatherV2",
    "batch dimensions",
    { x: floats([2, 3]), indices: integers([2, 2], 3) },
    { axis: 1, batchDims: 1 },
  ),
  further("Conv2D", "NCHW", { x: image(4), filter: floats([3, 3, 4, 2]) }, { ...convolution, dataFormat: "NCHW" }),
  further(
    "FusedBatchNorm",
    "statistics for each value",
    { x: image(4), mean: statistics(), variance: statistics(), scale: statistics(), offset: statistics() },
    { varianceEpsilon: 1 },
  ),
  ...["Conv2DBackpropFilter", "DepthwiseConv2dNativeBackpropFilter"].map((kernel) =>
    further(kernel, "a smaller dy", { x: image(4), dy: image(3) }, { ...convolution, filterShape: [3, 3, 3, 3] }),
  ),
  ...["Conv2DBackpropInput", "DepthwiseConv2dNativeBackpropInput"].map((kernel) =>
    further(
      kernel,
      "a smaller dy",
      { dy: image(3), filter: floats([3, 3, 3, 3]) },
      { ...convolution, inputShape: [1, 4, 5, 3] },
    ),
  ),
  further("MaxPoolGrad", "a smaller dy", { dy: image(3), input: image(4), output: image(4) }, pooling),
  further("AvgPoolGrad", "a smaller dy", { dy: image(3), input: image(4) }, pooling),
];

/** Those of which there is a JavaScript kernel. */
const shared = kernels
  .filter(({ name }) => tf.getKernel(name, "cpu") !== undefined)
  .map((kernel) => [kernel.name, kernel, cases.filter((each) => each.kernel === kernel.name)] as const);

describe("what is left to JavaScript is what is said:", () => {
  it.each(shared.filter(([, { leaves }]) => leaves.types === undefined))("types, of %s", (_, kernel, own) => {
    const floats = own.find(({ inputs, native }) => native !== false && hasValues(inputs));
    expect(floats).toBeDefined();
    const { inputs, attrs } = floats!;
    const changed = named(inputs).map(([name, value]) => [name, isFloat(value) ? integers(value.shape) : value]);
    const other = { inputs: Object.fromEntries(changed), attrs: { ...attrs, dtype: "int32" } };
    expect([isLeft(kernel, floats!), isLeft(kernel, other)]).toEqual([false, true]);
  });

  it.each(shared.filter(([, { leaves }]) => leaves.types === undefined))("all else, of %s", (name, kernel, own) => {
    const usual = own.filter(
      ({ inputs, native }) => native === false && hasValues(inputs) && listed(inputs).some(isFloat),
    );
    const left = [
      ...usual.filter((each) => isLeft(kernel, each) && hasResults(each)),
      ...furtherCases.filter((each) => each.kernel === name && isLeft(kernel, each)),
    ].map(({ label }) => label);
    if (kernel.leaves.other === undefined) expect(left).toEqual([]);
    else expect(left).not.toEqual([]);
  });
});
