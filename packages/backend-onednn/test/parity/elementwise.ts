/** Cases of operations element by element, with broadcasting, and of constants and casts. */
import * as tf from "@tensorflow/tfjs-core";
import { booleans, type Case, floats, integers, special, type Tolerance, ties } from "./case.js";

/** From nothing to what several threads share, with tails that fill no vector. */
const SHAPES = [[0, 3], [], [7], [3, 11], [2, 129, 161]];
/** A few units in the last place; denormal results may be lost. */
const CLOSE: Tolerance = { rtol: 4e-7, atol: 2e-38 };

const unary: Record<string, { attrs?: object; tolerance?: Tolerance }> = {
  [tf.Relu]: { tolerance: "exact" },
  [tf.Relu6]: { tolerance: "exact" },
  [tf.LeakyRelu]: { attrs: { alpha: 0.1 } },
  // The JavaScript kernels of the next and of softplus subtract near 1.
  [tf.Elu]: { tolerance: { rtol: 1e-6, atol: 2e-7 } },
  [tf.Sigmoid]: {},
  [tf.Tanh]: {},
  [tf.Softplus]: { tolerance: { rtol: 1e-6, atol: 2e-7 } },
  [tf.Abs]: { tolerance: "exact" },
  [tf.Neg]: { tolerance: "exact" },
  [tf.Square]: { tolerance: "exact" },
  [tf.Sqrt]: { tolerance: "exact" },
  [tf.Rsqrt]: {},
  [tf.Reciprocal]: { tolerance: "exact" },
  [tf.Exp]: {},
  [tf.Expm1]: {},
  [tf.Log]: {},
  [tf.Log1p]: {},
  [tf.Step]: { attrs: { alpha: 0.25 }, tolerance: "exact" },
  [tf.Sign]: { tolerance: "exact" },
  [tf.ClipByValue]: { attrs: { clipValueMin: -0.7, clipValueMax: 1.5 }, tolerance: "exact" },
  [tf.Floor]: { tolerance: "exact" },
  [tf.Ceil]: { tolerance: "exact" },
};

const binary: Record<string, Tolerance> = {
  [tf.Add]: "exact",
  [tf.Sub]: "exact",
  [tf.Multiply]: "exact",
  [tf.RealDiv]: "exact",
  [tf.Maximum]: "exact",
  [tf.Minimum]: "exact",
  // The JavaScript kernel rounds once, at the end.
  [tf.SquaredDifference]: CLOSE,
  [tf.Pow]: CLOSE,
  [tf.Equal]: "exact",
  [tf.NotEqual]: "exact",
  [tf.Greater]: "exact",
  [tf.GreaterEqual]: "exact",
  [tf.Less]: "exact",
  [tf.LessEqual]: "exact",
};

/** Shapes that go together in all the ways networks make them go together, and some more. */
const PAIRS: [number[], number[]][] = [
  [[], []],
  [[5], []],
  [[0, 4], [4]],
  [
    [0, 1],
    [1, 3],
  ],
  [
    [3, 5],
    [3, 5],
  ],
  [
    [2, 3, 5, 7],
    [1, 1, 1, 7],
  ],
  [
    [2, 3, 5, 7],
    [2, 1, 1, 7],
  ],
  [
    [2, 1, 5, 1],
    [1, 3, 1, 7],
  ],
  [[7], [4, 3, 7]],
  [
    [2, 1, 3, 1, 2, 1],
    [1, 2, 1, 3, 1, 2],
  ],
  [
    [2, 9, 11, 728],
    [2, 1, 1, 728],
  ],
  [[4, 65, 67, 3], [3]],
  [[300, 1], [311]],
];

export function elementwiseCases(): Case[] {
  const cases: Case[] = [];
  for (const [kernel, { attrs, tolerance = CLOSE }] of Object.entries(unary)) {
    for (const shape of SHAPES) {
      cases.push({
        kernel,
        label: `[${shape}]`,
        inputs: { x: special(shape, 0.2) },
        ...(attrs && { attrs }),
        tolerance,
        native: tf.util.sizeFromShape(shape) > 0,
      });
    }
    if (kernel !== tf.Softplus && kernel !== tf.LeakyRelu) {
      const wide = floats([4001], sweep(-110, 110, 4001));
      cases.push({ kernel, label: "from −110 to 110", inputs: { x: wide }, ...(attrs && { attrs }), tolerance });
    }
  }
  for (const [kernel, tolerance] of Object.entries(binary)) {
    for (const [a, b] of PAIRS) {
      const native = tf.util.sizeFromShape(a) * tf.util.sizeFromShape(b) > 0;
      const label = `[${a}] and [${b}]`;
      cases.push({ kernel, label, inputs: { a: special(a, 0.2), b: special(b, 0.2) }, tolerance, native });
      cases.push({ kernel, label: `${label}, ties`, inputs: { a: ties(a), b: ties(b) }, tolerance, native });
    }
    const same = special([100]);
    cases.push({ kernel, label: "one tensor twice", inputs: { a: same, b: same }, tolerance });
  }
  for (const kernel of [tf.Add, tf.Multiply, tf.Maximum, tf.Less]) {
    const inputs = { a: integers([3, 7]), b: integers([7]) };
    cases.push({ kernel, label: "integers", inputs, tolerance: "exact", native: false });
  }
  cases.push({ kernel: tf.Relu, label: "integers", inputs: { x: integers([9]) }, tolerance: "exact", native: false });
  return [...cases, ...constantCases(), ...castCases()];
}

function sweep(from: number, to: number, count: number): () => number {
  let index = 0;
  return () => from + ((to - from) * index++) / (count - 1);
}

function constantCases(): Case[] {
  const exact = { tolerance: "exact" } as const;
  const cases: Case[] = [];
  for (const shape of SHAPES) {
    const native = tf.util.sizeFromShape(shape) > 0;
    const label = `[${shape}]`;
    cases.push({ kernel: tf.ZerosLike, label, inputs: { x: special(shape) }, ...exact, native });
    cases.push({ kernel: tf.OnesLike, label, inputs: { x: special(shape) }, ...exact, native });
    for (const value of [2.5, Number.NaN, -Infinity, 0.1]) {
      const attrs = { shape, value, dtype: "float32" };
      cases.push({ kernel: tf.Fill, label: `${label} ${value}`, inputs: {}, attrs, ...exact, native });
    }
    for (const count of [1, 2, 3, 9]) {
      const inputs = Array.from({ length: count }, () => special(shape));
      cases.push({ kernel: tf.AddN, label: `${count} of ${label}`, inputs, tolerance: { rtol: 1e-6 }, native });
    }
    const [t, e] = [special(shape), special(shape)];
    cases.push({ kernel: tf.Select, label, inputs: { condition: booleans(shape), t, e }, ...exact, native });
    if (shape.length > 1) {
      const condition = booleans(shape.slice(0, 1));
      const width = tf.util.sizeFromShape(shape.slice(1));
      cases.push({
        kernel: tf.Select,
        label: `rows of ${label}`,
        inputs: { condition, t, e },
        ...exact,
        native,
        // The JavaScript kernel takes the row's number for the number's index.
        reference: () => [t.values.map((_, i) => (condition.values[Math.floor(i / width)] ? t : e).values[i]!)],
      });
    }
  }
  const twice = special([33]);
  cases.push({ kernel: tf.AddN, label: "one tensor twice", inputs: [twice, twice], ...exact });
  const inputs = { condition: booleans([9]), t: integers([9]), e: integers([9]) };
  cases.push({ kernel: tf.Select, label: "integers", inputs, ...exact, native: false });
  const zeros = { kernel: tf.ZerosLike, label: "integers", inputs: { x: integers([4]) }, ...exact, native: false };
  return [...cases, zeros];
}

function castCases(): Case[] {
  const cases: Case[] = [];
  for (const shape of SHAPES) {
    for (const [x, to] of [
      [special(shape), "int32"],
      [special(shape), "bool"],
      [integers(shape, 2 ** 24), "float32"],
      [booleans(shape), "float32"],
      [special(shape), "float32"],
      [integers(shape), "bool"],
      [booleans(shape), "int32"],
    ] as const) {
      const label = `${x.dtype} [${shape}] to ${to}`;
      cases.push({
        kernel: tf.Cast,
        label,
        inputs: { x },
        attrs: { dtype: to },
        tolerance: "exact",
        native: (x.dtype === "float32") !== (to === "float32") && tf.util.sizeFromShape(shape) > 0,
      });
    }
  }
  return cases;
}
