/** The literals of pickles: numbers, text and lines, read from a position that moves on. */
import { quote } from "../weights-error.js";
import { CutShort, PyTorchError } from "./error.js";

/** The longest integer that is read, in bytes or digits: reading decimal digits takes more than linear time. */
const MAX_INTEGER = 1024;

/** Reads through bytes. Every method moves on by what it read. */
export class PickleReader {
  readonly #bytes: Buffer;
  /** Where the next read starts. */
  position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.position = position;
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#move(1));
  }

  uint16(): number {
    return this.#bytes.readUInt16LE(this.#move(2));
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#move(4));
  }

  int32(): number {
    return this.#bytes.readInt32LE(this.#move(4));
  }

  /** A length in 8 bytes. */
  uint64(): number {
    const value = this.#bytes.readBigUInt64LE(this.#move(8));
    if (value > Number.MAX_SAFE_INTEGER) throw new PyTorchError(null, `the pickle claims a length of ${value}`);
    return Number(value);
  }

  /** Pickles hold their binary floats big-endian. */
  float64(): number {
    return this.#bytes.readDoubleBE(this.#move(8));
  }

  /** So many bytes, as a view. */
  bytes(length: number): Buffer {
    const start = this.#move(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Text of so many bytes of UTF-8. */
  text(length: number): string {
    const text = utf8(this.bytes(length));
    if (text === null)
      throw new PyTorchError(null, `the pickle has text that is not UTF-8 before byte ${this.position}`);
    return text;
  }

  /** Text of Python 2, which knew no difference to bytes: bytes where it is not UTF-8. */
  textOrBytes(length: number): string | Uint8Array {
    const bytes = this.bytes(length);
    return utf8(bytes) ?? bytes;
  }

  /** A two's complement, little-endian integer of so many bytes. */
  integer(length: number): number | bigint {
    if (length > MAX_INTEGER) throw new PyTorchError(null, `the pickle has an integer of ${length} bytes`);
    if (length === 0) return 0;
    const bytes = this.bytes(length);
    const unsigned = BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
    return narrowed(BigInt.asIntN(8 * length, unsigned));
  }

  /** The bytes up to the next line feed, which is passed over. */
  line(): Buffer {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) throw this.#cut();
    const line = this.#bytes.subarray(this.position, end);
    this.position = end + 1;
    return line;
  }

  /** A line as UTF-8. */
  textLine(): string {
    const text = utf8(this.line());
    if (text === null)
      throw new PyTorchError(null, `the pickle has text that is not UTF-8 before byte ${this.position}`);
    return text;
  }

  /** A line with a decimal integer, after which Python 2 put an L. */
  integerLine(): number | bigint {
    const line = this.textLine();
    if (line.length > MAX_INTEGER || !/^-?\d+L?$/.test(line)) {
      throw new PyTorchError(null, `the pickle has ${quote(line)} for an integer`);
    }
    return narrowed(BigInt(line.replace("L", "")));
  }

  /** A line with what Python prints for a float. */
  floatLine(): number {
    const line = this.textLine();
    if (line.length > MAX_INTEGER) throw new PyTorchError(null, `the pickle has ${quote(line)} for a float`);
    if (/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(line)) return Number(line);
    if (/^[-+]?(inf|nan)$/.test(line)) {
      return line.endsWith("nan")
        ? Number.NaN
        : line.startsWith("-")
          ? Number.NEGATIVE_INFINITY
          : Number.POSITIVE_INFINITY;
    }
    throw new PyTorchError(null, `the pickle has ${quote(line)} for a float`);
  }

  /** A line with a quoted text of Python 2. */
  quotedLine(): string | Uint8Array {
    const line = this.line().toString("latin1");
    const quoteMark = line[0];
    if (line.length < 2 || !(quoteMark === "'" || quoteMark === '"') || line.at(-1) !== quoteMark) {
      throw new PyTorchError(null, `the pickle has ${quote(line)} for a quoted text`);
    }
    const bytes = Buffer.from(line.slice(1, -1).replace(ESCAPE, unescaped), "latin1");
    return utf8(bytes) ?? bytes;
  }

  /** A line in Python's raw-unicode-escape: Latin-1, other characters as \u or \U and their number. */
  unicodeLine(): string {
    const line = this.line().toString("latin1");
    return line.replace(/\\u([\da-fA-F]{4})|\\U([\da-fA-F]{8})/g, (_, short?: string, long?: string) => {
      const code = Number.parseInt(short ?? long!, 16);
      if (code > 0x10ffff) throw new PyTorchError(null, `the pickle has text with the character ${code}`);
      return String.fromCodePoint(code);
    });
  }

  #move(length: number): number {
    const start = this.position;
    if (length > this.#bytes.length - start) throw this.#cut();
    this.position = start + length;
    return start;
  }

  #cut(): CutShort {
    return new CutShort(null, `the pickle is cut short: it goes on after its ${this.#bytes.length} bytes`);
  }
}

const ESCAPE = /\\(?:x([\da-fA-F]{2})|([0-7]{1,3})|([\s\S]))/g;
const NAMED_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
]);

function unescaped(whole: string, hex?: string, octal?: string, other?: string): string {
  if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
  if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
  return other === "\\" || other === "'" || other === '"' ? other : (NAMED_ESCAPES.get(other!) ?? whole);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text that the bytes are in UTF-8; `null` if they are not. */
function utf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

function narrowed(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
