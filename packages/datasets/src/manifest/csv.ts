/**
 * Comma-separated values as RFC 4180 has them: quoted fields may hold commas, doubled quotes and line breaks.
 * Beyond it, a byte order mark is passed over, and lines may end in LF alone.
 */

/** One record and the line of the file that it starts on, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** What is wrong with a CSV text, and on which line. */
export class CsvError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/**
 * Splits CSV text into records; empty lines are none.
 * @throws CsvError if a quote is not closed, or stands within a field that is not quoted.
 */
export function parseCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const start = line;
    const fields: string[] = [];
    for (let more = true; more; ) {
      const field = text[at] === '"' ? quotedField(text, at, line) : plainField(text, at, line);
      fields.push(field.value);
      at = field.end;
      line += field.breaks;
      more = text[at] === ",";
      if (more) at++;
    }
    if (text.startsWith("\r\n", at)) at += 2;
    else if (at < text.length) at++;
    line++;
    if (fields.length > 1 || fields[0] !== "") records.push({ line: start, fields });
  }
  return records;
}

/** The text of one record, with quotes where a field needs them. */
export function formatCsv(fields: readonly string[]): string {
  return fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",");
}

interface Field {
  readonly value: string;
  readonly end: number;
  readonly breaks: number;
}

function plainField(text: string, start: number, line: number): Field {
  let end = start;
  while (end < text.length && !(text[end] === "," || text[end] === "\n" || text.startsWith("\r\n", end))) end++;
  const value = text.slice(start, end);
  if (value.includes('"')) throw new CsvError(line, "a field with quotes in it must be quoted as a whole");
  return { value, end, breaks: 0 };
}

function quotedField(text: string, start: number, line: number): Field {
  let value = "";
  for (let at = start + 1; ; ) {
    const quote = text.indexOf('"', at);
    if (quote < 0) throw new CsvError(line, "a quoted field is never closed");
    value += text.slice(at, quote);
    at = quote + 1;
    if (text[at] === '"') {
      value += '"';
      at++;
      continue;
    }
    if (at < text.length && !(text[at] === "," || text[at] === "\n" || text.startsWith("\r\n", at))) {
      throw new CsvError(line, "expected a comma or the end of the line after a closing quote");
    }
    return { value, end: at, breaks: value.split("\n").length - 1 };
  }
}
