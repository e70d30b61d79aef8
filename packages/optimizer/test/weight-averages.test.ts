import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs";
import {
  ema,
  OptionError,
  StateError,
  StepContextError,
  type SwadOptions,
  swa,
  swad,
  VariableSetError,
  type WeightAverage,
} from "@roga/optimizer";
import { expectNoTensorLeak, type FixtureTensor, readFixture, useTestEngine } from "@roga/test-support";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bits } from "./support/probes.js";

interface AverageCase {
  readonly title: string;
  readonly name: "ema" | "swa";
  readonly options: object;
  readonly average: FixtureTensor[];
}
interface SwadCase {
  readonly title: string;
  readonly losses: number[];
  readonly every: number;
  readonly options: Required<SwadOptions>;
  readonly start: number;
  readonly end: number;
  readonly average: FixtureTensor[];
}
const fixture = readFixture<{ walk: FixtureTensor[][]; averages: AverageCase[]; swad: SwadCase[] }>(
  import.meta.url,
  "fixtures/weight-averages.json",
);
const toTensor = ({ values, shape }: FixtureTensor) => tf.tensor([...values], [...shape]);
const close = { rtol: 1e-5, atol: 1e-6 };

let variables: tf.Variable[];
beforeEach(async () => {
  await useTestEngine();
  variables = fixture.walk[0]!.map((value) => tf.tidy(() => tf.variable(toTensor(value))));
});
afterEach(() => tf.dispose(variables));

/** Puts the variables where the walk is after a step. */
function walkTo(step: number): void {
  for (const [index, value] of fixture.walk[step]!.entries()) tf.tidy(() => variables[index]!.assign(toTensor(value)));
}

function expectAverage(average: WeightAverage, expected: readonly FixtureTensor[]): void {
  average.during(variables, () => {
    for (const [index, value] of expected.entries()) expect(variables[index]).toBeAllClose(value, close);
  });
}

const averages = { ema, swa };
describe.each(fixture.averages)("$title", ({ name, options, average: expected }) => {
  test("equals PyTorch's over 20 steps, in one buffer of the weights' size", () => {
    const average = averages[name](options);
    const before = tf.memory().numTensors;
    for (let step = 0; step < fixture.walk.length; step++) {
      walkTo(step);
      average.update(variables);
      expect(tf.memory().numTensors).toBeLessThanOrEqual(before + variables.length);
    }
    expectAverage(average, expected);
    average.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe.each(fixture.swad)("swad, $title", ({ losses, every, options, start, end, average: expected }) => {
  test("equals the published rule", () => {
    const average = swad(options);
    const before = tf.memory().numTensors;
    const most = Math.max(options.convergencePatience, options.overfitPatience) + 1;
    const decided: (number | undefined)[] = [];
    for (const [index, loss] of losses.entries()) {
      for (let step = index * every; step < (index + 1) * every; step++) {
        walkTo(step);
        average.update(variables);
        expect(tf.memory().numTensors).toBeLessThanOrEqual(before + most * variables.length);
      }
      average.validate(loss);
      decided.push(average.end);
    }
    expect(average.start ?? 0).toBe(start);
    expect(average.end ?? losses.length).toBe(end);
    // known at the validation that completes the patience, and never taken back
    if (average.end !== undefined) expect(decided.indexOf(end)).toBe(end + options.overfitPatience - 1);
    expectAverage(average, expected);
    average.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("a restored state goes on bit for bit, wherever it was saved", () => {
    const run = (from: ReturnType<typeof swad>, steps: readonly number[]) => {
      for (const step of steps) {
        walkTo(step);
        from.update(variables);
        if ((step + 1) % every === 0) from.validate(losses[(step + 1) / every - 1]!);
      }
    };
    const all = Array.from({ length: losses.length * every }, (_, step) => step);
    const whole = swad(options);
    run(whole, all);
    const expected = whole.during(variables, () => bits(variables));
    for (const at of all) {
      const first = swad(options);
      run(first, all.slice(0, at));
      const state = first.state();
      first.dispose();
      const second = swad(options);
      second.restore(state);
      tf.dispose(state);
      run(second, all.slice(at));
      expect(second.during(variables, () => bits(variables))).toEqual(expected);
      expect([second.start, second.end]).toEqual([whole.start, whole.end]);
      second.dispose();
    }
    whole.dispose();
  });
});

describe("swad", () => {
  test("in a valley it holds the average and the present segment only", () => {
    const average = swad({ convergencePatience: 2 });
    const before = tf.memory().numTensors;
    for (const loss of [1, 1, 1.1, 0.9, 1, 1.2]) {
      average.update(variables);
      average.validate(loss);
    }
    average.update(variables);
    expect(tf.memory().numTensors).toBe(before + 2 * variables.length);
    average.dispose();
  });

  test("after its end nothing changes it", () => {
    const average = swad({ convergencePatience: 1, overfitPatience: 1, tolerance: 1 });
    const steps = [1, 2];
    for (const [index, loss] of steps.entries()) {
      walkTo(index);
      average.update(variables);
      average.validate(loss);
    }
    expect([average.start, average.end]).toEqual([1, 1]);
    const before = tf.memory().numTensors;
    walkTo(2);
    average.update(variables);
    average.validate(0);
    expect(tf.memory().numTensors).toBe(before);
    expectAverage(average, fixture.walk[0]!);
    average.dispose();
  });

  test("refuses losses that are none, and a validation of nothing new", () => {
    const average = swad();
    expect(() => average.validate(1)).toThrow("swad: expected an update since the validation before");
    average.update(variables);
    for (const loss of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
      expect(() => average.validate(loss)).toThrow(StepContextError);
    }
    expect(() => average.validate(1e300)).toThrow("the validation loss must be a finite number >= 0, got 1e+300");
    average.validate(1);
    expect(() => average.validate(1)).toThrow(StepContextError);
    average.dispose();
  });
});

describe.each<[string, () => WeightAverage]>([
  ["ema", () => ema({ decay: 0.5, warmup: true })],
  ["swa", () => swa({ start: 1, every: 2 })],
])("%s", (name, create) => {
  test("during puts the weights back bit for bit, also when it throws or waits", async () => {
    const average = create();
    for (const step of [0, 1, 2, 3, 4]) {
      walkTo(step);
      average.update(variables);
    }
    const own = bits(variables);
    const averaged = expectNoTensorLeak(() => average.during(variables, () => bits(variables)));
    expect(averaged).not.toEqual(own);
    expect(bits(variables)).toEqual(own);
    const fail = () => {
      throw new RangeError("inside");
    };
    expectNoTensorLeak(() => expect(() => average.during(variables, fail)).toThrow("inside"));
    expect(bits(variables)).toEqual(own);
    const later = await expectNoTensorLeak(() =>
      average.during(variables, async () => {
        await Promise.resolve();
        return bits(variables);
      }),
    );
    expect(later).toEqual(averaged);
    expect(bits(variables)).toEqual(own);
    await expect(average.during(variables, async () => fail())).rejects.toThrow("inside");
    expect(bits(variables)).toEqual(own);
    // and the average itself was never touched
    const { numTensors } = tf.memory();
    average.assignTo(variables);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(bits(variables)).toEqual(averaged);
    average.dispose();
  });

  test("a restored state goes on bit for bit, in variables of other names", () => {
    const [whole, first, second] = [create(), create(), create()];
    for (let step = 0; step < 20; step++) {
      walkTo(step);
      whole.update(variables);
      (step < 7 ? first : second).update(variables);
      if (step !== 6) continue;
      const state = first.state();
      second.restore(state);
      tf.dispose(state);
    }
    const copies = variables.map((variable) => tf.variable(variable));
    second.assignTo(copies);
    whole.assignTo(variables);
    expect(bits(copies)).toEqual(bits(variables));
    tf.dispose(copies);
    for (const average of [whole, first, second]) average.dispose();
  });

  test("refuses other variables, and calls within during", () => {
    const average = create();
    for (let i = 0; i < 2; i++) average.update(variables);
    const [kernel, bias] = variables as [tf.Variable, tf.Variable];
    for (const wrong of [[bias, kernel], [kernel], []]) {
      expect(() => average.update(wrong)).toThrow(VariableSetError);
      expect(() => average.assignTo(wrong)).toThrow(
        `${name}: expected those averaged before, of shapes [3,2], [2], got`,
      );
    }
    average.during(variables, () => {
      expect(() => average.update(variables)).toThrow(StateError);
      expect(() => average.during(variables, () => undefined)).toThrow('outside of "during"');
      expect(() => average.restore({})).toThrow(StateError);
    });
    average.dispose();
  });

  test("refuses a state that is none before anything is changed", () => {
    const average = create();
    for (let i = 0; i < 2; i++) average.update(variables);
    const state = average.state();
    const [counter] = Object.keys(state) as [string];
    const { [counter]: counts, ...values } = state;
    const float = tf.cast(counts!, "float32");
    const integral = tf.cast(state["average/1"]!, "int32");
    for (const bad of [{}, values, { ...values, [counter]: float }, { ...state, "average/1": integral }]) {
      expect(() => average.restore(bad)).toThrow(StateError);
    }
    expect(() => average.restore({ ...state, "other/0": float })).toThrow("unknown [other/0]");
    const after = average.state();
    expect(bits(Object.values(after))).toEqual(bits(Object.values(state)));
    tf.dispose([state, after, float, integral]);
    average.dispose();
  });

  test("has no average before the first", () => {
    const average = create();
    const own = bits(variables);
    const use = () => average.during(variables, () => undefined);
    expectNoTensorLeak(() => expect(use).toThrow(`${name}: nothing was averaged yet`));
    expect(bits(variables)).toEqual(own);
  });
});

test("a SWAD state that is none is refused", () => {
  const average = swad();
  average.update(variables);
  average.validate(1);
  const state = average.state();
  const { losses, ...rest } = state;
  const short = tf.tensor1d([1]);
  for (const bad of [{}, rest, { ...rest, losses: short }, { counters: state.counters!, losses: losses! }]) {
    expect(() => average.restore(bad)).toThrow(StateError);
  }
  tf.dispose([state, short]);
  average.dispose();
});

test.each<[string, () => unknown, string]>([
  ["a decay of 1", () => ema({ decay: 1 }), "ema.decay: expected a number in [0, 1), got 1"],
  ["a warm-up that is text", () => ema({ warmup: "yes" as never }), "ema.warmup: expected true or false"],
  ["an interval of 0", () => swa({ every: 0 }), "swa.every: expected an integer >= 1, got 0"],
  ["a negative start", () => swa({ start: -1 }), "swa.start: expected an integer >= 0, got -1"],
  ["a tolerance below 1", () => swad({ tolerance: 0.9 }), "swad.tolerance: expected a finite number >= 1, got 0.9"],
  ["no patience", () => swad({ overfitPatience: 0 }), "swad.overfitPatience: expected an integer >= 1"],
  ["a misspelt option", () => swad({ patience: 3 } as never), "swad: expected only the options convergencePatience"],
])("%s is refused", (_, create, message) => {
  expect(create).toThrow(OptionError);
  expect(create).toThrow(message);
});
