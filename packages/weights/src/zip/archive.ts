/**
 * ZIP files as weight files use them: entries that are stored or deflated, read one at a time from a file or from
 * memory. Boundaries: no encryption, no volumes, no other compression; nothing is ever extracted to a path.
 */
import { constants, crc32, createInflateRaw } from "node:zlib";
import { allocate, type ByteSource } from "../files/byte-source.js";
import { grownLimit } from "../size-limit.js";
import { quote, type WeightsErrorClass } from "../weights-error.js";
import { readDirectory, type ZipEntry } from "./directory.js";
import { DEFLATED, LOCAL_BYTES, LOCAL_SIGNATURE, STORED } from "./records.js";

/** What a checksum of 0 in a directory means. */
type ZeroChecksums = "checked" | "absent";

/** An open ZIP file whose directory is valid. */
export class ZipArchive {
  /** The entries by name, in the order of the directory. */
  readonly entries: ReadonlyMap<string, ZipEntry>;
  readonly #source: ByteSource;
  readonly #Failure: WeightsErrorClass;
  readonly #zeroChecksums: ZeroChecksums;

  private constructor(
    source: ByteSource,
    entries: ReadonlyMap<string, ZipEntry>,
    Failure: WeightsErrorClass,
    zeroChecksums: ZeroChecksums,
  ) {
    this.#source = source;
    this.entries = entries;
    this.#Failure = Failure;
    this.#zeroChecksums = zeroChecksums;
  }

  /**
   * Reads the directory of a ZIP file.
   * @param Failure The class of errors.
   * @param zeroChecksums Whether a checksum of 0 is one, or the sign that none was computed.
   * @throws Failure if the file is no ZIP file, is broken, or inflates beyond all measure.
   */
  static async open(
    source: ByteSource,
    Failure: WeightsErrorClass,
    zeroChecksums: ZeroChecksums = "checked",
  ): Promise<ZipArchive> {
    const entries = await readDirectory(source, Failure, grownLimit(source.size));
    return new ZipArchive(source, entries, Failure, zeroChecksums);
  }

  /**
   * The whole content of an entry, in a buffer of its own.
   * @param tensor The tensor that it belongs to, for the error.
   * @throws Failure if there is none of that name, or its data are broken: size and checksum are held against them.
   */
  async read(name: string, tensor: string | null = null): Promise<Uint8Array<ArrayBuffer>> {
    const entry = this.#entry(name, tensor);
    const data = await this.#source.read(await this.#dataPosition(entry, tensor), entry.compressedSize, tensor);
    const content = entry.deflated ? await this.#inflate(entry, data, entry.size, tensor) : data;
    const checked = entry.crc !== 0 || this.#zeroChecksums === "checked";
    if (checked && crc32(content) !== entry.crc) throw this.#broken(entry, "the checksum differs", tensor);
    return content;
  }

  /**
   * The first bytes of an entry, without its checksum: so many, or all if it has fewer.
   * @throws Failure as {@link read}, as far as it shows in them.
   */
  async start(name: string, length: number, tensor: string | null = null): Promise<Uint8Array<ArrayBuffer>> {
    const entry = this.#entry(name, tensor);
    const wanted = Math.min(length, entry.size);
    // Incompressible bytes grow by 5 in 65535.
    const compressed = entry.deflated ? Math.min(entry.compressedSize, wanted + 1024) : wanted;
    const data = await this.#source.read(await this.#dataPosition(entry, tensor), compressed, tensor);
    return entry.deflated ? this.#inflate(entry, data, wanted, tensor) : data;
  }

  #entry(name: string, tensor: string | null): ZipEntry {
    const entry = this.entries.get(name);
    if (entry === undefined) throw new this.#Failure(tensor, `the ZIP file holds no ${quote(name)}`);
    return entry;
  }

  /** The local header repeats name and method; its length says where the data begin. */
  async #dataPosition(entry: ZipEntry, tensor: string | null): Promise<number> {
    const { name, headerPosition, compressedSize, deflated, limit } = entry;
    const nameBytes = Buffer.from(name);
    const header = Buffer.from(
      (await this.#source.read(headerPosition, LOCAL_BYTES + nameBytes.length, tensor)).buffer,
    );
    const position = headerPosition + LOCAL_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (
      header.readUInt32LE(0) !== LOCAL_SIGNATURE ||
      header.readUInt16LE(8) !== (deflated ? DEFLATED : STORED) ||
      header.readUInt16LE(26) !== nameBytes.length ||
      !header.subarray(LOCAL_BYTES).equals(nameBytes)
    ) {
      throw this.#broken(entry, "its own header and the directory differ", tensor);
    }
    if (position + compressedSize > limit) throw this.#broken(entry, `it reaches beyond byte ${limit}`, tensor);
    return position;
  }

  /**
   * The first `size` bytes that deflated data stand for; where `size` is the entry's, the data must end there.
   * Inflated piece by piece into one buffer, so that no more is ever held.
   */
  async #inflate(
    entry: ZipEntry,
    data: Uint8Array,
    size: number,
    tensor: string | null,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const content = allocate(size, tensor, this.#Failure);
    let length = 0;
    const whole = size === entry.size;
    const inflate = createInflateRaw({
      chunkSize: Math.min(Math.max(size + 1, 64), 2 ** 20),
      // Where only the start is wanted, its data may be cut.
      finishFlush: whole ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    });
    inflate.end(data);
    try {
      for await (const chunk of inflate as AsyncIterable<Buffer>) {
        if (whole && length + chunk.length > size) {
          throw this.#broken(entry, `it inflates to more than its ${size} bytes`, tensor);
        }
        content.set(chunk.subarray(0, size - length), length);
        length = Math.min(length + chunk.length, size);
        if (!whole && length === size) break;
      }
    } catch (cause) {
      if (cause instanceof this.#Failure) throw cause;
      throw this.#broken(entry, (cause as Error).message, tensor, cause);
    }
    if (whole && inflate.bytesWritten < data.length) {
      throw this.#broken(entry, `its data end ${data.length - inflate.bytesWritten} bytes early`, tensor);
    }
    if (length < size) throw this.#broken(entry, `it inflates to ${length} bytes, not ${size}`, tensor);
    return content;
  }

  #broken({ name }: ZipEntry, detail: string, tensor: string | null, cause?: unknown): Error {
    return new this.#Failure(tensor, `ZIP entry ${quote(name)} is broken: ${detail}`, null, { cause });
  }
}
