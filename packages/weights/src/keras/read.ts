/**
 * Keras files: `.h5` with weights or a whole model, `.weights.h5`, and `.keras`, a ZIP archive with `config.json` and
 * `model.weights.h5`. No layer is ever built: what is read is names, shapes and numbers.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { decodeTensor } from "../decode-tensor.js";
import { FileSource } from "../files/byte-source.js";
import type { NamedArray, NamedArrays, TensorInfo } from "../named-array.js";
import { readAndClose } from "../read-all.js";
import { grownLimit } from "../size-limit.js";
import { namingFile } from "../weights-error.js";
import { ZipArchive } from "../zip/archive.js";
import { contentOf } from "./content.js";
import { KerasError } from "./error.js";
import { Hdf5File } from "./hdf5-file.js";
import type { ReadInto } from "./hdf5-library.js";

/** The file of a `.keras` archive that holds the weights. */
export const KERAS_WEIGHTS = "model.weights.h5";

/** The file of a `.keras` archive that says which layers there are. */
const KERAS_CONFIG = "config.json";

/** A thousand layers take a megabyte. */
const MAX_CONFIG_BYTES = 2 ** 26;

/** An open Keras file. Close it when done. Needs the package `h5wasm`, which is loaded when the first one is opened. */
export class KerasFile {
  /**
   * What the file holds, by the names of Keras 2, such as `block1_conv2/kernel:0`, in the file's order. Variables of Keras 3
   * that belong to a layer of an unknown class are called by their paths, such as `layers/my_layer/vars/0`.
   */
  readonly infos: ReadonlyMap<string, TensorInfo>;
  /**
   * The layers of a Keras 3 file by where their variables are: `layers/conv2d_1` → `block1_conv2`. Empty for `.h5` files.
   */
  readonly layerNames: ReadonlyMap<string, string>;
  readonly #path: string;
  readonly #file: Hdf5File;
  readonly #paths: ReadonlyMap<string, string>;
  readonly #release: () => void;

  private constructor(path: string, file: Hdf5File, { config, limit, release }: Content) {
    this.#path = path;
    this.#file = file;
    this.#release = release;
    const { paths, layerNames, infos } = contentOf(file, config, limit);
    this.#paths = paths;
    this.layerNames = layerNames;
    this.infos = infos;
  }

  /**
   * Opens a file and reads what it holds. A `.h5` file is then read tensor by tensor; the weights of a `.keras` file are
   * in memory as long as it is open.
   * @throws KerasError if the file breaks its format, or h5wasm is not installed.
   */
  static async open(path: string): Promise<KerasFile> {
    return namingFile(path, async () => {
      const content = (await unzipped(path)) ?? onDisk(path);
      try {
        const file = await Hdf5File.open(content.size, content.read);
        try {
          return new KerasFile(path, file, content);
        } catch (error) {
          file.close();
          throw error;
        }
      } catch (error) {
        content.release();
        throw error;
      }
    });
  }

  /**
   * Reads one tensor.
   * @throws KerasError if the file has none of that name, or its data are broken.
   */
  async tensor(name: string): Promise<NamedArray> {
    return namingFile(this.#path, async () => {
      const info = this.infos.get(name);
      if (info === undefined) throw new KerasError(name, "there is none of that name");
      const bytes = this.#file.read(this.#paths.get(name)!, info);
      return decodeTensor(name, info, bytes.buffer, KerasError);
    });
  }

  /** Closes the file. */
  async close(): Promise<void> {
    try {
      this.#file.close();
    } finally {
      this.#release();
    }
  }
}

/**
 * Reads a file, or some of its tensors.
 * @param names The tensors to read. Default: all.
 * @throws KerasError as {@link KerasFile.open}, or if the file lacks a name; it names the file and the tensor.
 */
export async function readKeras(path: string, names?: Iterable<string>): Promise<NamedArrays> {
  return readAndClose(await KerasFile.open(path), names);
}

interface Content {
  readonly size: number;
  readonly read: ReadInto;
  /** Bytes that all tensors together may take. */
  readonly limit: number;
  /** The text of the model's configuration, `null` if it does not stand beside the weights. */
  readonly config: string | null;
  readonly release: () => void;
}

/** The weights in a `.keras` archive; `null` if the file is none. */
async function unzipped(path: string): Promise<Content | null> {
  const file = await FileSource.open(path, KerasError);
  try {
    const start = await file.read(0, Math.min(2, file.size));
    if (Buffer.from(start.buffer).toString("latin1") !== "PK") return null;
    const archive = await ZipArchive.open(file, KerasError);
    if (!archive.entries.has(KERAS_WEIGHTS)) throw new KerasError(null, `the archive holds no ${KERAS_WEIGHTS}`);
    const bytes = await archive.read(KERAS_WEIGHTS);
    return {
      size: bytes.length,
      limit: grownLimit(file.size),
      config: await configOf(archive),
      read(target, position) {
        const part = bytes.subarray(position, position + target.length);
        target.set(part);
        return part.length;
      },
      release: () => {},
    };
  } finally {
    await file.close();
  }
}

async function configOf(archive: ZipArchive): Promise<string | null> {
  const entry = archive.entries.get(KERAS_CONFIG);
  if (entry === undefined) return null;
  if (entry.size > MAX_CONFIG_BYTES) {
    throw new KerasError(null, `${KERAS_CONFIG} has ${entry.size} bytes, more than the limit of ${MAX_CONFIG_BYTES}`);
  }
  return Buffer.from(await archive.read(KERAS_CONFIG)).toString();
}

/** The library reads synchronously, in pieces of its own choice. */
function onDisk(path: string): Content {
  const file = openSync(path, "r");
  const { size } = fstatSync(file);
  return {
    size,
    limit: grownLimit(size),
    config: null,
    read: (target, position) => readSync(file, target, 0, target.length, position),
    release: () => closeSync(file),
  };
}
