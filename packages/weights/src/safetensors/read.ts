/**
 * Safetensors files on disk: the header is read and validated first, tensors are read by their offsets when asked for,
 * so that a part of a large checkpoint costs no more memory than that part.
 */
import { decodeTensor } from "../decode-tensor.js";
import { FileSource } from "../files/byte-source.js";
import type { NamedArray } from "../named-array.js";
import { readAll } from "../read-all.js";
import { namingFile } from "../weights-error.js";
import { SafetensorsError } from "./error.js";
import { headerLength, LENGTH_BYTES, parseHeader, type SafetensorsInfo } from "./header.js";
import type { Safetensors } from "./parse.js";

/** An open safetensors file whose header is valid. Close it when done. */
export class SafetensorsFile {
  /** What the file holds, by name, in the order of the header. */
  readonly infos: ReadonlyMap<string, SafetensorsInfo>;
  /** The free-form texts of the file. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly #path: string;
  readonly #file: FileSource;
  readonly #dataStart: number;

  private constructor(
    path: string,
    file: FileSource,
    dataStart: number,
    content: Pick<SafetensorsFile, "infos" | "metadata">,
  ) {
    this.#path = path;
    this.#file = file;
    this.#dataStart = dataStart;
    this.infos = content.infos;
    this.metadata = content.metadata;
  }

  /**
   * Opens a file and reads its header.
   * @throws SafetensorsError if the header breaks the format.
   */
  static async open(path: string): Promise<SafetensorsFile> {
    const file = await FileSource.open(path, SafetensorsError);
    try {
      return await namingFile(path, async () => {
        const length = headerLength(await file.read(0, Math.min(LENGTH_BYTES, file.size)), file.size);
        const dataStart = LENGTH_BYTES + length;
        const header = parseHeader(await file.read(LENGTH_BYTES, length), file.size - dataStart);
        return new SafetensorsFile(path, file, dataStart, { infos: header.tensors, metadata: header.metadata });
      });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Reads one tensor.
   * @throws SafetensorsError if the file has none of that name, or was cut since it was opened.
   */
  async tensor(name: string): Promise<NamedArray> {
    return namingFile(this.#path, async () => {
      const info = this.infos.get(name);
      if (info === undefined) throw new SafetensorsError(name, "there is none of that name");
      const bytes = await this.#file.read(this.#dataStart + info.begin, info.end - info.begin, name);
      return decodeTensor(name, info, bytes.buffer, SafetensorsError);
    });
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}

/**
 * Reads a file, or some of its tensors.
 * @param names The tensors to read. Default: all.
 * @throws SafetensorsError if the file breaks the format or lacks a name; it names the file and the tensor.
 */
export async function readSafetensors(path: string, names?: Iterable<string>): Promise<Safetensors> {
  const file = await SafetensorsFile.open(path);
  try {
    return { tensors: await readAll(file, names), metadata: file.metadata };
  } finally {
    await file.close();
  }
}
