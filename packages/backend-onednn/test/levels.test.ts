/** Every level of instructions that is built here gives what the JavaScript backend gives, for a step of a small net. */
import "@tensorflow/tfjs";
import "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import "../src/index.js";
import { OnednnBackend } from "../src/backend.js";
import { findAddon } from "../src/load.js";
import { levelsOf } from "../src/platform.js";
import { BACKEND } from "../src/register.js";
import { defaults } from "../src/settings.js";
import { array } from "./support/parity.js";

function usable(level: string): ReturnType<typeof findAddon> | undefined {
  try {
    return findAddon({ level });
  } catch {
    return undefined;
  }
}

/** Loss and gradients of a net with a convolution, a depthwise one, a product, a pool and an activation. */
function step(): number[][] {
  return tf.tidy(() => {
    const x = tf.tensor4d(array([3, 17, 15, 3], 1), [3, 17, 15, 3]);
    const variables = [
      tf.variable(tf.tensor4d(array([3, 3, 3, 19], 2, { from: -0.3, to: 0.3 }), [3, 3, 3, 19])),
      tf.variable(tf.tensor4d(array([3, 3, 19, 1], 3, { from: -0.3, to: 0.3 }), [3, 3, 19, 1])),
      tf.variable(tf.tensor4d(array([1, 1, 19, 21], 4, { from: -0.3, to: 0.3 }), [1, 1, 19, 21])),
      tf.variable(tf.tensor2d(array([21, 2], 5), [21, 2])),
    ] as const;
    const [stem, depthwise, pointwise, dense] = variables;
    const { value, grads } = tf.variableGrads(() => {
      const features = tf.relu(tf.conv2d(x, stem as tf.Tensor4D, 2, "same"));
      const separable = tf.separableConv2d(features, depthwise as tf.Tensor4D, pointwise as tf.Tensor4D, 1, "same");
      const logits = tf.matMul(tf.mean(tf.sigmoid(separable), [1, 2]) as tf.Tensor2D, dense as tf.Tensor2D);
      return tf.mean(tf.square(logits)) as tf.Scalar;
    }, [...variables]);
    const results = [value, ...variables.map(({ name }) => grads[name]!)].map((tensor) => [...tensor.dataSync()]);
    tf.dispose([...variables]);
    return results;
  });
}

describe.each(levelsOf(process.arch))("level %s", (level) => {
  const loaded = usable(level);
  it.skipIf(loaded === undefined)("trains as the JavaScript backend does", async () => {
    await tf.setBackend("cpu");
    const expected = step();
    tf.removeBackend(BACKEND);
    tf.registerBackend(BACKEND, () => new OnednnBackend(loaded!.addon, defaults));
    await tf.setBackend(BACKEND);
    expect(loaded!.addon.level).toBe(level);
    const before = loaded!.addon.kernelCalls();
    const actual = step();
    expect(loaded!.addon.kernelCalls()).toBeGreaterThan(before);
    actual.forEach((values, index) => {
      expect(values).toBeAllClose(expected[index]!, { rtol: 1e-4, atol: 1e-6 });
    });
  });
});
