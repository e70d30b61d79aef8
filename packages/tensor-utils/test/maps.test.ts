import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import {
  axpy,
  clone,
  copyInto,
  cosine,
  dot,
  globalNorm,
  guardLeaks,
  scale,
  TensorMapError,
  zerosLike,
} from "@roga/tensor-utils";
import { type FixtureTensor, readFixture, useTestEngine } from "@roga/test-support";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

type Record32 = Readonly<Record<string, FixtureTensor>>;
const reference = readFixture<{
  x: Record32;
  y: Record32;
  alpha: number;
  norm: number;
  dot: number;
  cosine: number;
  axpy: Record32;
  scale: Record32;
}>(import.meta.url, "fixtures/maps.json");

const tensors = (map: Record32): tf.NamedTensorMap =>
  Object.fromEntries(Object.entries(map).map(([key, { shape, values }]) => [key, tf.tensor([...values], [...shape])]));

function expectMap(actual: tf.NamedTensorMap, expected: Record32): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [key, value] of Object.entries(expected))
    expect(actual[key]).toBeAllClose(value, { rtol: 1e-6, atol: 1e-7 });
}

let x: tf.NamedTensorMap;
let y: tf.NamedTensorMap;

beforeEach(async () => {
  await useTestEngine();
  tf.engine().startScope();
  x = tensors(reference.x);
  y = tensors(reference.y);
});
afterEach(() => tf.engine().endScope());

describe("values equal NumPy in float64", () => {
  test("globalNorm, dot, cosine", () => {
    expect(guardLeaks("globalNorm", () => globalNorm(x))).toBeAllClose(reference.norm, { rtol: 1e-6 });
    expect(guardLeaks("dot", () => dot(x, y))).toBeAllClose(reference.dot, { rtol: 1e-5 });
    expect(guardLeaks("cosine", () => cosine(x, y))).toBeAllClose(reference.cosine, { rtol: 1e-5 });
    expect(cosine(x, scale(-3, x))).toBeAllClose(-1, { rtol: 1e-6 });
  });

  test("axpy and scale, with a number and with a scalar on the device", () => {
    const alpha = tf.scalar(reference.alpha);
    expectMap(
      guardLeaks("axpy", () => axpy(reference.alpha, x, y)),
      reference.axpy,
    );
    expectMap(
      guardLeaks("axpy", () => axpy(alpha, x, y)),
      reference.axpy,
    );
    expectMap(
      guardLeaks("scale", () => scale(reference.alpha, x)),
      reference.scale,
    );
    expectMap(
      guardLeaks("scale", () => scale(alpha, x)),
      reference.scale,
    );
    expectMap(x, reference.x);
  });
});

test("a zero vector has norm 0 and cosine 0 with anything", () => {
  const zero = guardLeaks("zerosLike", () => zerosLike(x));
  expect(Object.keys(zero)).toEqual(Object.keys(x));
  expect(zero.kernel!.shape).toEqual(x.kernel!.shape);
  expect(globalNorm(zero)).toBeAllClose(0);
  expect(cosine(zero, x)).toBeAllClose(0);
  expect(cosine(x, zero)).toBeAllClose(0);
  expect(cosine(zero, zero)).toBeAllClose(0);
});

test("empty maps: norm, dot and cosine are 0", () => {
  expect(globalNorm({})).toBeAllClose(0);
  expect(dot({}, {})).toBeAllClose(0);
  expect(cosine({}, {})).toBeAllClose(0);
  expect(axpy(2, {}, {})).toEqual({});
});

test("clone keeps values when the original changes, and copyInto restores them bit for bit", () => {
  const values = [0.1, -1 / 3, 1e-40, 3e38];
  const variable = tf.variable(tf.tensor1d(values), true, "v");
  const bits = new Uint32Array(new Float32Array(values).buffer);
  const saved = clone({ v: variable });
  variable.assign(tf.tensor1d([1, 2, 3, 4]));
  expect([...saved.v!.dataSync()]).toEqual([...new Float32Array(values)]);
  guardLeaks("copyInto", () => copyInto({ v: variable }, saved));
  tf.dispose(saved);
  expect(new Uint32Array(variable.dataSync().slice().buffer)).toEqual(bits);
  variable.dispose();
});

describe("errors", () => {
  const one = () => tf.tensor1d([1, 2]);

  test("name the keys that are missing and extra", () => {
    expect(() => dot({ a: one(), b: one() }, { b: one(), c: one() })).toThrow(
      "dot: the second map lacks [a] and has [c] besides",
    );
    expect(() => cosine({ a: one() }, {})).toThrow(TensorMapError);
    // an inherited property is no entry
    expect(() => dot({ toString: one() }, {})).toThrow("lacks [toString]");
  });

  test("name the entry whose shape or dtype differs", () => {
    expect(() => axpy(1, { a: one() }, { a: tf.tensor2d([[1, 2]]) })).toThrow(
      'axpy: "a": shapes differ: [2] and [1,2]',
    );
    expect(() => dot({ a: one() }, { a: tf.tensor1d([1, 2], "int32") })).toThrow(
      '"a": dtypes differ: float32 and int32',
    );
    expect(() => globalNorm({ a: tf.tensor1d([1], "int32") })).toThrow(
      'globalNorm: "a": expected dtype float32, got int32',
    );
    expect(() => scale(2, { a: tf.tensor1d([true], "bool") })).toThrow("expected dtype float32, got bool");
  });

  test("refuse a factor that is not a scalar", () => {
    expect(() => scale(one() as unknown as tf.Scalar, { a: one() })).toThrow("got a float32 tensor of shape [2]");
    expect(() => axpy(tf.scalar(1, "int32"), { a: one() }, { a: one() })).toThrow("got a int32 tensor of shape []");
  });

  test("copyInto changes nothing when any entry is wrong", () => {
    const a = tf.variable(tf.tensor1d([1, 2]));
    const b = tf.variable(tf.tensor1d([3, 4]));
    expect(() => copyInto({ a, b }, { a: tf.tensor1d([5, 6]), b: tf.tensor1d([7]) })).toThrow(
      'copyInto: "b": shapes differ',
    );
    expect(a).toBeAllClose([1, 2]);
    tf.dispose([a, b]);
  });
});
