/**
 * What programs may do inside of functions that are differentiated: the backend frees intermediate values as soon as
 * nothing needs them, and nothing that a program still can see may be among them.
 */
import "@tensorflow/tfjs";
import "@roga/test-support";
import { expectNoTensorLeak } from "@roga/test-support";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { BACKEND } from "../../src/register.js";
import { usePooledBackend } from "../support/pooled-backend.js";

beforeAll(usePooledBackend);
beforeEach(() => tf.setBackend(BACKEND));
afterAll(() => tf.setBackend("cpu"));

/** What is read, then disposed. */
const read = (tensor: tf.Tensor): number[] => {
  const values = [...tensor.dataSync()];
  tensor.dispose();
  return values;
};

const cubed = (x: tf.Tensor) => tf.mul(tf.square(x), x) as tf.Tensor1D;
const total = (x: tf.Tensor) => tf.sum(x) as tf.Scalar;

test("grad, valueAndGrad, grads, valueAndGrads", () => {
  const [x, y] = [tf.tensor1d([1, 2, 3]), tf.tensor1d([4, 5, 6])];
  expectNoTensorLeak(() => {
    expect(read(tf.grad(cubed)(x))).toEqual([3, 12, 27]);
    const { value, grad } = tf.valueAndGrad(cubed)(x);
    expect([read(value), read(grad)]).toEqual([
      [1, 8, 27],
      [3, 12, 27],
    ]);
    expect(
      tf
        .grads((a, b) => tf.mul(a, tf.square(b)))([x, y])
        .map(read),
    ).toEqual([
      [16, 25, 36],
      [8, 20, 36],
    ]);
    const several = tf.valueAndGrads((a, b) => tf.mul(a, b))([x, y], tf.tensor1d([1, 10, 100]));
    expect([several.value, ...several.grads].map(read)).toEqual([
      [4, 10, 18],
      [4, 50, 600],
      [1, 20, 300],
    ]);
  }, 1);
  expect([read(x), read(y)]).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
});

test("variableGrads of trainable variables, of those that are named, and of none", () => {
  const [a, b, fixed] = [tf.variable(tf.tensor1d([1, 2])), tf.variable(tf.scalar(3)), tf.variable(tf.scalar(5), false)];
  const loss = () => total(tf.mul(tf.mul(a, b), fixed));
  expectNoTensorLeak(() => {
    const { value, grads } = tf.variableGrads(loss);
    expect(read(value)).toEqual([45]);
    expect(Object.keys(grads).sort()).toEqual([a.name, b.name].sort());
    expect([read(grads[a.name]!), read(grads[b.name]!)]).toEqual([[15, 15], [15]]);
    const one = tf.variableGrads(loss, [b]);
    expect(Object.keys(one.grads)).toEqual([b.name]);
    expect([read(one.value), read(one.grads[b.name]!)]).toEqual([[45], [15]]);
    expect(() => tf.variableGrads(() => total(tf.square(fixed)), [fixed])).toThrow(/trainable/);
    expect(() => tf.tidy(() => tf.variableGrads(() => tf.scalar(1)))).toThrow();
  });
  expect([read(a), read(b), read(fixed)]).toEqual([[1, 2], [3], [5]]);
});

test("gradients of gradients, three deep", () => {
  const x = tf.tensor1d([2, 3]);
  const once = (y: tf.Tensor) => tf.grad(cubed)(y);
  const twice = (y: tf.Tensor) => tf.grad(once)(y);
  expectNoTensorLeak(() => {
    expect(read(tf.grad(once)(x))).toEqual([12, 18]);
    expect(read(tf.grad(twice)(x))).toEqual([6, 6]);
    // A gradient as a part of what is differentiated.
    expect(read(tf.grad((y) => tf.mul(tf.grad(cubed)(y), y))(x))).toEqual([36, 81]);
  });
  x.dispose();
});

test("a gradient with respect to a value on the way", () => {
  const x = tf.tensor1d([1, 2]);
  expectNoTensorLeak(() => {
    const slope = tf.grad((y) => {
      const middle = tf.square(y);
      return tf.add(tf.mul(tf.grad((m) => tf.exp(m))(middle), 0), cubed(middle));
    });
    // (y²)³ has the slope 6 y⁵.
    expect(read(slope(x))).toEqual([6, 192]);
  });
  x.dispose();
});

test("one tensor used many times, alone and beside others", () => {
  const x = tf.tensor1d([1, 2]);
  expectNoTensorLeak(() => {
    expect(read(tf.grad((y) => tf.add(tf.mul(y, y), tf.add(y, y)))(x))).toEqual([4, 6]);
    expect(read(tf.grad((y) => tf.addN([y, tf.relu(y), tf.square(y), y]))(x))).toEqual([5, 7]);
    expect(read(tf.grad((y) => tf.concat([y, y, tf.neg(y)]))(x))).toEqual([1, 1]);
  });
  const both = tf.grads((a, b) => tf.mul(a, b))([x, x]);
  expect(both.map((gradient) => [...gradient.dataSync()])).toEqual([
    [2, 4],
    [2, 4],
  ]);
  tf.dispose(both);
  x.dispose();
});

test("gradients are tensors of their own, also where they are one another or the one that was given", () => {
  const [x, y, dy] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4]), tf.tensor1d([5, 6])];
  expectNoTensorLeak(() => {
    const [dx, other] = tf.grads((a, b) => tf.add(a, b))([x, y], dy);
    const same = tf.grad((a) => tf.clone(a))(x, dy);
    expect(new Set([dx, other, same, dy]).size).toBe(4);
    for (const gradient of [dx!, other!, same]) expect(read(gradient)).toEqual([5, 6]);
    expect([...dy.dataSync()]).toEqual([5, 6]);
  });
});

test("tensors from outside are used, not freed", () => {
  const [x, weights] = [tf.tensor1d([1, 2]), tf.tensor1d([10, 20])];
  const before = tf.relu(weights);
  expectNoTensorLeak(() => {
    const f = (y: tf.Tensor) => tf.mul(tf.relu(tf.mul(y, before)), weights);
    for (let i = 0; i < 3; i++) expect(read(tf.grad(f)(x))).toEqual([100, 400]);
  });
  expect([read(before), read(weights), read(x)]).toEqual([
    [10, 20],
    [10, 20],
    [1, 2],
  ]);
});

test("tf.keep inside", () => {
  const x = tf.tensor1d([-1, 2]);
  const kept: tf.Tensor[] = [];
  const f = (y: tf.Tensor) => {
    kept.push(tf.keep(tf.square(y)));
    kept.push(tf.keep(tf.relu(tf.mul(kept[0]!, 3))));
    return tf.mul(kept[1]!, y);
  };
  expect(read(tf.grad(f)(x))).toEqual([9, 36]);
  // Something to overwrite what was freed by mistake.
  tf.tidy(() => Array.from({ length: 20 }, () => tf.fill([2], 7)));
  expect(kept.map(read)).toEqual([
    [1, 4],
    [3, 12],
  ]);
  x.dispose();
});

test("values that are read, and views of them, inside", () => {
  const x = tf.tensor2d([[1, 2, 3, 4]]);
  const seen: number[][] = [];
  const f = (y: tf.Tensor) => {
    const middle = tf.relu(tf.mul(y, 2));
    const view = tf.reshape(middle, [2, 2]);
    const copy = tf.clone(view);
    middle.dispose();
    seen.push([...copy.dataSync()]);
    const result = tf.matMul(copy as tf.Tensor2D, view as tf.Tensor2D);
    seen.push([...view.dataSync()]);
    return total(result);
  };
  expectNoTensorLeak(() => {
    const { value, grad } = tf.valueAndGrad(f)(x);
    // Σ (A·A) with A = 2y: the gradient is 2 · (the sums of rows and of columns of A).
    expect(read(value)).toEqual([216]);
    expect(read(grad)).toEqual([28, 44, 36, 52]);
  });
  expect(seen).toEqual([
    [2, 4, 6, 8],
    [2, 4, 6, 8],
  ]);
  x.dispose();
});

test("a result that is an input, a constant, or made before", () => {
  const [x, made] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
  expectNoTensorLeak(() => {
    expect(read(tf.grad((y) => tf.clone(y))(x))).toEqual([1, 1]);
    expect(read(tf.grad((y) => tf.reshape(y, [2, 1]))(x))).toEqual([1, 1]);
    expect(() => tf.grad(() => made)(x)).toThrow(/Cannot compute gradient/);
    expect(() => tf.grad(() => tf.square(made))(x)).toThrow(/Cannot compute gradient/);
  });
  tf.dispose([x, made]);
});

test("tf.tidy and tf.dispose inside", () => {
  const x = tf.tensor1d([1, 2]);
  expectNoTensorLeak(() => {
    const f = (y: tf.Tensor) =>
      tf.tidy(() => {
        const [used, unused] = [tf.square(y), tf.exp(y)];
        unused.dispose();
        const inner = tf.tidy(() => tf.mul(tf.relu(used), tf.relu(y)));
        used.dispose();
        return inner;
      });
    expect(read(tf.grad(f)(x))).toEqual([3, 12]);
  });
  x.dispose();
});

test("own gradients, with what they save", () => {
  const x = tf.tensor1d([1, 2]);
  const double = tf.customGrad((y, save) => {
    const squared = tf.square(y as tf.Tensor);
    (save as tf.GradSaveFunc)([y as tf.Tensor, squared]);
    return {
      value: tf.mul(squared, y as tf.Tensor),
      // What the function saved of its own making is a constant to the second gradient.
      gradFunc: (dy, saved) => {
        const [own, made] = saved as [tf.Tensor, tf.Tensor];
        return tf.mul(dy, tf.addN([own, tf.square(own), tf.sub(made, made)]));
      },
    };
  });
  expectNoTensorLeak(() => {
    expect(read(tf.grad((y) => double(y))(x))).toEqual([2, 6]);
    // Twice on one input; and a gradient of the own gradient: 1 + 2y.
    expect(read(tf.grad((y) => tf.add(double(y), double(tf.mul(y, 2))))(x))).toEqual([14, 46]);
    expect(read(tf.grad((y) => tf.grad((z) => double(z))(y))(x))).toEqual([3, 5]);
  });
  x.dispose();
});

test("outputs of which only some are used, and unused branches", () => {
  const x = tf.tensor2d([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expectNoTensorLeak(() => {
    const f = (y: tf.Tensor) => {
      const [first, , last] = tf.split(y, 3, 1);
      tf.relu(first!);
      return tf.mul(first!, tf.square(last!));
    };
    expect(read(tf.grad(f)(x))).toEqual([9, 0, 6, 36, 0, 48]);
    const g = (y: tf.Tensor) => tf.unstack(y)[1]!;
    expect(read(tf.grad(g)(x))).toEqual([0, 0, 0, 1, 1, 1]);
  });
  x.dispose();
});

test("errors in f, in its gradient and in nested ones leave nothing behind", () => {
  const x = tf.tensor1d([1, 2]);
  const fails = tf.customGrad((y) => ({
    value: tf.square(y as tf.Tensor),
    gradFunc: () => {
      throw new Error("no gradient today");
    },
  }));
  expectNoTensorLeak(() => {
    for (let i = 0; i < 3; i++) {
      expect(() =>
        tf.grad((y) => {
          tf.exp(tf.square(y));
          throw new Error("no value today");
        })(x),
      ).toThrow("no value today");
      expect(() => tf.grad((y) => tf.mul(tf.relu(fails(tf.exp(y))), 2))(x)).toThrow("no gradient today");
      expect(() => tf.grad((y) => tf.mul(y, tf.grad((z) => fails(tf.square(z)))(y)))(x)).toThrow("no gradient today");
      expect(() => tf.grad((y) => tf.cast(tf.greater(tf.square(y), 1), "float32"))(x)).toThrow();
    }
    // And all is well again.
    expect(read(tf.grad(cubed)(x))).toEqual([3, 12]);
  });
  expect(read(x)).toEqual([1, 2]);
});

test("a variable that changes between the passes of two steps", () => {
  const v = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
  const loss = () => total(tf.square(v));
  expectNoTensorLeak(() => {
    const first = tf.variableGrads(loss);
    tf.tidy(() => v.assign(tf.sub(v, first.grads[v.name]!)));
    const second = tf.variableGrads(loss);
    // The first step's gradient is what it was.
    expect(read(first.grads[v.name]!)).toEqual([2, 4]);
    expect(read(second.grads[v.name]!)).toEqual([-2, -4]);
    expect([read(first.value), read(second.value)]).toEqual([[5], [5]]);
  });
  v.dispose();
});

test("an asynchronous reader of values of before", async () => {
  const x = tf.tensor1d([1, 2, 3]);
  const value = tf.tidy(() => tf.relu(tf.mul(x, 2)));
  const reading = value.data();
  value.dispose();
  tf.tidy(() => Array.from({ length: 20 }, () => tf.fill([3], 7)));
  expect([...(await reading)]).toEqual([2, 4, 6]);
  x.dispose();
});
