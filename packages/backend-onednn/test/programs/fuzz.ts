/**
 * Calls every function of the addon, as the file given says, with arguments of which some are wrong, in an order that a
 * seed decides. A call must throw an error that names the function, or be as good as any: then nothing beside its arrays
 * may have changed. What is about to be called is written to a file, since it may be the last that this process does.
 *
 *     fuzz.mjs <seed> <calls of each function> <file>
 */
import { openSync, writeSync } from "node:fs";
import { loadAddon } from "../../src/load.js";
import { generator } from "../support/arrays.js";
import { digest } from "../support/digest.js";
import { type AddonFunction, exampleCalls, LARGE, SMALL } from "../support/example-calls.js";

const [seed, count, file] = [Number(process.argv[2]), Number(process.argv[3]), openSync(process.argv[4]!, "w")];
const addon = loadAddon();
const functions = addon as unknown as Record<AddonFunction, (...args: unknown[]) => unknown>;
const random = generator(seed);
const below = (n: number) => Math.floor(random() * n);
const pick = <T>(values: readonly T[]): T => values[below(values.length)]!;

type Values = Float32Array | Float64Array | Int32Array | Uint8Array;
const isValues = (value: unknown): value is Values =>
  ArrayBuffer.isView(value) &&
  (value instanceof Float32Array ||
    value instanceof Float64Array ||
    value instanceof Int32Array ||
    value instanceof Uint8Array);

const GUARD = 64;
const MARK = 0x5a;
const marked: { buffer: ArrayBuffer; end: number }[] = [];

/** A copy between marks, or of its own memory exactly, where a sanitizer watches what is beside it. */
function placed(values: Values): Values {
  if (random() < 0.5) return values.slice();
  const buffer = new ArrayBuffer(values.byteLength + 2 * GUARD);
  new Uint8Array(buffer).fill(MARK);
  const make = values.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => Values;
  const copy = new make(buffer, GUARD, values.length);
  copy.set(values);
  marked.push({ buffer, end: GUARD + values.byteLength });
  return copy;
}

function checkMarks(): void {
  for (const { buffer, end } of marked) {
    if (buffer.byteLength === 0) continue; // detached
    const all = new Uint8Array(buffer);
    for (let i = 0; i < GUARD; i++) {
      if (all[i] !== MARK || all[end + i] !== MARK) throw new Error("wrote beside an array");
    }
  }
}

const NUMBERS = [
  ...[0, 1, 2, 3, 5, -1, -7, 0.5, 1000, 65_536, Number.NaN, Infinity, -Infinity, -0, 1e308, 5e-324],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 2 ** 63],
];
const INTEGERS = [0, 1, 2, 3, 4, 8, -1, -2, 100, 65_536, 2 ** 30, 2 ** 31 - 1, -(2 ** 31)];

function detached(): Float32Array {
  const values = new Float32Array(10);
  structuredClone(values.buffer, { transfer: [values.buffer] });
  return values;
}

/** Values of all kinds that are not what a function expects, if only by chance they are. */
const STRANGE: (() => unknown)[] = [
  () => undefined,
  () => null,
  () => true,
  () => false,
  () => "7",
  () => 7n,
  () => Symbol("7"),
  () => ({}),
  () => [],
  () => [1, 2],
  () => [undefined],
  () => [[new Float32Array(3)]],
  () => new Array(5000).fill(new Float32Array(1)),
  () => new Array(3),
  () => () => 7,
  () => ({ valueOf: () => 7 }),
  () => ({ length: 2 ** 31, buffer: new ArrayBuffer(8) }),
  () => new Proxy([new Float32Array(3)], {}),
  () => new ArrayBuffer(0),
  () => new ArrayBuffer(100),
  () => new DataView(new ArrayBuffer(100)),
  () => new Float64Array(1000),
  () => new BigInt64Array(1000),
  () => new Uint8ClampedArray(1000),
  () => new Int8Array(1000),
  () => new Uint32Array(1000),
  () => new Float32Array(0),
  () => new Float32Array(1),
  () => new Float32Array(100_000),
  () => new Int32Array(0),
  () => new Int32Array(18),
  () => new Int32Array(18).fill(1),
  () => new Uint8Array(0),
  () => new Uint8Array(100_000),
  () => new Float32Array(new SharedArrayBuffer(400)),
  () => detached(),
  () => [detached(), detached()],
  () => Object.create(Float32Array.prototype),
  // Arrays whose elements are not there, or take away what was there before, when they are looked at.
  () =>
    Object.defineProperty([new Float32Array(3)], 0, {
      get() {
        throw new Error("not this one");
      },
    }),
  () => {
    const first = new Float32Array(100_000);
    const get = () => {
      if (first.length > 0) structuredClone(first.buffer, { transfer: [first.buffer] });
      return new Float32Array(100_000);
    };
    return Object.defineProperty([first, first], 1, { get });
  },
];

function altered(value: unknown, depth = 0): unknown {
  const way = random();
  if (way < 0.35) return pick(STRANGE)();
  if (typeof value === "number") return pick(NUMBERS);
  if (typeof value === "boolean") return way < 0.7 ? !value : pick(NUMBERS);
  if (Array.isArray(value) && depth === 0) {
    const list = value.slice();
    if (way < 0.5) list.pop();
    else if (way < 0.6) list.push(new Float32Array(3));
    else if (list.length > 0) list[below(list.length)] = altered(pick(list), 1);
    return list;
  }
  if (value instanceof Int32Array) {
    const copy = value.slice();
    for (let changes = 1 + below(3); changes > 0; changes--) copy[below(copy.length)] = pick(INTEGERS);
    return placed(way < 0.9 ? copy : copy.slice(0, below(copy.length)));
  }
  if (isValues(value)) return placed(value.subarray(0, Math.max(0, value.length - 1 - below(value.length))));
  return pick(STRANGE)();
}

function show(value: unknown): string {
  if (isValues(value)) return `${value.constructor.name}(${value instanceof Int32Array ? value : value.length})`;
  if (Array.isArray(value)) return `[${value.length > 5 ? value.length : "…"}]`;
  return typeof value === "object" && value !== null ? (value.constructor?.name ?? "object") : String(value);
}

const copied = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(copied) : isValues(value) ? placed(value) : value;

/** A digest of what calls with right arguments give. */
function results(): string {
  addon.setThreads(2);
  addon.setBfloat16(false);
  const arrays: Float32Array[] = [];
  for (const [name, calls] of Object.entries(reference) as [AddonFunction, unknown[][]][]) {
    for (const call of calls) {
      const args = call.map((value) =>
        Array.isArray(value)
          ? value.map((each: Float32Array) => each.slice())
          : isValues(value)
            ? value.slice()
            : value,
      );
      functions[name](...args);
      for (const value of args.flat()) if (isValues(value)) arrays.push(value as Float32Array);
    }
  }
  return digest(arrays);
}

const reference = exampleCalls(LARGE);
const expected = results();
const examples = exampleCalls(SMALL);
let thrown = 0;
for (let round = 0; round < count; round++) {
  for (const [name, calls] of Object.entries(examples) as [AddonFunction, unknown[][]][]) {
    marked.length = 0;
    const args = copied(pick(calls)) as unknown[];
    for (const index of new Set(Array.from({ length: 1 + below(3) }, () => below(args.length + 1)))) {
      args[index] = index < args.length ? altered(args[index]) : pick(STRANGE)();
    }
    if (random() < 0.05) args.length = below(args.length + 1);
    // Threads that are more than the machine has are allowed, and slow.
    if (name === "setThreads" && typeof args[0] === "number" && args[0] > 3) args[0] = 2 ** 31;
    const call = `${name}(${args.map(show).join(", ")})`;
    writeSync(file, `round ${round}: ${call}`.slice(0, 1000).padEnd(1000), 0);
    try {
      functions[name](...args);
    } catch (error) {
      const known =
        error instanceof Error && (error.message.startsWith(`${name}: `) || error.message === "not this one");
      if (!known) throw new Error(`${call} threw ${String(error)}`);
      thrown++;
    }
    checkMarks();
  }
}
if (results() !== expected) throw new Error("functions no longer give what they gave");
console.log(JSON.stringify({ functions: Object.keys(examples).length, thrown }));
