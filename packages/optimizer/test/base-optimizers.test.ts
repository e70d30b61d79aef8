import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import {
  adam,
  adamw,
  type BaseOptimizer,
  fromTfjs,
  noDecay,
  OptionError,
  type ParameterGroup,
  StateError,
  sgd,
  VariableSetError,
} from "@roga/optimizer";
import { expectNoTensorLeak, type FixtureTensor, readFixture, useTestEngine } from "@roga/test-support";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

type Map64 = Readonly<Record<string, FixtureTensor>>;
interface Case {
  readonly title: string;
  readonly name: "sgd" | "adam" | "adamw";
  readonly options: { readonly learningRate: number; readonly groups?: readonly ParameterGroup[] };
  readonly after: Readonly<Record<string, Map64>>;
}
const fixture = readFixture<{ initial: Map64; gradients: Map64[]; cases: Case[] }>(
  import.meta.url,
  "fixtures/base-optimizers.json",
);
const optimizers = { sgd, adam, adamw };
const make = ({ name, options }: Case): BaseOptimizer => optimizers[name](options);
const toTensor = ({ values, shape }: FixtureTensor) => tf.tensor([...values], [...shape]);
const bits = (tensor: tf.Tensor) => [...new Uint32Array(tensor.dataSync<"float32">().slice().buffer)];

let variables: tf.Variable[];

beforeEach(async () => {
  await useTestEngine();
  variables = Object.values(fixture.initial).map((value) => tf.tidy(() => tf.variable(toTensor(value))));
});
afterEach(() => tf.dispose(variables));

/** The gradients of one step by the variables' names, which are unique to a test. */
function gradients(step: number, of: readonly tf.Variable[] = variables): tf.NamedTensorMap {
  const values = Object.values(fixture.gradients[step]!);
  return Object.fromEntries(of.map(({ name }, index) => [name, toTensor(values[index]!)]));
}

function update(optimizer: BaseOptimizer, step: number, of: readonly tf.Variable[] = variables): void {
  const map = gradients(step, of);
  optimizer.applyGradients(map, of);
  tf.dispose(map);
}

describe.each(fixture.cases)("$title", (reference) => {
  test("twenty updates equal PyTorch's in float64", () => {
    const optimizer = make(reference);
    for (let step = 0; step < fixture.gradients.length; step++) {
      update(optimizer, step);
      for (const [index, expected] of Object.values(reference.after[step] ?? {}).entries()) {
        expect(variables[index]).toBeAllClose(expected, { rtol: 1e-5, atol: 1e-6 });
      }
    }
    optimizer.dispose();
  });

  test("a restored state goes on bit for bit, in variables of other names", () => {
    const optimizer = make(reference);
    for (let step = 0; step < 7; step++) update(optimizer, step);
    const copies = variables.map((variable) => tf.variable(variable));
    const state = optimizer.state();
    const restored = make(reference);
    restored.restore(state);
    tf.dispose(state);
    for (let step = 7; step < 20; step++) {
      update(optimizer, step);
      update(restored, step, copies);
    }
    expect(copies.map(bits)).toEqual(variables.map(bits));
    tf.dispose(copies);
    optimizer.dispose();
    restored.dispose();
  });

  test("leaves no tensor but its slots, and frees those", () => {
    const optimizer = make(reference);
    const before = tf.memory().numTensors;
    update(optimizer, 0);
    expectNoTensorLeak(() => update(optimizer, 1));
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test("learning rate 0 leaves the variables bit for bit", () => {
  const settings = { learningRate: 0, weightDecay: 0.1 };
  for (const optimizer of [sgd({ ...settings, momentum: 0.9 }), adam(settings), adamw(settings)]) {
    const before = variables.map(bits);
    update(optimizer, 0);
    update(optimizer, 1);
    expect(variables.map(bits)).toEqual(before);
    optimizer.dispose();
  }
});

describe("groups", () => {
  test("apply one upon another: factors multiply, the last weight decay counts", () => {
    const [kernel, bias] = variables as [tf.Variable, tf.Variable];
    const optimizer = sgd({
      learningRate: 0.5,
      weightDecay: 0.1,
      groups: [
        noDecay,
        { match: (variable) => variable === bias, learningRateFactor: 0.5 },
        { match: { name: /./g, rankBelow: 3 }, learningRateFactor: 0.25 },
      ],
    });
    const before = variables.map((variable) => variable.dataSync().slice());
    const g = gradients(0);
    const given = variables.map(({ name }) => g[name]!.dataSync());
    optimizer.applyGradients(g, variables);
    expect(kernel.dataSync()).toBeAllClose(before[0]!.map((v, i) => v - 0.125 * (given[0]![i]! + 0.1 * v)));
    expect(bias.dataSync()).toBeAllClose(before[1]!.map((v, i) => v - 0.0625 * given[1]![i]!));
    optimizer.learningRate = 0;
    const after = variables.map(bits);
    optimizer.applyGradients(g, variables);
    expect(variables.map(bits)).toEqual(after);
    tf.dispose(g);
    optimizer.dispose();
  });

  test("are no part of the state: one without groups goes on with them", () => {
    const plain = adam({ learningRate: 0.01 });
    update(plain, 0);
    const state = plain.state();
    const grouped = adam({ learningRate: 0.01, groups: [{ match: { rankBelow: 2 }, learningRateFactor: 1 }, noDecay] });
    grouped.restore(state);
    const copies = variables.map((variable) => tf.variable(variable));
    update(plain, 1);
    update(grouped, 1, copies);
    expect(copies.map(bits)).toEqual(variables.map(bits));
    tf.dispose([state, copies]);
    plain.dispose();
    grouped.dispose();
  });

  test("one that matches no variable changes nothing and says so", () => {
    const optimizer = adamw({ groups: [noDecay, { match: { name: "^head/" }, learningRateFactor: 10 }] });
    const before = variables.map(bits);
    const g = gradients(0);
    expect(() => optimizer.applyGradients(g, variables)).toThrow(VariableSetError);
    const names = variables.map(({ name }) => name).join(", ");
    expect(() => optimizer.applyGradients(g, variables)).toThrow(
      `adamw.groups[1]: matches none of the variables [${names}]`,
    );
    expect(variables.map(bits)).toEqual(before);
    tf.dispose(g);
    optimizer.dispose();
  });

  test.each<[string, unknown, string]>([
    ["no list", noDecay, 'sgd.groups: expected a list of groups, got {"match":{"rankBelow":2},"weightDecay":0}'],
    ["no group", [3], "sgd.groups[0]: expected a group, got 3"],
    ["another option", [{ ...noDecay, lr: 1 }], "sgd.groups[0]: expected only the options match, learningRateFactor"],
    [
      "a negative factor",
      [{ match: { name: "a" }, learningRateFactor: -1 }],
      "learningRateFactor: expected a finite number >= 0",
    ],
    [
      "a decay as text",
      [{ match: { name: "a" }, weightDecay: "0" }],
      'sgd.groups[0].weightDecay: expected a finite number >= 0, got "0"',
    ],
    ["no match", [{ weightDecay: 0 }], "sgd.groups[0].match: expected a function, or an object with name or rankBelow"],
    ["an empty match", [{ match: {} }], "got {}"],
    ["a match by another key", [{ match: { shape: [2] } }], 'got {"shape":[2]}'],
    [
      "a broken pattern",
      [{ match: { name: "(" } }],
      'sgd.groups[0].match.name: expected a regular expression, got "("',
    ],
    ["a rank that is none", [{ match: { rankBelow: 0 } }], "rankBelow: expected a finite number >= 1, got 0"],
  ])("%s is refused", (_, groups, message) => {
    expect(() => sgd({ groups: groups as never })).toThrow(OptionError);
    expect(() => sgd({ groups: groups as never })).toThrow(message);
  });
});

describe("fromTfjs", () => {
  test("applies the stock optimizers, at the rate that is set", () => {
    const wrapped = [
      fromTfjs(tf.train.sgd(0.5)),
      fromTfjs(tf.train.momentum(0.5, 0)),
      fromTfjs(tf.train.rmsprop(0.5, 0, 0, 1e-7)),
    ];
    expect(wrapped.map(({ name }) => name)).toEqual(["SGD", "Momentum", "RMSProp"]);
    for (const optimizer of wrapped) {
      expect(optimizer.learningRate).toBe(0.5);
      optimizer.learningRate = 0.25;
      expect(optimizer.learningRate).toBe(0.25);
    }
    const value = tf.variable(tf.tensor1d([1, 2]));
    const g = tf.tensor1d([4, -8]);
    wrapped[0]!.applyGradients({ [value.name]: g }, [value]);
    expect(value).toBeAllClose([0, 4]);
    wrapped[1]!.applyGradients({ [value.name]: g }, [value]);
    expect(value).toBeAllClose([-1, 6]);
    wrapped[2]!.applyGradients({ [value.name]: g }, [value]); // decay 0: the gradient over its size
    expect(value).toBeAllClose([-1.25, 6.25], { rtol: 1e-6 });
    for (const optimizer of wrapped) optimizer.dispose();
    tf.dispose([value, g]);
  });

  test("agrees with adam where the two formulas do", () => {
    const copies = variables.map((variable) => tf.variable(variable));
    const stock = fromTfjs(tf.train.adam(0.01, 0.9, 0.999, 1e-12));
    const own = adam({ learningRate: 0.01, epsilon: 1e-12 });
    for (let step = 0; step < 5; step++) {
      update(stock, step, copies);
      update(own, step);
    }
    // TensorFlow.js accumulates its bias corrections in float32, and 1 - 0.999^t loses four digits of it
    for (const [index, copy] of copies.entries()) expect(copy).toBeAllClose(variables[index]!, { rtol: 1e-3 });
    stock.dispose();
    own.dispose();
    tf.dispose(copies);
  });

  test("refuses to save, and a rate that is none", () => {
    const optimizer = fromTfjs(tf.train.adam(0.1));
    expect(() => optimizer.state()).toThrow(StateError);
    expect(() => optimizer.restore({})).toThrow("use sgd or adam");
    expect(() => {
      optimizer.learningRate = Number.NaN;
    }).toThrow(OptionError);
    expect(() => optimizer.applyGradients({}, variables)).toThrow(VariableSetError);
    optimizer.dispose();
  });
});

describe("errors", () => {
  test("a missing, misshapen or extra gradient changes nothing", () => {
    const optimizer = sgd({ momentum: 0.9 });
    const before = variables.map(bits);
    const [first, second] = variables as [tf.Variable, tf.Variable];
    const map = gradients(0);
    expect(() => optimizer.applyGradients({ [first.name]: map[first.name]! }, variables)).toThrow(
      `sgd: no gradient for variable "${second.name}"`,
    );
    expect(() => optimizer.applyGradients({ ...map, [second.name]: map[first.name]! }, variables)).toThrow(
      "has shape [3,2]",
    );
    expect(() => optimizer.applyGradients({ ...map, other: map[first.name]! }, variables)).toThrow("1 gradients more");
    expect(variables.map(bits)).toEqual(before);
    optimizer.applyGradients(map, variables);
    expect(() => optimizer.applyGradients({ [first.name]: map[first.name]! }, [first])).toThrow(
      "that of 2 variables, got 1",
    );
    expect(() => optimizer.applyGradients(map, [second, first])).toThrow("momentum/0 has shape [3,2]");
    expect(() => optimizer.applyGradients(map, [second, first])).toThrow(VariableSetError);
    optimizer.dispose();
    tf.dispose(map);
  });

  test("a state that is none is refused before anything is changed", () => {
    const optimizer = adam();
    update(optimizer, 0);
    const state = optimizer.state();
    const { step, ...slots } = state;
    const { "v/1": gone, ...lacking } = slots;
    for (const bad of [{}, slots, { step: gone! }, { step: step!, ...lacking }, { ...state, "w/0": gone! }]) {
      expect(() => optimizer.restore(bad)).toThrow(StateError);
    }
    expect(() => optimizer.restore({ ...state, "w/0": gone! })).toThrow("unknown names [w/0]");
    const after = optimizer.state();
    expect(Object.keys(after)).toEqual(["step", "m/0", "v/0", "m/1", "v/1"]);
    expect(bits(after["v/1"]!)).toEqual(bits(state["v/1"]!));
    tf.dispose([state, after]);
    optimizer.dispose();
  });

  test.each<[string, () => unknown, string]>([
    ["an unknown key", () => sgd({ lr: 0.1 } as never), "sgd: expected only the options learningRate, momentum"],
    ["a negative rate", () => sgd({ learningRate: -1 }), "sgd.learningRate: expected a finite number >= 0, got -1"],
    ["text for a number", () => adam({ learningRate: "0.1" as never }), 'got "0.1"'],
    ["beta1 of 1", () => adam({ beta1: 1 }), "adam.beta1: expected a number in [0, 1), got 1"],
    ["nesterov alone", () => sgd({ nesterov: true }), "sgd.nesterov: expected false without momentum, got true"],
    ["nesterov as text", () => sgd({ momentum: 0.9, nesterov: "false" as never }), "expected true or false"],
  ])("%s is refused", (_, construct, message) => {
    expect(construct).toThrow(OptionError);
    expect(construct).toThrow(message);
  });
});
