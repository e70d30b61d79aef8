import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readScoreTable, type ScoreRow, ScoreTableError } from "../src/index.js";
import { ScoreWriter } from "../src/score-writer.js";

const HEADER = "sample,video,identity,domain,label,score\n";
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "roga-scores-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(text: string): Promise<string> {
  const path = join(folder, "table.csv");
  await writeFile(path, text);
  return path;
}

const row: ScoreRow = { sample: "a/1", video: "a", identity: "a", domain: "swap", label: 1, score: 0.1 + 0.2 };

describe("a table that was written", () => {
  test("reads back equal, for any text and any score", async () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
    const awkward = fc.constantFrom("a,b", 'say "x"', "two\nlines", "cr\r\nlf", "\r", '"', ",", " ");
    const name = fc.oneof(text, awkward);
    const score = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);
    const rows = fc.uniqueArray(
      fc.record({
        sample: name,
        video: name,
        identity: name,
        domain: name,
        label: fc.constantFrom(0 as const, 1 as const),
        score,
      }),
      { selector: (entry) => entry.sample, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(rows, async (expected) => {
        const path = join(folder, "round-trip.csv");
        const writer = await ScoreWriter.open(path);
        for (const one of expected) await writer.append([one]);
        await writer.commit();
        expect((await readScoreTable(path)).rows).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  test("has the documented form", async () => {
    const path = join(folder, "form.csv");
    const writer = await ScoreWriter.open(path);
    await writer.append([row, { ...row, sample: 'b,"2"', label: 0, domain: "real", score: 1e-9 }]);
    await writer.commit();
    const { readFile } = await import("node:fs/promises");
    expect(await readFile(path, "utf8")).toBe(
      `${HEADER}a/1,a,a,swap,fake,0.30000000000000004\n"b,""2""",a,a,real,real,1e-9\n`,
    );
  });

  test("is not there before it is whole, and never if given up", async () => {
    const path = join(folder, "half", "table.csv");
    const writer = await ScoreWriter.open(path);
    await writer.append([row]);
    expect(await readdir(join(folder, "half"))).not.toContain("table.csv");
    await writer.discard();
    expect(await readdir(join(folder, "half"))).toEqual([]);
  });
});

describe("a table from elsewhere", () => {
  test("may end its lines in CRLF and lack the last line break", async () => {
    const path = await fileOf(`${HEADER.replace("\n", "\r\n")}s,v,i,real,real,0.25\r\nt,"v,1",i,swap,fake,1`);
    expect((await readScoreTable(path)).rows).toEqual([
      { sample: "s", video: "v", identity: "i", domain: "real", label: 0, score: 0.25 },
      { sample: "t", video: "v,1", identity: "i", domain: "swap", label: 1, score: 1 },
    ]);
  });

  const good = "s,v,i,real,real,0.25\n";
  test.each([
    ["", 1, "got an empty file"],
    ["sample,score\n", 1, 'got "sample,score"'],
    [`${HEADER}${good}t,v,i,swap,1.0,0.5\n`, 3, 'label must be "real" or "fake", got "1.0"'],
    [
      `${HEADER}${good}"two\nlines",v,i,swap,fake,0.5\nt,v,i,swap,fake,NaN\n`,
      5,
      'score must be a number from 0 to 1, got "NaN"',
    ],
    [`${HEADER}t,v,i,swap,fake,\n`, 2, 'score must be a number from 0 to 1, got ""'],
    [`${HEADER}t,v,i,swap,fake,1.5\n`, 2, 'got "1.5"'],
    [`${HEADER}t,v,i,swap,fake,0x1\n`, 2, 'got "0x1"'],
    [`${HEADER}t,,i,swap,fake,0.5\n`, 2, "video must not be empty"],
    [`${HEADER}t,v,i,swap,fake\n`, 2, "expected 6 fields, got 5"],
    [`${HEADER}${good}${good}`, 3, 'got "s", which line 2 has'],
    [`${HEADER}${good}"t,v,i,swap,fake,0.5\n`, 3, "expected a closing quote"],
    [`${HEADER}${good}"t"x,v,i,swap,fake,0.5\n`, 3, 'expected a comma or a line break, got "x"'],
  ])("is refused with the line: %j", async (text, line, detail) => {
    const path = await fileOf(text);
    const error = await readScoreTable(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ScoreTableError);
    const { message, ...fields } = error as ScoreTableError;
    expect(fields).toMatchObject({ path, line });
    expect(message).toContain(`${path}: line ${line}: `);
    expect(message).toContain(detail);
  });
});
