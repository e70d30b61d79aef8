/** Cases of batch normalization with given statistics and with those of the batch, and of their gradients. */
import { BatchNormTraining, BatchNormTrainingGrad } from "@roga/ops";
import { FusedBatchNorm } from "@tensorflow/tfjs-core";
import { type Case, floats, positive, special, type Values } from "./case.js";
import { batchNormBackward, batchNormForward, inferenceBackward, statistics } from "./references.js";

const SHAPES = [
  [1, 1],
  [5, 1],
  [2, 3, 3, 3],
  [2, 3, 5, 7, 16],
  [4, 5, 5, 33],
  [1, 4, 4, 728],
  [2, 65, 63, 8],
  [700, 3],
];
const ACTIVATIONS = ["linear", "relu", "relu6", "swish"] as const;
const epsilon = 1e-3;

export function batchNormCases(): Case[] {
  return [...SHAPES.flatMap(inference), ...SHAPES.flatMap(training), ...shifted(), ...notFinite()];
}

function inference(shape: number[]): Case[] {
  const channels = shape.slice(-1);
  const [x, dy, mean, variance] = [floats(shape), floats(shape), floats(channels), positive(channels)];
  const [scale, offset] = [floats(channels), floats(channels)];
  const attrs = { varianceEpsilon: epsilon };
  const tolerance = { rtol: 1e-6, atol: 4e-6 };
  return [
    { kernel: FusedBatchNorm, label: `[${shape}]`, inputs: { x, mean, variance, scale, offset }, attrs, tolerance },
    { kernel: FusedBatchNorm, label: `[${shape}], plain`, inputs: { x, mean, variance }, attrs, tolerance },
    {
      kernel: "FusedBatchNormGrad",
      label: `[${shape}]`,
      inputs: { dy, x, mean, variance, scale },
      attrs,
      tolerance: { rtol: 1e-5, atol: 1e-5 * Math.sqrt(x.values.length) },
      reference: () => inferenceBackward(dy, x, mean, variance, scale, epsilon),
    },
  ];
}

function training(shape: number[]): Case[] {
  const channels = shape.slice(-1);
  const [x, dy] = [floats(shape), floats(shape)];
  return ACTIVATIONS.flatMap((activation) =>
    [{}, { gamma: positive(channels), beta: floats(channels) }].flatMap((affine) =>
      both(`[${shape}] ${activation}`, { x, dy, ...affine }, activation),
    ),
  );
}

type Inputs = { x: Values; dy: Values; gamma?: Values; beta?: Values };

function both(label: string, { dy, ...inputs }: Inputs, activation: (typeof ACTIVATIONS)[number], noise = 1): Case[] {
  const attrs = { epsilon, activation };
  const [mean, variance] = statistics(inputs.x);
  const rows = inputs.x.values.length / mean.values.length;
  // A variance of 0, as one row has, makes the normalized values sensitive to the last bit of x.
  const tolerance = { rtol: 1e-5, atol: 2e-6 * noise };
  const saved = { dy, ...inputs, mean, variance };
  return [
    { kernel: BatchNormTraining, label, inputs, attrs, tolerance, reference: () => batchNormForward(inputs, attrs) },
    {
      kernel: BatchNormTrainingGrad,
      label,
      inputs: saved,
      attrs,
      tolerance: { rtol: 1e-5, atol: 1e-5 * noise * Math.sqrt(rows) },
      reference: () => batchNormBackward(saved, attrs),
    },
  ];
}

/** Far from 0 compared with their spread, and with one value far from all others, first and later. */
function shifted(): Case[] {
  const shape = [50, 40, 5];
  const moved = floats(shape);
  moved.values.forEach((value, index) => {
    moved.values[index] = 300 + value;
  });
  const [first, later] = [floats(shape), floats(shape)];
  first.values[0] = 1000;
  later.values[1001] = -1000;
  const linear = (label: string, x: Values, noise: number) => both(label, { x, dy: floats(shape) }, "linear", noise);
  return [
    // The values themselves have an error of 300 · 2⁻²⁴.
    ...linear("around 300", moved, 30),
    ...linear("first value far off", first, 10),
    ...linear("a value far off", later, 10),
  ];
}

function notFinite(): Case[] {
  const x = special([4, 5, 6], 0.01);
  const cases = ACTIVATIONS.slice(0, 3).flatMap((activation) =>
    both(`not finite, ${activation}`, { x, dy: floats([4, 5, 6]) }, activation),
  );
  const inputs = { x: special([4, 5, 6]), mean: special([6]), variance: positive([6]) };
  const attrs = { varianceEpsilon: epsilon };
  return [
    ...cases,
    { kernel: FusedBatchNorm, label: "not finite", inputs, attrs, tolerance: { rtol: 1e-6, atol: 4e-6 } },
  ];
}
