/**
 * An HDF5 file as a tree of datasets with attributes. What the library says of sizes is held against the file before
 * anything is allocated, and links that lead out of the file are refused.
 */
import type { DType } from "../dtype.js";
import { bytesPerElement } from "../dtype.js";
import { allocate } from "../files/byte-source.js";
import type { TensorInfo } from "../named-array.js";
import { elementCount } from "../shape.js";
import { quote } from "../weights-error.js";
import { KerasError } from "./error.js";
import { Hdf5Library, type Hdf5Module, type ReadInto } from "./hdf5-library.js";

/** HDF5's classes of element types, as far as weights have them. */
const INTEGER = 0;
const FLOAT = 1;
const STRING = 3;
const OPAQUE = 5;
const ENUM = 8;

/** No chunk grows more than this when it is read: deflate's limit, and no other filter of Keras' reaches it. */
const MAX_RATIO = 1032;
/** All texts of one attribute, in bytes; Keras splits longer lists. */
const MAX_ATTRIBUTE_BYTES = 2 ** 24;

type Metadata = ReturnType<Hdf5Module["get_dataset_metadata"]>;

/** An open HDF5 file. Close it when done. */
export class Hdf5File {
  readonly #library: Hdf5Library;
  readonly #module: Hdf5Module;
  readonly #id: bigint;
  readonly #size: number;
  readonly #unmount: () => void;

  private constructor(library: Hdf5Library, id: bigint, size: number, unmount: () => void) {
    this.#library = library;
    this.#module = library.module;
    this.#id = id;
    this.#size = size;
    this.#unmount = unmount;
  }

  /**
   * Opens a file.
   * @param size Its length in bytes.
   * @param milliseconds How long one call of the library may take.
   * @throws KerasError if it is no HDF5 file or its superblock is broken.
   */
  static async open(size: number, read: ReadInto, milliseconds?: number): Promise<Hdf5File> {
    const library = await Hdf5Library.load(milliseconds);
    const { module } = library;
    const { path, unmount } = library.mount(size, read);
    try {
      const id = library.call("its start", null, () => module.open(path, module.H5F_ACC_RDONLY, false, -1, -1));
      if (id < 0n) throw new KerasError(null, "not an HDF5 file, or cut short");
      return new Hdf5File(library, id, size, unmount);
    } catch (error) {
      unmount();
      throw error;
    }
  }

  /** Frees what the library holds of the file, as far as the file is not too broken for that. */
  close(): void {
    try {
      if (this.#library.usable) this.#library.call("its end", null, () => this.#module.close_file(this.#id));
    } catch (error) {
      // All was read by then, and a library that it stopped is not used again.
      if (!(error instanceof KerasError)) throw error;
    } finally {
      this.#unmount();
    }
  }

  /** Runs a task that calls many of these methods: faster, and one time limit holds for all of it. */
  atOnce<T>(task: () => T): T {
    return this.#library.call("its content", null, task);
  }

  /** The paths of all datasets below a group, without a slash at the start; a dataset of several names once. */
  datasets(group: string): string[] {
    const names = this.#library.call("its tree of groups", null, () =>
      this.#module.get_names(this.#id, group || "/", true),
    );
    return names.map((name) => (group === "" ? name : `${group}/${name}`)).filter((path) => this.#isDataset(path));
  }

  /** Whether there is a group of that path. */
  hasGroup(path: string): boolean {
    return this.#typeOf(path) === this.#module.H5G_GROUP;
  }

  /**
   * What a dataset holds.
   * @throws KerasError if there is none, or it is no array of numbers that a file of this size can hold.
   */
  info(path: string): TensorInfo {
    if (!this.#isDataset(path)) throw new KerasError(path, "the file has no dataset of that path");
    const metadata = this.#library.call("its description", path, () =>
      this.#module.get_dataset_metadata(this.#id, path),
    );
    if (metadata.virtual_sources !== undefined && metadata.virtual_sources.length > 0) {
      throw new KerasError(path, "a virtual dataset, whose elements lie in other files");
    }
    if (metadata.shape === null) throw new KerasError(path, "a dataset without a shape");
    const dtype = this.#dtypeOf(path, metadata);
    const shape = [...metadata.shape];
    const size = elementCount(path, shape, KerasError) * bytesPerElement(dtype);
    if (size > MAX_RATIO * this.#size) {
      const claim = `${dtype} of shape ${JSON.stringify(shape)} takes ${size} bytes`;
      throw new KerasError(path, `${claim}, which a file of ${this.#size} cannot hold`);
    }
    return { dtype, shape };
  }

  /** The bytes of a dataset, little-endian. */
  read(path: string, { dtype, shape }: TensorInfo): Uint8Array<ArrayBuffer> {
    const length = elementCount(path, shape, KerasError) * bytesPerElement(dtype);
    const bytes = allocate(length, path, KerasError);
    if (length === 0) return bytes;
    const module = this.#module;
    this.#library.call("its data", path, () => {
      const pointer = length > module.MAXIMUM_MEMORY ? 0 : module._malloc(length);
      if (pointer === 0) throw new KerasError(path, `its ${length} bytes do not fit in the HDF5 library's memory`);
      try {
        const status = module.get_dataset_data(this.#id, path, null, null, null, BigInt(pointer));
        if (status < 0) throw new KerasError(path, "the HDF5 file is broken: its data cannot be read");
        bytes.set(module.HEAPU8.subarray(pointer, pointer + length));
      } finally {
        module._free(pointer);
      }
    });
    return bytes;
  }

  /**
   * The texts of an attribute; `null` if the object has none of that name.
   * @param path The object, `""` for the file's root.
   * @throws KerasError if the attribute holds something else.
   */
  texts(path: string, attribute: string): readonly string[] | null {
    const object = path || "/";
    const what = `attribute ${quote(attribute)} of ${quote(object)}`;
    const names = this.#library.call(`the attributes of ${quote(object)}`, null, () =>
      this.#module.get_attribute_names(this.#id, object),
    );
    if (![...names].includes(attribute)) return null;
    const metadata = this.#library.call(what, null, () =>
      this.#module.get_attribute_metadata(this.#id, object, attribute),
    );
    // An empty list has no type that says anything.
    if (metadata.total_size === 0) return [];
    if (metadata.type !== STRING) throw new KerasError(null, `${what}: expected texts`);
    const bytes = metadata.size * metadata.total_size;
    if (!(bytes <= Math.min(this.#size, MAX_ATTRIBUTE_BYTES))) {
      throw new KerasError(null, `${what}: ${bytes} bytes are more than the file can hold`);
    }
    return this.#library.call(what, null, () => this.#decodeTexts(object, attribute, metadata));
  }

  #decodeTexts(object: string, attribute: string, { size, total_size: count, vlen }: Metadata): string[] {
    const module = this.#module;
    const pointer = module._malloc(size * count);
    if (pointer === 0) throw new Error("out of memory");
    let filled = false;
    try {
      const status = module.get_attribute_data(this.#id, object, attribute, BigInt(pointer)) as unknown as number;
      if (status < 0) throw new Error("no data");
      filled = true;
      const bytes = module.HEAPU8.slice(pointer, pointer + size * count);
      if (vlen) return Array.from(new Uint32Array(bytes.buffer), (text) => module.UTF8ToString(text));
      return Array.from({ length: count }, (_, index) => {
        const text = bytes.subarray(index * size, (index + 1) * size);
        const end = text.indexOf(0);
        return UTF8.decode(end < 0 ? text : text.subarray(0, end));
      });
    } finally {
      if (vlen && filled) module.reclaim_vlen_memory(this.#id, object, attribute, BigInt(pointer));
      module._free(pointer);
    }
  }

  #dtypeOf(path: string, { type, size, signed, enum_type: members }: Metadata): DType {
    if (type === INTEGER) {
      const dtype = (signed ? SIGNED : UNSIGNED)[size];
      if (dtype !== undefined) return dtype;
    }
    if (type === FLOAT) {
      const dtype = FLOATS[size];
      if (dtype !== undefined) return dtype;
    }
    if (
      type === ENUM &&
      size === 1 &&
      Object.keys(members?.members ?? {})
        .sort()
        .join() === "FALSE,TRUE"
    )
      return "BOOL";
    // Keras 3 writes bfloat16 as bytes without meaning and says so beside them.
    if (type === OPAQUE && size === 2 && this.texts(path, "dtype")?.[0] === "bfloat16") return "BF16";
    const kind = KINDS[type] ?? `HDF5 class ${type}`;
    throw new KerasError(path, `expected numbers of 1 to 8 bytes, got ${kind} of ${size} bytes`);
  }

  #isDataset(path: string): boolean {
    return this.#typeOf(path) === this.#module.H5G_DATASET;
  }

  #typeOf(path: string): number {
    const { H5G_UDLINK, get_type } = this.#module;
    const type = this.#library.call(`the kind of ${quote(path)}`, null, () => get_type(this.#id, path));
    if (type === H5G_UDLINK) throw new KerasError(null, `${quote(path)} is a link out of the file`);
    return type;
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

const SIGNED: Readonly<Record<number, DType>> = { 1: "I8", 2: "I16", 4: "I32", 8: "I64" };
const UNSIGNED: Readonly<Record<number, DType>> = { 1: "U8", 2: "U16", 4: "U32", 8: "U64" };
const FLOATS: Readonly<Record<number, DType>> = { 2: "F16", 4: "F32", 8: "F64" };
const KINDS: Readonly<Record<number, string>> = {
  0: "integers",
  1: "floats",
  2: "times",
  3: "texts",
  4: "bit fields",
  5: "opaque bytes",
  6: "compounds",
  7: "references",
  8: "enumerations",
  9: "lists",
  10: "arrays",
};
