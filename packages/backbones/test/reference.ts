/** The fixture of `tools/reference-fixtures/backbones/meso.py`, and the weights and images that it is computed from. */
import { readFixture } from "@roga/test-support";
import type { NamedArrays } from "@roga/weights";
import * as tf from "@tensorflow/tfjs-core";

export interface Summary {
  norm: number;
  sample: number[];
}

export interface Reference {
  name: string;
  variant: string;
  classes: number;
  weights: { name: string; shape: number[]; low: number; high: number }[];
  logits: number[];
  features: number[];
  odd: { size: number; logits: number[] };
  training: {
    logits: number[];
    loss: number;
    activations: Record<string, Summary>;
    statistics: Record<string, number[]>;
    gradients: Record<string, Summary>;
  };
  at256: { trainable: number; nonTrainable: number; macs: number };
}

export const reference = readFixture<{ size: number; batch: number; labels: number[]; networks: Reference[] }>(
  import.meta.url,
  "fixtures/meso.json",
);

export const sourceOf = ({ variant }: { variant: string }): "pytorch" | "keras" =>
  variant === "keras" ? "keras" : "pytorch";

/** The generator's draws: `low + (high − low)·x/2³²`, rounded to float32. */
function draw(stream: number, size: number, low: number, high: number): Float32Array {
  let x = 12345 + 7919 * stream;
  return Float32Array.from({ length: size }, () => {
    x = (Math.imul(1664525, x) + 1013904223) >>> 0;
    return low + ((high - low) * x) / 2 ** 32;
  });
}

export function referenceArrays({ weights }: Reference): NamedArrays {
  return new Map(
    weights.map(({ name, shape, low, high }, i) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return [name, { dtype: "F32", shape, data: draw(i, size, low, high) }];
    }),
  );
}

export function referenceImages(): tf.Tensor4D {
  return images(1000, reference.batch, reference.size);
}

/** The one image of an odd size. */
export function oddImage(size: number): tf.Tensor4D {
  return images(1001, 1, size);
}

function images(stream: number, batch: number, size: number): tf.Tensor4D {
  return tf.tensor4d(draw(stream, batch * size * size * 3, -1, 1), [batch, size, size, 3]);
}
