/**
 * Safetensors files on disk: the header is read and validated first, tensors are read by their offsets when asked for,
 * so that a part of a large checkpoint costs no more memory than that part.
 */
import { type FileHandle, open } from "node:fs/promises";
import { decodeTensor } from "./decode-tensor.js";
import type { NamedArray } from "./named-array.js";
import { SafetensorsError } from "./safetensors-error.js";
import { headerLength, LENGTH_BYTES, parseHeader, type TensorInfo } from "./safetensors-header.js";
import type { Safetensors } from "./safetensors-parse.js";

/** Bytes asked of the system in one read; it answers at most 2 GiB at a time. */
const READ_BYTES = 2 ** 28;

/** An open safetensors file whose header is valid. Close it when done. */
export class SafetensorsFile {
  /** What the file holds, by name, in the order of the header. */
  readonly infos: ReadonlyMap<string, TensorInfo>;
  /** The free-form texts of the file. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #dataStart: number;

  private constructor(
    path: string,
    file: FileHandle,
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
    const file = await open(path, "r");
    try {
      return await withPath(path, async () => {
        const { size } = await file.stat();
        const length = headerLength(await readExactly(file, 0, Math.min(LENGTH_BYTES, size)), size);
        const dataStart = LENGTH_BYTES + length;
        const header = parseHeader(await readExactly(file, LENGTH_BYTES, length), size - dataStart);
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
    return withPath(this.#path, async () => {
      const info = this.infos.get(name);
      if (info === undefined) throw new SafetensorsError(name, "there is none of that name");
      const bytes = await readExactly(this.#file, this.#dataStart + info.begin, info.end - info.begin, name);
      return decodeTensor(name, info, bytes.buffer);
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
    const tensors = new Map<string, NamedArray>();
    for (const name of names ?? file.infos.keys()) tensors.set(name, await file.tensor(name));
    return { tensors, metadata: file.metadata };
  } finally {
    await file.close();
  }
}

async function readExactly(
  file: FileHandle,
  position: number,
  length: number,
  tensor: string | null = null,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = allocate(length, tensor);
  for (let done = 0; done < length; ) {
    const count = Math.min(length - done, READ_BYTES);
    const { bytesRead } = await file.read(bytes, done, count, position + done);
    if (bytesRead === 0) throw new SafetensorsError(tensor, `the file ends at byte ${position + done}`);
    done += bytesRead;
  }
  return bytes;
}

/** The file is as long as its header claims by now, but may still be longer than memory. */
function allocate(length: number, tensor: string | null): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new SafetensorsError(tensor, `its ${length} bytes do not fit in memory`, null, { cause });
  }
}

async function withPath<T>(path: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof SafetensorsError) throw error.in(path);
    throw error;
  }
}
