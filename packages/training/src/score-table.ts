/**
 * The score table: one row an image, with what every metric and report needs and nothing else.
 * On disk it is CSV (RFC 4180) with the header `sample,video,identity,domain,label,score`. Metrics are computed
 * from the table alone, so a table that was read back gives the figures that it gave when it was written.
 */
import { readFile } from "node:fs/promises";
import { CsvSyntaxError, formatCsvLine, parseCsv } from "./csv.js";

/** The columns of a score table on disk, in order. */
export const SCORE_COLUMNS = ["sample", "video", "identity", "domain", "label", "score"] as const;

/** The score of one image. */
export interface ScoreRow {
  /** Sample id, unique in the table. */
  readonly sample: string;
  /** Video the image is a frame of; unique together with label and domain only. */
  readonly video: string;
  /** The person shown. */
  readonly identity: string;
  /** Forgery method of a fake; `"real"`, or the one domain that it belongs to, for a real. */
  readonly domain: string;
  /** 1 = fake, 0 = real. */
  readonly label: 0 | 1;
  /** P(fake), from 0 to 1. */
  readonly score: number;
}

/** The scores of one model on a set of images. */
export interface ScoreTable {
  /** One row an image, in the order in which they were scored. */
  readonly rows: readonly ScoreRow[];
}

/** A file that is not a score table. The message names the file and the line. */
export class ScoreTableError extends Error {
  /** The class's name. */
  override readonly name = "ScoreTableError";
  /** The file at fault. */
  readonly path: string;
  /** The line at fault, from 1. */
  readonly line: number;

  /**
   * @param path - The file at fault.
   * @param line - The line at fault, from 1.
   * @param detail - What was expected and what came.
   */
  constructor(path: string, line: number, detail: string, options?: ErrorOptions) {
    super(`${path}: line ${line}: ${detail}`, options);
    this.path = path;
    this.line = line;
  }
}

/** The header line of a table on disk. */
export const SCORE_HEADER = formatCsvLine(SCORE_COLUMNS);

/** One row as a CSV line. A score is written with as many digits as give the same number back. */
export function formatScoreRow(row: ScoreRow): string {
  const { sample, video, identity, domain, label, score } = row;
  return formatCsvLine([sample, video, identity, domain, label === 1 ? "fake" : "real", String(score)]);
}

/**
 * Reads a score table from disk.
 *
 * @param path - A CSV file with the header of {@link SCORE_COLUMNS}.
 * @returns Every row, in the order of the file; scores are bit for bit those that were written.
 * @throws {@link ScoreTableError} with the line, for a wrong header, column count, label or score, an empty name,
 *   or a sample that came before. Errors of the file system pass through.
 */
export async function readScoreTable(path: string): Promise<ScoreTable> {
  const rows: ScoreRow[] = [];
  const lines = new Map<string, number>();
  let header = true;
  try {
    for (const { line, fields } of parseCsv(await readFile(path, "utf8"))) {
      if (header) {
        if (fields.join() !== SCORE_COLUMNS.join()) {
          throw new ScoreTableError(path, line, `header must be "${SCORE_COLUMNS.join()}", got "${fields.join()}"`);
        }
        header = false;
        continue;
      }
      const row = parseRow(fields, (detail) => new ScoreTableError(path, line, detail));
      const before = lines.get(row.sample);
      if (before !== undefined) {
        throw new ScoreTableError(path, line, `sample must be unique, got "${row.sample}", which line ${before} has`);
      }
      lines.set(row.sample, line);
      rows.push(row);
    }
  } catch (error) {
    if (error instanceof CsvSyntaxError) throw new ScoreTableError(path, error.line, error.message, { cause: error });
    throw error;
  }
  if (header) throw new ScoreTableError(path, 1, `header must be "${SCORE_COLUMNS.join()}", got an empty file`);
  return { rows };
}

function parseRow(fields: readonly string[], fail: (detail: string) => ScoreTableError): ScoreRow {
  if (fields.length !== SCORE_COLUMNS.length) {
    throw fail(`expected ${SCORE_COLUMNS.length} fields, got ${fields.length}`);
  }
  const [sample, video, identity, domain, label, text] = fields as [string, string, string, string, string, string];
  for (const [column, value] of Object.entries({ sample, video, identity, domain })) {
    if (value === "") throw fail(`${column} must not be empty`);
  }
  if (label !== "real" && label !== "fake") throw fail(`label must be "real" or "fake", got "${label}"`);
  const score = /^[0-9.eE+-]+$/.test(text) ? Number(text) : Number.NaN;
  if (!(score >= 0 && score <= 1)) throw fail(`score must be a number from 0 to 1, got "${text}"`);
  return { sample, video, identity, domain, label: label === "fake" ? 1 : 0, score };
}
