/** Cases of swish, of operations over lists of tensors and of the updates of optimizers; references in double precision. */
import {
  AdamUpdate,
  type AdamUpdateAttrs,
  AverageUpdate,
  ListAxpy,
  ListCombine,
  ListDot,
  ListNorm,
  ListScale,
  ListSquares,
  SgdUpdate,
  type SgdUpdateAttrs,
  Swish,
  SwishGrad,
} from "@roga/ops";
import { type Case, floats, positive, special, type Values } from "./case.js";
import { sigmoid, swishSlope } from "./references.js";

const SHAPES = [[], [3], [5, 7], [0], [2, 129, 161], [33]];

export function listCases(): Case[] {
  return [
    ...swishCases(),
    ...sumCases(),
    ...scaleCases(),
    ...combineCases(),
    ...sgdCases(),
    ...adamCases(),
    ...averageCases(),
  ];
}

function swishCases(): Case[] {
  return [[0, 3], [], [7], [2, 129, 161]].flatMap((shape): Case[] => {
    const [x, dy] = [floats(shape, spread()), floats(shape)];
    const native = x.values.length > 0;
    const tolerance = { rtol: 1e-6, atol: 1e-7 };
    return [
      {
        kernel: Swish,
        label: `[${shape}]`,
        inputs: { x },
        tolerance,
        native,
        reference: () => [Float64Array.from(x.values, (value) => value * sigmoid(value))],
      },
      {
        kernel: SwishGrad,
        label: `[${shape}]`,
        inputs: { x, dy },
        tolerance: { rtol: 2e-6, atol: 1e-6 },
        native,
        reference: () => [Float64Array.from(x.values, (value, i) => dy.values[i]! * swishSlope(value))],
      },
    ];
  });
}

/** Numbers from −30 to 30. */
function spread(): () => number {
  let at = 0;
  return () => ((at++ * 0.618_034) % 1) * 60 - 30;
}

function named(lists: Record<string, Values[]>): Record<string, Values> {
  return Object.fromEntries(
    Object.entries(lists).flatMap(([prefix, list]) => list.map((values, index) => [`${prefix}${index}`, values])),
  );
}

const list = (make: (shape: number[]) => Values = floats): Values[] => SHAPES.map((shape) => make(shape));
const count = SHAPES.length;

function sum(lists: Values[][], term: (...values: number[]) => number): number {
  let total = 0;
  lists[0]!.forEach(({ values }, index) => {
    values.forEach((_: number, i: number) => {
      total += term(...lists.map((one) => one[index]!.values[i]!));
    });
  });
  return total;
}

function sumCases(): Case[] {
  const [x, y, large] = [list(), list(), [floats([100_000], () => 1e18)]];
  const close = { rtol: 2e-7 };
  return [
    {
      kernel: ListNorm,
      label: "several",
      inputs: named({ x }),
      attrs: { count },
      tolerance: close,
      reference: () => [[Math.sqrt(sum([x], (value) => value * value))]],
    },
    {
      kernel: ListNorm,
      label: "one of which the square overflows float32",
      inputs: named({ x: large }),
      attrs: { count: 1 },
      tolerance: close,
      reference: () => [[Math.sqrt(1e5) * Math.fround(1e18)]],
    },
    {
      kernel: ListSquares,
      label: "several",
      inputs: named({ x }),
      attrs: { count },
      tolerance: close,
      reference: () => [x.map((one) => sum([[one]], (value) => value * value))],
    },
    {
      kernel: ListDot,
      label: "several",
      inputs: named({ x, y }),
      attrs: { count },
      // What is left of a sum whose terms cancel: their absolute values sum to about 3e4.
      tolerance: { rtol: 2e-7, atol: 1e-7 },
      reference: () => [[sum([x, y], (a, b) => a * b)]],
    },
  ];
}

function scaleCases(): Case[] {
  const cases: Case[] = [];
  const alpha = Math.fround(0.3);
  const factor: Values = { shape: [], values: Float32Array.of(alpha), dtype: "float32" };
  for (const [note, make] of [
    ["numbers", floats],
    ["not finite", special],
  ] as const) {
    const [x, y] = [list(make), list(make)];
    for (const [how, extra, attrs] of [
      ["by a number", {}, { count, alpha }],
      ["by a tensor", { alpha: factor }, { count }],
    ] as const) {
      const label = `${note} ${how}`;
      cases.push({
        kernel: ListScale,
        label,
        inputs: { ...named({ x }), ...extra },
        attrs,
        tolerance: { rtol: 1e-7, atol: 1e-44 },
        reference: () => x.map(({ values }) => Float32Array.from(values, (value) => alpha * value)),
      });
      cases.push({
        kernel: ListAxpy,
        label,
        inputs: { ...named({ x, y }), ...extra },
        attrs,
        tolerance: { rtol: 3e-7, atol: 1e-6 },
        reference: () =>
          x.map(({ values }, index) => Float64Array.from(values, (value, i) => alpha * value + y[index]!.values[i]!)),
      });
    }
  }
  return cases;
}

function combineCases(): Case[] {
  const all = [0.3, 1, -2.5, 0.7, -0.1, 2, 1.1];
  const forms = [
    { lists: 1 },
    { lists: 2, over: 1 },
    { lists: 3, over: 0 },
    { lists: 4 },
    { lists: 5, over: 2 },
    { lists: 7, over: 6 },
  ];
  return forms.flatMap((form, at) =>
    [floats, special].map((make): Case => {
      const lists = Array.from({ length: form.lists }, () => list(make));
      const factors = Float32Array.from(all.slice(0, form.lists));
      const onDevice: Values = { shape: [form.lists], values: factors, dtype: "float32" };
      const fromDevice = at % 2 === 0;
      const attrs = { count, ...form };
      return {
        kernel: ListCombine,
        label: `${make === floats ? "numbers" : "not finite"}, ${JSON.stringify(form)}`,
        inputs: { ...named({ x: lists.flat() }), ...(fromDevice && { factors: onDevice }) },
        attrs: fromDevice ? attrs : { ...attrs, factors: [...factors] },
        tolerance: { rtol: 5e-7, atol: 2e-6, terms: form.lists },
        inPlace: form.over !== undefined,
        reference: () =>
          lists[0]!.map(({ values }, index) =>
            Float64Array.from(values, (_: number, i: number) =>
              lists.reduce((total, one, j) => total + factors[j]! * one[index]!.values[i]!, 0),
            ),
          ),
      };
    }),
  );
}

/** Where there is no weight decay, v is no part of the gradient. */
const decayed = (weightDecay: number, g: number, v: number) => (weightDecay === 0 ? g : g + weightDecay * v);

function sgdCases(): Case[] {
  const cases: Case[] = [];
  for (const [momentum, nesterov, weightDecay] of [
    [0, false, 0],
    [0, false, 0.01],
    [0.9, false, 0],
    [0.9, true, 0.01],
  ] as const) {
    for (const inPlace of [false, true]) {
      const [v, g, m] = [list(), list(), list()];
      const attrs: SgdUpdateAttrs = { count, learningRate: 0.05, momentum, nesterov, weightDecay };
      cases.push({
        kernel: SgdUpdate,
        label: `${JSON.stringify(attrs)}${inPlace ? ", in place" : ""}`,
        inputs: named(momentum === 0 ? { v, g } : { v, g, m }),
        attrs,
        tolerance: { rtol: 5e-7, atol: 5e-7 },
        inPlace,
        reference: () =>
          v.flatMap(({ values }, index) => {
            const d = Float64Array.from(values, (value, i) => decayed(weightDecay, g[index]!.values[i]!, value));
            const next = d.map((value, i) => (momentum === 0 ? value : momentum * m[index]!.values[i]! + value));
            const step = next.map((value, i) => (nesterov ? d[i]! + momentum * value : value));
            const moved = Float64Array.from(values, (value, i) => value - 0.05 * step[i]!);
            return momentum === 0 ? [moved] : [moved, next];
          }),
      });
    }
  }
  return cases;
}

function adamCases(): Case[] {
  const cases: Case[] = [];
  for (const [step, weightDecay] of [
    [1, 0],
    [1000, 0.01],
  ] as const) {
    for (const inPlace of [false, true]) {
      const [v, g, m, s] = [list(), list(), list(), list(positive)];
      const attrs: AdamUpdateAttrs = {
        count,
        learningRate: 0.01,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weightDecay,
        step,
      };
      cases.push({
        kernel: AdamUpdate,
        label: `${JSON.stringify(attrs)}${inPlace ? ", in place" : ""}`,
        inputs: named({ v, g, m, s }),
        attrs,
        tolerance: { rtol: 1e-6, atol: 1e-6 },
        inPlace,
        reference: () =>
          v.flatMap(({ values }, index) => {
            const d = Float64Array.from(values, (value, i) => decayed(weightDecay, g[index]!.values[i]!, value));
            const first = d.map((value, i) => 0.9 * m[index]!.values[i]! + 0.1 * value);
            const second = d.map((value, i) => 0.999 * s[index]!.values[i]! + 0.001 * value * value);
            const moved = first.map((mean, i) => {
              const root = Math.sqrt(second[i]! / (1 - 0.999 ** step)) + 1e-8;
              return values[i]! - (0.01 * mean) / (1 - 0.9 ** step) / root;
            });
            return [moved, first, second];
          }),
      });
    }
  }
  return cases;
}

function averageCases(): Case[] {
  return [false, true].map((inPlace) => {
    const [v, x] = [list(), list()];
    return {
      kernel: AverageUpdate,
      label: inPlace ? "in place" : "elsewhere",
      inputs: named({ v, x }),
      attrs: { count, rate: 0.01 },
      tolerance: { rtol: 3e-7, atol: 3e-7 },
      inPlace,
      reference: () =>
        v.map(({ values }, index) =>
          Float64Array.from(values, (value, i) => value - (value - x[index]!.values[i]!) * Math.fround(0.01)),
        ),
    };
  });
}
