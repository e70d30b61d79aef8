/**
 * Bytes that can be read from any position: a file on disk, or bytes in memory. What every format reads from, so that
 * a part of a large file costs no more memory than that part.
 */
import { type FileHandle, open } from "node:fs/promises";
import { WeightsError, type WeightsErrorClass } from "../weights-error.js";

/** Bytes asked of the system in one read; it answers at most 2 GiB at a time. */
const READ_BYTES = 2 ** 28;

/** Bytes of a known number, readable from any position. */
export interface ByteSource {
  /** Their number. */
  readonly size: number;
  /**
   * Reads exactly so many bytes, into a buffer of their own.
   * @param tensor The tensor that they belong to, for the error.
   * @throws WeightsError if there are fewer.
   */
  read(position: number, length: number, tensor?: string | null): Promise<Uint8Array<ArrayBuffer>>;
}

/** A file on disk. Close it when done. */
export class FileSource implements ByteSource {
  readonly #file: FileHandle;
  readonly #Failure: WeightsErrorClass;

  private constructor(
    file: FileHandle,
    readonly size: number,
    Failure: WeightsErrorClass,
  ) {
    this.#file = file;
    this.#Failure = Failure;
  }

  /**
   * Opens a file.
   * @param Failure The class of errors. Default: `WeightsError`.
   * @throws WeightsError if the path is a folder or the like; the system's error if it cannot be opened.
   */
  static async open(path: string, Failure: WeightsErrorClass = WeightsError): Promise<FileSource> {
    const file = await open(path, "r");
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw new Failure(null, "expected a file, got a folder or device", path);
      return new FileSource(file, stats.size, Failure);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async read(position: number, length: number, tensor: string | null = null): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(this, position, length, tensor, this.#Failure);
    const bytes = allocate(length, tensor, this.#Failure);
    for (let done = 0; done < length; ) {
      const count = Math.min(length - done, READ_BYTES);
      const { bytesRead } = await this.#file.read(bytes, done, count, position + done);
      if (bytesRead === 0) throw new this.#Failure(tensor, `the file ends at byte ${position + done}`);
      done += bytesRead;
    }
    return bytes;
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Bytes in memory; what is read from them are copies. */
export class MemorySource implements ByteSource {
  readonly #bytes: Uint8Array;
  readonly #Failure: WeightsErrorClass;

  /** @param Failure The class of errors. Default: `WeightsError`. */
  constructor(bytes: Uint8Array, Failure: WeightsErrorClass = WeightsError) {
    this.#bytes = bytes;
    this.#Failure = Failure;
  }

  get size(): number {
    return this.#bytes.length;
  }

  async read(position: number, length: number, tensor: string | null = null): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(this, position, length, tensor, this.#Failure);
    const bytes = allocate(length, tensor, this.#Failure);
    bytes.set(this.#bytes.subarray(position, position + length));
    return bytes;
  }
}

/**
 * A buffer for what a file holds: the file may be as long as it claims and still be longer than memory.
 * @throws WeightsError if it does not fit.
 */
export function allocate(
  length: number,
  tensor: string | null,
  Failure: WeightsErrorClass = WeightsError,
): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new Failure(tensor, `its ${length} bytes do not fit in memory`, null, { cause });
  }
}

function checkRange(
  { size }: ByteSource,
  position: number,
  length: number,
  tensor: string | null,
  Failure: WeightsErrorClass,
): void {
  if (!(position >= 0 && length >= 0 && position + length <= size)) {
    throw new Failure(tensor, `expected bytes ${position} to ${position + length}, the file has ${size}`);
  }
}
