import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type RandomStream, RandomStreamError, stream } from "@roga/tensor-utils/random";
import { readFixture } from "@roga/test-support";
import fc from "fast-check";
import { build } from "tsup";
import { describe, expect, test } from "vitest";

interface ReferenceStream {
  readonly seed: string | number | { readonly bigint: string };
  readonly names: readonly (string | number)[];
  readonly block: readonly number[];
  readonly uniform: readonly number[];
  readonly normal: readonly number[];
  readonly int: readonly { readonly low: number; readonly high: number; readonly value: number }[];
  readonly permutation: readonly number[];
  readonly far: { readonly index: number; readonly uniform: number };
}

const references = readFixture<ReferenceStream[]>(import.meta.url, "fixtures/random-streams.json");

function open({ seed, names }: ReferenceStream): RandomStream {
  return stream(typeof seed === "object" ? BigInt(seed.bigint) : seed, ...names);
}

describe.each(references)("the stream of $seed, $names equals the reference in integers of any size", (reference) => {
  test("seed32 and uniform", () => {
    expect(open(reference).seed32()).toBe(reference.block[0]);
    const s = open(reference);
    expect(reference.uniform.map(() => s.uniform())).toEqual(reference.uniform);
    expect(open(reference).at(reference.far.index).uniform()).toBe(reference.far.uniform);
  });
  test("normal", () => {
    const s = open(reference);
    expect(reference.normal.map(() => s.normal())).toBeAllClose(reference.normal, { rtol: 1e-14, atol: 1e-15 });
  });
  test("int and permutation", () => {
    const s = open(reference);
    expect(reference.int.map(({ low, high }) => s.int(low, high))).toEqual(reference.int.map(({ value }) => value));
    expect([...open(reference).permutation(12)]).toEqual(reference.permutation);
  });
});

test("another process draws the same numbers", async () => {
  const outDir = fileURLToPath(new URL("../test-results/random-process", import.meta.url));
  await build({
    entry: [fileURLToPath(new URL("../src/random.ts", import.meta.url))],
    outDir,
    format: "esm",
    config: false,
    silent: true,
    clean: true,
  });
  const draws = `(stream) => {
    const s = stream("run", "augment", 3, 1234567);
    return [s.uniform(-1, 1), s.normal(2, 3), s.int(-9, 9), s.choice(["a", "b", "c"]), s.shuffle([1, 2, 3, 4, 5]),
      [...s.permutation(9)], s.seed32(), s.child("x", 5).at(7).uniform(), s.position];
  }`;
  const program = `import { stream } from "./random.js"; console.log(process.pid, JSON.stringify((${draws})(stream)));`;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: outDir,
    encoding: "utf8",
  });
  const [, pid, json] = /^(\d+) (.*)\n$/.exec(output)!;
  const here = (new Function(`return ${draws}`)() as (open: typeof stream) => unknown[])(stream);
  expect(Number(pid)).not.toBe(process.pid);
  expect(JSON.parse(json!)).toEqual(here);
});

describe("positions", () => {
  const draws: Record<string, (s: RandomStream) => unknown> = {
    uniform: (s) => s.uniform(2, 5),
    normal: (s) => s.normal(1, 2),
    int: (s) => s.int(-3, 1e12),
    choice: (s) => s.choice("abcdefghij".split("")),
    seed32: (s) => s.seed32(),
  };
  test.each(Object.entries(draws))("%s at(i) is the i-th sequential draw and takes one position", (_, draw) => {
    const s = stream(11, "positions");
    for (let i = 0; i < 50; i++) {
      expect(s.position).toBe(i);
      expect(draw(s.at(i))).toBe(draw(s));
    }
  });

  test("a draw of one kind does not move a draw of another kind at a later position", () => {
    const expected = stream(3).at(2).uniform();
    const s = stream(3);
    s.normal();
    s.int(0, 7);
    expect(s.uniform()).toBe(expected);
  });

  test("positions reach to 2^53 - 1, and no further", () => {
    const s = stream(3).at(Number.MAX_SAFE_INTEGER);
    expect(s.uniform()).not.toBe(
      stream(3)
        .at(Number.MAX_SAFE_INTEGER - 1)
        .uniform(),
    );
    expect(() => s.uniform()).toThrow("positions are spent");
  });

  test("permutation and shuffle of n items take n - 1 positions and none when there is nothing to order", () => {
    const s = stream(5);
    s.permutation(10);
    expect(s.position).toBe(9);
    s.shuffle(["only"]);
    s.permutation(0);
    expect(s.position).toBe(9);
  });
});

describe("names", () => {
  test("child appends to the path, whatever the parent's position", () => {
    const parent = stream(1, "a").at(9);
    expect(parent.child("b", 2).uniform()).toBe(stream(1, "a", "b", 2).uniform());
    expect(() => parent.child()).toThrow(RandomStreamError);
  });

  test("1 and 1n are one seed; every other difference in the path is another stream", () => {
    expect(stream(1n).uniform()).toBe(stream(1).uniform());
    expect(stream(-0).uniform()).toBe(stream(0).uniform());
    const paths: Parameters<typeof stream>[] = [
      [1],
      ["1"],
      [1, ""],
      [1, "", ""],
      [1, "a", "b"],
      [1, "ab"],
      [1, "a", "b", ""],
      [1, "b", "a"],
      [1, 1],
      [11],
      [1, "1"],
      [-1],
      ["\ud800"],
      ["\ud801"],
    ];
    expect(new Set(paths.map((path) => stream(...path).uniform())).size).toBe(paths.length);
  });

  test("distinct paths give distinct streams", () => {
    const part = fc.oneof(fc.string({ maxLength: 3 }), fc.maxSafeInteger());
    const path = fc.array(part, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(path, path, (a, b) => {
        const [seedA, ...namesA] = a;
        const [seedB, ...namesB] = b;
        const same = a.length === b.length && a.every((value, i) => value === b[i]);
        expect(stream(seedA!, ...namesA).uniform() === stream(seedB!, ...namesB).uniform()).toBe(same);
      }),
    );
  });

  test("streams of neighbouring seeds, names and positions are uncorrelated", () => {
    const n = 20_000;
    const draw = (s: RandomStream) => Float64Array.from({ length: n }, () => s.uniform(-1, 1));
    const base = draw(stream(7, "x", 0));
    const others = [
      draw(stream(8, "x", 0)),
      draw(stream(7, "y", 0)),
      draw(stream(7, "x", 1)),
      draw(stream(7, "x", 0).at(1)),
    ];
    for (const other of others) {
      const correlation = base.reduce((sum, value, i) => sum + value * other[i]!, 0) / (n / 3);
      expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(n)); // standard error 1/√n
    }
  });
});

describe("distributions", () => {
  const n = 200_000;

  test("uniform has the mean, variance and range of its interval", () => {
    const s = stream(1, "uniform");
    const values = Float64Array.from({ length: n }, () => s.uniform(-2, 4));
    const mean = values.reduce((a, b) => a + b) / n;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / n;
    expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt(3 / n));
    expect(Math.abs(variance / 3 - 1)).toBeLessThan(4 * Math.sqrt(0.8 / n));
    expect(Math.min(...values.subarray(0, 50_000))).toBeGreaterThanOrEqual(-2);
    expect(values.every((value) => value >= -2 && value < 4)).toBe(true);
  });

  test("normal has the moments of the standard normal distribution", () => {
    const s = stream(1, "normal");
    const values = Float64Array.from({ length: n }, () => s.normal());
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / n;
    expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
    expect(stream(1, "normal").normal(10, 0)).toBe(10);
    expect(stream(1, "normal").normal(10, 2)).toBe(10 + 2 * stream(1, "normal").normal());
  });

  test("int takes every value equally often", () => {
    const s = stream(1, "int");
    const counts = new Array<number>(12).fill(0);
    for (let i = 0; i < n; i++) counts[s.int(-4, 8) + 4]!++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - n / 12) ** 2 / (n / 12), 0);
    expect(chiSquare).toBeLessThan(31.26); // 0.1 % point for 11 degrees of freedom
    expect(chiSquare).toBeGreaterThan(1.83); // and not suspiciously even
  });

  test("shuffle gives every order equally often and leaves its input", () => {
    const items = ["a", "b", "c", "d"];
    const counts = new Map<string, number>();
    const s = stream(1, "shuffle");
    for (let i = 0; i < 24_000; i++) {
      const order = s.shuffle(items).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(items).toEqual(["a", "b", "c", "d"]);
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(49.73); // 0.1 % point for 23 degrees of freedom
  });
});

test.each<[string, () => unknown, string]>([
  ["a fractional seed", () => stream(0.5), "seed: a number must be a safe integer, got 0.5"],
  ["a NaN name", () => stream(1, "a", Number.NaN), "names[1]: a number must be a safe integer, got NaN"],
  ["a name of another type", () => stream(1, null as unknown as string), "names[0]: must be a string or an integer"],
  ["a negative index", () => stream(1).at(-1), "at(index): expected an integer from 0"],
  ["an inverted interval", () => stream(1).uniform(1, 0), "expected finite low <= high, got 1 and 0"],
  ["an infinite interval", () => stream(1).uniform(-1e308, 1e308), "expected finite"],
  ["a negative std", () => stream(1).normal(0, -1), "std >= 0"],
  ["an empty range", () => stream(1).int(3, 3), "low < high, got 3 and 3"],
  ["a fractional bound", () => stream(1).int(0, 1.5), "expected integers"],
  ["an empty choice", () => stream(1).choice([]), "expected at least one item"],
  ["a negative count", () => stream(1).permutation(-1), "permutation(n): expected an integer"],
])("refuses %s", (_, draw, message) => {
  expect(draw).toThrow(RandomStreamError);
  expect(draw).toThrow(message);
});
