/** The first-order expansion that docs/guides/roga-step.md derives: what a step of RoGA descends for small ρ and α. */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import { type RogaOptions, roga } from "@roga/optimizer";
import { useTestEngine } from "@roga/test-support";
import { afterEach, beforeEach, expect, test } from "vitest";
import { capture, knownLoss, norm } from "./support/probes.js";

const at = [0.3, -1.2, 0.7, 2.1];
let theta: tf.Variable;
let known: ReturnType<typeof knownLoss>[];

beforeEach(async () => {
  await useTestEngine();
  theta = tf.variable(tf.tensor1d(at));
  known = [knownLoss(theta, 1.1, 0.2, 1), knownLoss(theta, 0.7, -0.5, -2), knownLoss(theta, 1.6, 1.4, 0.5)];
});
afterEach(() => theta.dispose());

/** G of one step. */
async function gradientOf(options: RogaOptions, losses = known.map(({ loss }) => loss)): Promise<Float64Array> {
  const baseOptimizer = capture();
  const domainLosses = Object.fromEntries(losses.map((loss, k) => [`d${k}`, loss]));
  await roga(options).step({ variables: [theta], domainLosses, baseOptimizer });
  return Float64Array.from(baseOptimizer.gradients[0]!);
}

/** Gradient of a function of θ at θ in float64, by central differences. */
function differences(f: (x: readonly number[]) => number): Float64Array {
  const moved = (i: number, by: number) => f(at.map((value, j) => (i === j ? value + by : value)));
  return Float64Array.from(at, (_, i) => (moved(i, 1e-4) - moved(i, -1e-4)) / 2e-4);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const distance = (x: Float64Array, y: Float64Array) => norm(x.map((value, i) => value - y[i]!));

test.each([
  ["flatness", 1, 0],
  ["alignment", 0, 1],
  ["both", 1, 2],
])("G − g is the gradient of (ρ/2) Σ w_k ‖g_k‖ − (α/4) ‖g‖² up to second order: %s", async (_, rho, alpha) => {
  const plain = await gradientOf({ rho: 0, alpha: 0 });
  const term = differences((x) => {
    const gradients = known.map((loss) => loss.gradient(x));
    const g = at.map((_, i) => mean(gradients.map((own) => own[i]!)));
    return (rho / 2) * mean(gradients.map(norm)) - (alpha / 4) * norm(g) ** 2;
  });
  const errors: number[] = [];
  for (const size of [0.04, 0.01]) {
    const G = await gradientOf({ rho: rho * size, alpha: alpha * size });
    errors.push(
      distance(
        G.map((value, i) => (value - plain[i]!) / size),
        term,
      ) / norm(term),
    );
  }
  expect(errors[1]).toBeLessThan(0.02);
  expect(errors[1]! / errors[0]!).toBeLessThan(0.35); // a quarter but for float32's rounding
});

test('with quadratics `ascent: "shared"` gives what `perturbedLoss: "all"` does', async () => {
  const losses = [
    [1, 2, 5, 3],
    [4, 1, 0.5, 2],
    [2, 6, 1, 1],
  ].map((curvature, k) => () => {
    const square = tf.square(tf.sub(theta, [k, 1 - k, 0.5, -k]));
    return tf.mul(tf.sum(tf.mul(curvature, square)), 0.5) as tf.Scalar;
  });
  const all = await gradientOf({ rho: 0.3, alpha: 0.05, perturbedLoss: "all" }, losses);
  const own = await gradientOf({ rho: 0.3, alpha: 0.05 }, losses);
  expect(await gradientOf({ rho: 0.3, alpha: 0.05, ascent: "shared" }, losses)).toBeAllClose(all, { rtol: 1e-5 });
  expect(distance(own, all)).toBeGreaterThan(0.01);
});
