/**
 * Manifests as samples: a table with one image a line, as CSV (`.csv`, with a header line) or JSON Lines (`.jsonl`,
 * one object a line). Columns: `path,label,domain,video,split` and, where known, `id,identity,mask`; labels are the
 * words `real` and `fake`, because 1 means real in some releases and fake in others. Every error names the line.
 */
import { readFile } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { DatasetError } from "../errors.js";
import { Root } from "../io/contained-path.js";
import type { Sample } from "../sample.js";
import { CsvError, type CsvRecord, parseCsv } from "./csv.js";
import { COLUMNS, parseRecord, REQUIRED_COLUMNS, show, unknownColumn } from "./record.js";

/** Options of {@link readManifest} and {@link writeManifest}. */
export interface ManifestOptions {
  /** The folder that paths are relative to and may not leave. Default: the manifest's own folder. */
  readonly root?: string;
}

const OPTION = "data.manifest";

/** Lines whose files are looked up together: the system is asked many small questions. */
const LINES_AT_A_TIME = 256;

/**
 * Reads a manifest. Where a line has no `id`, its path is one; where it has no `identity`, its video is one.
 * @param path A `.csv` or `.jsonl` file.
 * @returns Samples in the order of the lines, with absolute paths; the images are not opened.
 * @throws DatasetError with option `data.manifest` that names the line: a wrong label or split, an unknown or missing
 *   column, a file that does not exist or lies outside the root (symbolic links resolved), an image or id twice.
 */
export async function readManifest(path: string, options: ManifestOptions = {}): Promise<Sample[]> {
  const lines = parserOf(path)(await readText(path));
  if (lines.length === 0) throw new DatasetError(OPTION, `${path} lists no images`);
  const root = await openRoot(options.root ?? dirname(path));
  const firstWithPath = new Map<string, number>();
  const firstWithId = new Map<string, number>();
  const samples: Sample[] = [];
  for (let start = 0; start < lines.length; start += LINES_AT_A_TIME) {
    const part = lines.slice(start, start + LINES_AT_A_TIME);
    // Settled, so that of several faults the first in the file is the one that is reported.
    const read = await Promise.allSettled(part.map(({ line, value }) => toSample(line, value, root)));
    for (const [i, result] of read.entries()) {
      if (result.status === "rejected") throw result.reason;
      const { line } = part[i]!;
      refuseSecond(firstWithPath, result.value.path, line, `the image ${show(result.value.path)}`);
      refuseSecond(firstWithId, result.value.id, line, `the id ${show(result.value.id)}`);
      samples.push(result.value);
    }
  }
  return samples;
}

interface Line {
  readonly line: number;
  readonly value: unknown;
}

function parserOf(path: string): (text: string) => Line[] {
  const extension = extname(path).toLowerCase();
  if (extension === ".csv") return csvLines;
  if (extension === ".jsonl") return jsonLines;
  throw new DatasetError(OPTION, `expected a .csv or .jsonl file, got ${path}`);
}

function csvLines(text: string): Line[] {
  let records: CsvRecord[];
  try {
    records = parseCsv(text);
  } catch (cause) {
    throw cause instanceof CsvError ? atLine(cause.line, cause.message) : cause;
  }
  const header = records.shift();
  if (header === undefined) return [];
  checkHeader(header);
  return records.map(({ line, fields }) => {
    if (fields.length !== header.fields.length) {
      throw atLine(line, `expected ${header.fields.length} fields as in the header, got ${fields.length}`);
    }
    return { line, value: Object.fromEntries(header.fields.map((column, i) => [column, fields[i]])) };
  });
}

function checkHeader({ line, fields }: CsvRecord): void {
  const missing = REQUIRED_COLUMNS.filter((column) => !fields.includes(column));
  if (missing.length > 0) throw atLine(line, `the header lacks ${missing.join(", ")}, got ${show(fields.join(","))}`);
  const seen = new Set<string>();
  for (const column of fields) {
    if (seen.has(column)) throw atLine(line, `column ${show(column)} is there twice`);
    seen.add(column);
  }
  const unknown = fields.find((column) => !COLUMNS.includes(column));
  if (unknown !== undefined) throw atLine(line, unknownColumn(unknown));
}

function jsonLines(text: string): Line[] {
  const lines: Line[] = [];
  for (const [index, content] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    if (content.trim() === "") continue;
    try {
      lines.push({ line: index + 1, value: JSON.parse(content) });
    } catch (cause) {
      throw atLine(index + 1, `is not JSON (${cause instanceof Error ? cause.message : String(cause)})`);
    }
  }
  return lines;
}

async function toSample(line: number, value: unknown, root: Root): Promise<Sample> {
  const parsed = parseRecord(value);
  if ("problem" in parsed) throw atLine(line, parsed.problem);
  const { record } = parsed;
  const file = async (column: "path" | "mask", name: string) => {
    const found = await root.resolve(name);
    if ("refused" in found) throw atLine(line, `${column} ${show(name)} ${found.refused}`);
    return found.path;
  };
  return {
    id: record.id ?? record.path,
    path: await file("path", record.path),
    label: record.label === "fake" ? 1 : 0,
    domain: record.domain,
    video: record.video,
    identity: record.identity ?? record.video,
    split: record.split,
    ...(record.mask === undefined ? {} : { mask: await file("mask", record.mask) }),
  };
}

function refuseSecond(seen: Map<string, number>, key: string, line: number, what: string): void {
  const first = seen.get(key);
  if (first !== undefined) throw atLine(line, `${what} is on line ${first} already`);
  seen.set(key, line);
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DatasetError(OPTION, `${path} cannot be read (${reason})`, { cause });
  });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DatasetError(OPTION, `${path} is not UTF-8 text`, { cause });
  }
}

async function openRoot(path: string): Promise<Root> {
  return Root.open(path).catch((cause: unknown) => {
    throw new DatasetError("data.root", `expected a folder, got ${path}, which is none`, { cause });
  });
}

function atLine(line: number, problem: string): DatasetError {
  return new DatasetError(OPTION, `line ${line}: ${problem}`);
}
