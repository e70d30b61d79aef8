/**
 * Comma-separated values as RFC 4180 defines them: fields that hold a comma, a quote or a line break are quoted,
 * quotes in them doubled. Lines end in LF when written; CRLF is read as well.
 */

/** One record of a CSV text. */
export interface CsvRecord {
  /** The line it starts on, from 1; a quoted field may span several. */
  readonly line: number;
  /** The fields, unquoted. */
  readonly fields: readonly string[];
}

/** The text breaks the CSV grammar. */
export class CsvSyntaxError extends Error {
  /** The class's name. */
  override readonly name = "CsvSyntaxError";
  /** The line at fault, from 1. */
  readonly line: number;

  /**
   * @param line - The line at fault, from 1.
   * @param detail - What was expected.
   */
  constructor(line: number, detail: string) {
    super(detail);
    this.line = line;
  }
}

/** One CSV line of `fields`, with its line break. */
export function formatCsvLine(fields: readonly string[]): string {
  return `${fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",")}\n`;
}

/** The field that opens with a quote at `start`, unquoted, and where it ends. */
function quotedField(text: string, start: number, line: number): { value: string; end: number } {
  for (let end = start + 1; ; end += 2) {
    end = text.indexOf('"', end);
    if (end === -1) throw new CsvSyntaxError(line, "expected a closing quote before the end of the text");
    if (text[end + 1] !== '"') return { value: text.slice(start + 1, end).replaceAll('""', '"'), end: end + 1 };
  }
}

const PLAIN = /[^",\r\n]*/y;

/**
 * The records of a CSV text, in order.
 *
 * @throws {@link CsvSyntaxError} where a quoted field does not end or has text after its closing quote
 */
export function* parseCsv(text: string): Generator<CsvRecord> {
  let position = 0;
  let line = 1;
  while (position < text.length) {
    const start = line;
    const fields: string[] = [];
    for (;;) {
      if (text[position] === '"') {
        const { value, end } = quotedField(text, position, line);
        fields.push(value);
        line += value.split("\n").length - 1;
        position = end;
      } else {
        PLAIN.lastIndex = position;
        const value = PLAIN.exec(text)?.[0] ?? "";
        fields.push(value);
        position += value.length;
      }
      if (text[position] !== ",") break;
      position++;
    }
    if (text[position] === "\r" && text[position + 1] === "\n") position++;
    if (position < text.length && text[position] !== "\n") {
      throw new CsvSyntaxError(line, `expected a comma or a line break, got ${JSON.stringify(text[position])}`);
    }
    position++;
    line++;
    yield { line: start, fields };
  }
}
