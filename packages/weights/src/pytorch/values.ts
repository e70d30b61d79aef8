/**
 * What a pickle's values become: plain data and inert markers. No value here has behaviour, none can run anything, and
 * text from a file is never a property name of an object.
 */
import { bytesPerElement, type DType } from "../dtype.js";
import { quote } from "../weights-error.js";

/** Anything that a pickle may hold. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Value[]
  | Tuple
  | Dict
  | PickledSet
  | Global
  | Opaque
  | Storage
  | TensorView;

/** A Python tuple. */
export class Tuple {
  constructor(readonly items: readonly Value[]) {}
}

/** A Python set; its elements stay unread. */
export class PickledSet {}

/** A Python dictionary, ordered by insertion. */
export class Dict {
  /** Made with the first entry: an empty map takes hundreds of bytes, and a pickle makes one with a single byte. */
  #entries: Map<Value, Value> | undefined;

  get size(): number {
    return this.#entries?.size ?? 0;
  }

  set(key: Value, value: Value): void {
    this.#entries ??= new Map();
    this.#entries.set(key, value);
  }

  get(key: Value): Value | undefined {
    return this.#entries?.get(key);
  }

  /** The entries in order. */
  entries(): Iterable<[Value, Value]> {
    return this.#entries ?? [];
  }
}

/** What an allowed function of Python does here: it makes a value of its arguments. */
export type Call = (args: readonly Value[]) => Value;

/** A name of Python's that a pickle may refer to. */
export class Global {
  /**
   * @param name Module and name.
   * @param call What a call of it gives; `null` if it may be mentioned, not called.
   * @param storage The elements of the storages of this class, `"bytes"` if it does not say; `null` for all else.
   * @param dtype The dtype that it names, `null` if it is none.
   */
  constructor(
    readonly name: string,
    readonly call: Call | null = null,
    readonly storage: DType | "bytes" | null = null,
    readonly dtype: DType | null = null,
  ) {}
}

/** Something that was not read: what it was called, and whether it is known to hold no tensor. */
export class Opaque {
  constructor(
    readonly name: string,
    readonly harmless: boolean,
  ) {}
}

/** The memory behind one or more tensors, as the pickle declares it. */
export class StorageRecord {
  /**
   * @param key Its name in the file.
   * @param dtype What its elements are; `"bytes"` if only tensors say.
   * @param length The number of its elements.
   */
  constructor(
    readonly key: string,
    readonly dtype: DType | "bytes",
    readonly length: number,
  ) {}

  get bytes(): number {
    return this.length * (this.dtype === "bytes" ? 1 : bytesPerElement(this.dtype));
  }
}

/** A storage or, in the oldest files, a part of one. */
export class Storage {
  constructor(
    readonly record: StorageRecord,
    readonly offset: number,
    readonly length: number,
  ) {}
}

/** A tensor as the pickle describes it, before anything of it is believed. Lengths count elements. */
export class TensorView {
  constructor(
    readonly storage: Storage,
    readonly dtype: DType,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}

  get bytes(): number {
    return this.shape.reduce((count, size) => count * size, bytesPerElement(this.dtype));
  }
}

/** A value in the words of an error. */
export function kindOf(value: Value): string {
  if (value === null) return "None";
  if (typeof value === "string") return `the text ${quote(value)}`;
  if (typeof value === "boolean" || typeof value === "number") return `${value}`;
  if (typeof value === "bigint") return "a large integer";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Tuple) return "a tuple";
  if (value instanceof Dict) return "a dictionary";
  if (value instanceof PickledSet) return "a set";
  if (value instanceof Global || value instanceof Opaque) return value.name;
  return value instanceof Storage ? "a storage" : "a tensor";
}
