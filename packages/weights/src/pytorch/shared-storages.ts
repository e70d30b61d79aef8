/**
 * Storages that several tensors share, where tensors are read one at a time: those used last stay in memory, so that the
 * next tensor need not read its storage again. A file may alternate between storages that do not fit side by side, and so
 * cost a whole storage for a tensor of a few bytes: what is read again is bounded by what comes of it.
 */
import { PyTorchError } from "./error.js";
import type { StorageRecord } from "./values.js";

/** Bytes of storages that are kept; one is, whatever its size. */
const KEPT_BYTES = 2 ** 28;

/** Bytes that may be read again for each byte of a tensor. */
const READ_AGAIN_RATIO = 16;

type Read = (record: StorageRecord, tensor: string) => Promise<Uint8Array<ArrayBuffer>>;

/** The shared storages of one open file. */
export class SharedStorages {
  readonly #read: Read;
  readonly #allowance: number;
  readonly #keptBytes: number;
  readonly #kept = new Map<StorageRecord, Uint8Array<ArrayBuffer>>();
  readonly #seen = new Set<StorageRecord>();
  #bytesKept = 0;
  #bytesAgain = 0;
  #bytesGiven = 0;

  /**
   * @param read Reads a storage.
   * @param allowance Bytes that may be read again besides those in proportion to the tensors.
   * @param keptBytes How many bytes to keep. Default: 256 MiB.
   */
  constructor(read: Read, allowance: number, keptBytes = KEPT_BYTES) {
    this.#read = read;
    this.#allowance = allowance;
    this.#keptBytes = keptBytes;
  }

  /**
   * The bytes of a storage.
   * @param tensor The tensor that asks, for the error.
   * @param tensorBytes The tensor's own length.
   * @throws PyTorchError if storages are read again and again for little.
   */
  async get(record: StorageRecord, tensor: string, tensorBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    this.#bytesGiven += tensorBytes;
    const kept = this.#kept.get(record);
    if (kept !== undefined) {
      // The last one used goes last.
      this.#kept.delete(record);
      this.#kept.set(record, kept);
      return kept;
    }
    if (this.#seen.has(record)) this.#count(record.bytes, tensor);
    this.#seen.add(record);
    this.#makeRoom(record.bytes);
    const bytes = await this.#read(record, tensor);
    if (!this.#kept.has(record)) this.#bytesKept += record.bytes;
    this.#kept.set(record, bytes);
    return bytes;
  }

  #count(bytes: number, tensor: string): void {
    const limit = this.#allowance + READ_AGAIN_RATIO * this.#bytesGiven;
    if (this.#bytesAgain + bytes > limit) {
      const what = `its storage and others were read again and again, ${this.#bytesAgain} bytes`;
      throw new PyTorchError(tensor, `${what} for tensors of ${this.#bytesGiven}; read all tensors together instead`);
    }
    this.#bytesAgain += bytes;
  }

  /** Before another is read, so that the two are never held at once. */
  #makeRoom(bytes: number): void {
    for (const record of this.#kept.keys()) {
      if (this.#bytesKept + bytes <= this.#keptBytes) return;
      this.#kept.delete(record);
      this.#bytesKept -= record.bytes;
    }
  }
}
