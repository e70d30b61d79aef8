/**
 * `.npz` files, ZIP archives of one `.npy` file per array, as `numpy.savez` and `savez_compressed` write them. Headers are
 * read when the file is opened, arrays when they are asked for. A `.npy` file opens as one with a single array.
 */
import { type ByteSource, FileSource, MemorySource } from "../files/byte-source.js";
import type { NamedArray, NamedArrays } from "../named-array.js";
import { readAll, readAndClose } from "../read-all.js";
import { namingFile, quote } from "../weights-error.js";
import { ZipArchive } from "../zip/archive.js";
import { NumpyError } from "./error.js";
import { decodeNpy, NPY_NAME } from "./npy.js";
import { NPY_MAGIC, NPY_PREAMBLE_BYTES, type NpyInfo, npyDataStart, parseNpyHeader } from "./npy-header.js";

const SUFFIX = ".npy";

/** An open `.npz` or `.npy` file whose headers are valid. Close it when done. */
export class NpzFile {
  /** What the file holds, by name without `.npy`, in the order of the archive; a bare `.npy` file's array is `arr_0`. */
  readonly infos: ReadonlyMap<string, NpyInfo>;
  readonly #path: string;
  readonly #file: FileSource;
  readonly #content: NpzContent;

  private constructor(path: string, file: FileSource, content: NpzContent) {
    this.#path = path;
    this.#file = file;
    this.#content = content;
    this.infos = content.infos;
  }

  /**
   * Opens a file and reads the header of every array.
   * @throws NumpyError if the archive or a header breaks its format, or an array holds what is no plain number.
   */
  static async open(path: string): Promise<NpzFile> {
    const file = await FileSource.open(path, NumpyError);
    try {
      return await namingFile(path, async () => new NpzFile(path, file, await readContent(file)));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Reads one array.
   * @throws NumpyError if the file has none of that name, or its data are broken.
   */
  async tensor(name: string): Promise<NamedArray> {
    return namingFile(this.#path, () => this.#content.tensor(name));
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}

/**
 * Reads a file, or some of its arrays.
 * @param names The arrays to read. Default: all.
 * @throws NumpyError if the file breaks the format or lacks a name; it names the file and the array.
 */
export async function readNpz(path: string, names?: Iterable<string>): Promise<NamedArrays> {
  return readAndClose(await NpzFile.open(path), names);
}

/**
 * Parses a whole `.npz` file in memory.
 * @throws NumpyError if anything in it breaks the format, or an array holds what is no plain number.
 */
export async function parseNpz(bytes: Uint8Array): Promise<NamedArrays> {
  return readAll(await readContent(new MemorySource(bytes, NumpyError)));
}

interface NpzContent {
  readonly infos: ReadonlyMap<string, NpyInfo>;
  tensor(name: string): Promise<NamedArray>;
}

async function readContent(source: ByteSource): Promise<NpzContent> {
  const start = await source.read(0, Math.min(NPY_MAGIC.length, source.size));
  if (Buffer.from(start.buffer).equals(NPY_MAGIC)) return readBare(source);
  const archive = await ZipArchive.open(source, NumpyError);
  const infos = new Map<string, NpyInfo>();
  for (const [entry, { size }] of archive.entries) {
    if (!entry.endsWith(SUFFIX)) throw new NumpyError(null, `expected .npy files in it, got ${quote(entry)}`);
    const name = entry.slice(0, -SUFFIX.length);
    infos.set(name, await readHeader(name, size, (length) => archive.start(entry, length, name)));
  }
  return {
    infos,
    async tensor(name) {
      const info = find(infos, name);
      return decodeNpy(name, info, (await archive.read(name + SUFFIX, name)).slice(info.begin));
    },
  };
}

async function readBare(source: ByteSource): Promise<NpzContent> {
  const info = await readHeader(NPY_NAME, source.size, (length) => source.read(0, Math.min(length, source.size)));
  const infos = new Map([[NPY_NAME, info]]);
  return {
    infos,
    async tensor(name) {
      const { begin } = find(infos, name);
      return decodeNpy(name, info, await source.read(begin, source.size - begin, name));
    },
  };
}

async function readHeader(
  name: string,
  size: number,
  start: (length: number) => Promise<Uint8Array>,
): Promise<NpyInfo> {
  const begin = npyDataStart(name, await start(NPY_PREAMBLE_BYTES), size);
  return parseNpyHeader(name, await start(begin), size);
}

function find(infos: ReadonlyMap<string, NpyInfo>, name: string): NpyInfo {
  const info = infos.get(name);
  if (info === undefined) throw new NumpyError(name, "there is none of that name");
  return info;
}
