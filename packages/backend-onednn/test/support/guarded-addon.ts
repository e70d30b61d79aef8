/**
 * The addon with every array that it is given laid between guards: a kernel that writes beside its arrays, or that
 * writes to nothing it should, is found out, also where the compiler of oneDNN's own code runs and no sanitizer sees it.
 * The copies start at odd multiples of four bytes, as arrays of users may.
 */
import { types } from "node:util";
import type { Addon } from "../../src/addon.js";

/** Words on either side. With none, each array has memory of its own exactly: then a sanitizer sees reads beside it as well. */
const GUARD = Number(process.env.ROGA_TEST_GUARD ?? 67);
/** No kernel computes these bits: a NaN with a payload of its own. */
const CANARY = 0x7fc0dead;

type Values = Float32Array | Float64Array | Int32Array | Uint8Array;

interface Guarded {
  readonly original: Values;
  readonly copy: Values;
  readonly words: Uint32Array;
}

function guarded(original: Values): Guarded {
  // Numbers of eight bytes lie at multiples of eight: behind one word more.
  const before = GUARD + (original.BYTES_PER_ELEMENT === 8 ? GUARD % 2 : 0);
  const words = new Uint32Array(before + GUARD + Math.ceil(original.byteLength / 4)).fill(CANARY);
  const make = original.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => Values;
  const copy = new make(words.buffer, before * 4, original.length);
  copy.set(original);
  return { original, copy, words };
}

function check(name: string, { original, copy, words }: Guarded): void {
  const tail = Math.ceil((copy.byteOffset + copy.byteLength) / 4);
  const hit = (index: number) => words[index] !== CANARY;
  for (let i = 0; i < GUARD; i++) {
    if (hit(i)) throw new Error(`${name} wrote ${GUARD - i} words before an array of ${original.length}`);
    if (hit(tail + i)) throw new Error(`${name} wrote ${i + 1} words behind an array of ${original.length}`);
  }
  original.set(copy as never);
}

/** The same functions, with their arrays replaced during each call. One array given twice stays one array. */
export function guardAddon(addon: Addon): Addon {
  return new Proxy(addon, {
    get(target, name: keyof Addon) {
      const member: unknown = target[name];
      if (typeof member !== "function" || name === "releasePages") return member;
      return (...args: unknown[]) => {
        const seen = new Map<unknown, Guarded>();
        const replaced = (value: unknown): unknown => {
          if (Array.isArray(value)) return value.map(replaced);
          if (!types.isTypedArray(value)) return value;
          const known = seen.get(value) ?? guarded(value as Values);
          seen.set(value, known);
          return known.copy;
        };
        const result: unknown = member.apply(target, args.map(replaced));
        for (const array of seen.values()) check(name, array);
        return result;
      };
    },
  });
}
