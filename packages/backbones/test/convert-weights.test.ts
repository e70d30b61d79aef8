/** Weights in another framework's names and layout. That converted ones compute the same is the PyTorch test's matter. */
import "@tensorflow/tfjs";
import { useTestEngine } from "@roga/test-support";
import type { NamedArray } from "@roga/weights";
import { beforeAll, expect, it } from "vitest";
import { type Backbone, build, convertWeights, WeightConversionError } from "../src/index.js";
import { reference, referenceArrays } from "./reference.js";

let backbone: Backbone;
let arrays: Map<string, NamedArray>;

beforeAll(async () => {
  await useTestEngine();
  const network = reference.networks.find(({ name, variant }) => name === "meso4" && variant === "deepfakebench")!;
  backbone = build("meso4", { ...network, inputSize: 64 });
  arrays = new Map(referenceArrays(network));
  arrays.set("fc1.weight", f32([16, 64]));
});

/** A tensor that counts up from 0. */
function f32(shape: number[]): NamedArray {
  const size = shape.reduce((product, length) => product * length, 1);
  return { dtype: "F32", shape, data: Float32Array.from({ length: size }, (_, i) => i) };
}

it("turns PyTorch's dimensions into ours, those of a flattened image included", () => {
  arrays.set("conv1.weight", f32([8, 3, 3, 3]));
  arrays.set("fc2.weight", f32([2, 16]));
  const { weights: converted } = convertWeights(backbone, arrays, "pytorch");
  expect([...converted.keys()].sort()).toEqual(backbone.weightNames.map(({ ours }) => ours).sort());

  const conv = converted.get("conv1/kernel")!;
  expect(conv.shape).toEqual([3, 3, 3, 8]);
  const [row, column, channel, out] = [2, 1, 0, 5];
  const here = ((row * 3 + column) * 3 + channel) * 8 + out;
  const there = ((out * 3 + channel) * 3 + row) * 3 + column;
  expect(conv.data[here]).toBe(there);

  expect(Array.from(converted.get("fc2/kernel")!.data.slice(0, 4) as Float32Array)).toEqual([0, 16, 1, 17]);

  // fc1 sees a 2×2 image of 16 channels: here in the order [row, column, channel], there [channel, row, column].
  const fc1 = converted.get("fc1/kernel")!;
  expect(fc1.shape).toEqual([64, 16]);
  const [y, x, c, unit] = [1, 0, 9, 3];
  expect(fc1.data[((y * 2 + x) * 16 + c) * 16 + unit]).toBe(unit * 64 + (c * 2 + y) * 2 + x);
});

it("accepts PyTorch's batch counters beside the weights", () => {
  const counted = new Map(arrays).set("bn1.num_batches_tracked", {
    dtype: "I64",
    shape: [],
    data: BigInt64Array.of(100n),
  });
  const { weights, report } = convertWeights(backbone, counted, "pytorch");
  expect([weights.size, report.taken]).toEqual([backbone.weightNames.length, backbone.weightNames.length]);
  expect(report.unused).toEqual(["bn1.num_batches_tracked"]);
});

it("lists everything that is missing, misshapen or foreign", () => {
  const wrong = new Map(arrays);
  wrong.delete("bn2.running_var");
  wrong.set("conv1.weight", f32([8, 3, 5, 5]));
  wrong.set("conv1.bias", f32([8]));
  expect(() => convertWeights(backbone, wrong, "pytorch")).toThrow(
    "meso4 (deepfakebench): conv1.weight has shape [8,3,5,5] where [8,3,3,3] is expected; " +
      "bn2.running_var is missing; conv1.bias is not a weight of it",
  );
});

it("refuses weights of the code that the variant does not follow", () => {
  expect(() => convertWeights(backbone, arrays, "keras")).toThrow(
    new WeightConversionError('meso4: the variant "deepfakebench" has no keras weights'),
  );
});
