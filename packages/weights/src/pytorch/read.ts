/**
 * PyTorch files on disk and in memory. The pickle is read and validated first: names, dtypes and shapes are known before
 * any number is read, and tensors are read one at a time when asked for.
 */
import { decodeTensor } from "../decode-tensor.js";
import { type ByteSource, FileSource, MemorySource } from "../files/byte-source.js";
import type { NamedArray, NamedArrays, TensorInfo } from "../named-array.js";
import { grownLimit } from "../size-limit.js";
import { namingFile } from "../weights-error.js";
import type { Container, PyTorchFormat } from "./container.js";
import { openContainer } from "./detect.js";
import { PyTorchError } from "./error.js";
import type { UnknownNames } from "./globals.js";
import { SharedStorages } from "./shared-storages.js";
import { findStateDict, type PyTorchValue, type StateDict } from "./state-dict.js";
import { gather } from "./tensor.js";
import type { StorageRecord, TensorView } from "./values.js";

/** Storages that are read at the same time where all are wanted. */
const LANES = 4;

/** What to read of a PyTorch file. */
export interface PyTorchOptions {
  /**
   * The key of the state dict in the checkpoint, or the keys that lead to it; `[]` for the whole content. Default: it is
   * looked for, and an error lists what there is if more than one dictionary of tensors could be meant.
   */
  readonly entry?: string | readonly string[] | undefined;
  /**
   * What to do about objects that no state dict needs, such as a training program's own settings: `"refuse"` (default)
   * or `"ignore"`, which leaves them unread. Nothing from a file is ever called or executed either way.
   */
  readonly unknown?: UnknownNames | undefined;
}

/** The content of a PyTorch file. */
export interface PyTorch {
  /** The tensors of the state dict, in its order. */
  readonly tensors: NamedArrays;
  /** The keys that lead to the state dict; `[]` if it is the whole content. */
  readonly entry: readonly string[];
  /** Keys of the state dict whose values are no tensors. */
  readonly others: readonly string[];
  /** Numbers, texts, truth values and Nones of the outermost dictionary, such as `epoch`. */
  readonly values: ReadonlyMap<string, PyTorchValue>;
}

/** An open PyTorch file whose pickle is valid. Close it when done. */
export class PyTorchFile {
  /** What the state dict holds, by name, in its order. */
  readonly infos: ReadonlyMap<string, TensorInfo>;
  /** `"zip"` as PyTorch writes since 1.6, `"legacy"` as it did before. */
  readonly format: PyTorchFormat;
  /** The keys that lead to the state dict; `[]` if it is the whole content. */
  readonly entry: readonly string[];
  /** Keys of the state dict whose values are no tensors. */
  readonly others: readonly string[];
  /** Numbers, texts, truth values and Nones of the outermost dictionary, such as `epoch`. */
  readonly values: ReadonlyMap<string, PyTorchValue>;
  readonly #path: string;
  readonly #file: FileSource;
  readonly #tensors: TensorReader;

  private constructor(path: string, file: FileSource, content: TensorReader) {
    this.#path = path;
    this.#file = file;
    this.#tensors = content;
    const { entry, others, values, tensors } = content.stateDict;
    this.format = content.format;
    this.entry = entry;
    this.others = others;
    this.values = values;
    this.infos = new Map([...tensors].map(([name, { dtype, shape }]) => [name, { dtype, shape }]));
  }

  /**
   * Opens a file, reads its pickle and finds the state dict.
   * @throws PyTorchError if the file is none of PyTorch's, is broken, names what is refused, or holds no state dict or
   *   several.
   */
  static async open(path: string, options: PyTorchOptions = {}): Promise<PyTorchFile> {
    const file = await FileSource.open(path, PyTorchError);
    try {
      return await namingFile(path, async () => new PyTorchFile(path, file, await TensorReader.open(file, options)));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Reads one tensor. Storages that several tensors share are kept, up to 256 MiB of them, so that they are not read for
   * each tensor.
   * @throws PyTorchError if the state dict has none of that name, the file does not hold it as it claims, or large shared
   *   storages were read again and again for small tensors, which {@link all} does not do.
   */
  async tensor(name: string): Promise<NamedArray> {
    return namingFile(this.#path, () => this.#tensors.read(name));
  }

  /** Reads several tensors, each storage once. */
  async all(names: Iterable<string> = this.infos.keys()): Promise<NamedArrays> {
    return namingFile(this.#path, () => this.#tensors.readAll([...names]));
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}

/**
 * Reads a file, or some of its tensors.
 * @param options What to read; `names` are the tensors to read, all by default.
 * @throws PyTorchError as {@link PyTorchFile.open}, or if the file lacks a name; it names the file and the tensor.
 */
export async function readPyTorch(
  path: string,
  options: PyTorchOptions & { readonly names?: Iterable<string> | undefined } = {},
): Promise<PyTorch> {
  const file = await PyTorchFile.open(path, options);
  try {
    const { entry, others, values } = file;
    return { tensors: await file.all(options.names), entry, others, values };
  } finally {
    await file.close();
  }
}

/**
 * Parses a whole file in memory. The arrays are copies; the bytes may be reused afterwards.
 * @throws PyTorchError as {@link readPyTorch}.
 */
export async function parsePyTorch(bytes: Uint8Array, options: PyTorchOptions = {}): Promise<PyTorch> {
  const reader = await TensorReader.open(new MemorySource(bytes, PyTorchError), options);
  const { entry, others, values, tensors } = reader.stateDict;
  return { tensors: await reader.readAll([...tensors.keys()]), entry, others, values };
}

/** The tensors of a state dict, and the storages that they are read from. */
class TensorReader {
  readonly stateDict: StateDict;
  readonly #container: Container;
  /** How many tensors each storage has. */
  readonly #sharers = new Map<StorageRecord, number>();
  readonly #shared: SharedStorages;

  private constructor(container: Container, stateDict: StateDict, limit: number) {
    this.#container = container;
    this.#shared = new SharedStorages((record, tensor) => container.read(record, tensor), limit);
    this.stateDict = stateDict;
    for (const { storage } of stateDict.tensors.values()) {
      this.#sharers.set(storage.record, (this.#sharers.get(storage.record) ?? 0) + 1);
    }
  }

  static async open(source: ByteSource, { entry, unknown = "refuse" }: PyTorchOptions): Promise<TensorReader> {
    const container = await openContainer(source, unknown);
    const limit = grownLimit(source.size);
    const path = typeof entry === "string" ? [entry] : (entry ?? null);
    return new TensorReader(container, findStateDict(container.root, path, limit), limit);
  }

  get format(): PyTorchFormat {
    return this.#container.format;
  }

  async read(name: string): Promise<NamedArray> {
    const tensor = this.#tensor(name);
    const { record } = tensor.storage;
    if (tensor.bytes === 0) return this.#decode(name, new Uint8Array(0));
    const bytes = this.#isShared(record)
      ? await this.#shared.get(record, name, tensor.bytes)
      : await this.#container.read(record, name);
    return this.#decode(name, bytes);
  }

  /** Tensors of one storage are read together, so that each storage is read once. */
  async readAll(names: readonly string[]): Promise<NamedArrays> {
    const groups = new Map<StorageRecord, string[]>();
    for (const name of names) {
      const { record } = this.#tensor(name).storage;
      const group = groups.get(record);
      if (group === undefined) groups.set(record, [name]);
      else group.push(name);
    }
    const arrays = new Map<string, NamedArray | null>(names.map((name) => [name, null]));
    await inLanes(groups, async ([record, group]) => {
      const first = group.find((name) => this.#tensor(name).bytes > 0);
      const bytes = first === undefined ? new Uint8Array(0) : await this.#container.read(record, first);
      for (const name of group) arrays.set(name, this.#decode(name, bytes));
    });
    return arrays as Map<string, NamedArray>;
  }

  #decode(name: string, storage: Uint8Array<ArrayBuffer>): NamedArray {
    const tensor = this.#tensor(name);
    const buffer = gather(name, tensor, storage, !this.#isShared(tensor.storage.record));
    return decodeTensor(name, tensor, buffer, PyTorchError);
  }

  #isShared(record: StorageRecord): boolean {
    return this.#sharers.get(record)! > 1;
  }

  #tensor(name: string): TensorView {
    const tensor = this.stateDict.tensors.get(name);
    if (tensor === undefined) throw new PyTorchError(name, "there is none of that name");
    return tensor;
  }
}

/** Runs a task on each item, a few at a time; after the first error no more are begun. */
async function inLanes<T>(items: Iterable<T>, task: (item: T) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]();
  let failed = false;
  const lane = async () => {
    for (let next = queue.next(); !next.done && !failed; next = queue.next()) {
      try {
        await task(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: LANES }, lane));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
