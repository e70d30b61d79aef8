import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatasetError, readManifest, type Sample, writeManifest } from "@roga/datasets";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { temporaryFolder, writeFiles } from "../support/folder.js";
import { sample } from "../support/samples.js";

const HEADER = "path,label,domain,video,split";

/** A folder with two images in it and one beside it. */
async function dataset(): Promise<string> {
  const folder = join(await temporaryFolder(), "set");
  await writeFiles(folder, { "real/a.png": null, "fake/b.png": null, "../outside.png": null });
  return folder;
}

async function readLines(folder: string, lines: string[], name = "manifest.csv"): Promise<Sample[]> {
  await writeFile(join(folder, name), lines.join("\n"));
  return readManifest(join(folder, name));
}

const json = (fields: object) =>
  JSON.stringify({ path: "real/a.png", label: "real", domain: "real", video: "v", split: "", ...fields });

describe("readManifest", () => {
  it("reads the columns, in any order, with defaults for those that are absent", async () => {
    const folder = await dataset();
    const samples = await readLines(folder, [
      "label,path,split,video,domain",
      "real,real/a.png,train,071,real",
      "fake,fake/b.png,,071_054,deepfakes",
    ]);
    expect(samples).toEqual([
      {
        id: "real/a.png",
        path: join(folder, "real/a.png"),
        label: 0,
        domain: "real",
        video: "071",
        identity: "071",
        split: "train",
      },
      {
        id: "fake/b.png",
        path: join(folder, "fake/b.png"),
        label: 1,
        domain: "deepfakes",
        video: "071_054",
        identity: "071_054",
        split: null,
      },
    ]);
  });

  it("reads the same from JSON Lines, with optional columns", async () => {
    const folder = await dataset();
    const [first, second] = await readLines(
      folder,
      [
        json({ split: "val" }),
        "",
        json({
          path: "fake/b.png",
          label: "fake",
          domain: "x",
          id: "b",
          identity: "p",
          mask: "real/a.png",
          split: null,
        }),
      ],
      "manifest.jsonl",
    );
    expect(first).toMatchObject({ id: "real/a.png", split: "val", identity: "v" });
    expect(first).not.toHaveProperty("mask");
    expect(second).toMatchObject({ id: "b", identity: "p", mask: join(folder, "real/a.png"), split: null });
  });

  it("takes paths relative to the root, or absolute ones within it", async () => {
    const folder = await dataset();
    const elsewhere = join(await temporaryFolder(), "manifest.csv");
    await writeFile(elsewhere, `${HEADER}\nreal/a.png,real,real,v,\n${join(folder, "fake/b.png")},fake,x,w,\n`);
    const samples = await readManifest(elsewhere, { root: folder });
    expect(samples.map(({ path }) => path)).toEqual([join(folder, "real/a.png"), join(folder, "fake/b.png")]);
  });

  it("reads quoted fields, carriage returns, a byte order mark and a last line without an end", async () => {
    const folder = await dataset();
    await writeFiles(folder, { 'odd, "name"\n.png': null });
    const lines = [
      `\uFEFF${HEADER}\r`,
      '"odd, ""name""\n.png",real,real,"a,b",\r',
      "\r",
      'real/a.png,"real",real,"w","test"',
    ];
    expect(await readLines(folder, lines)).toMatchObject([
      { id: 'odd, "name"\n.png', video: "a,b", split: null },
      { id: "real/a.png", video: "w", split: "test" },
    ]);
    // The break within quotes is a line of the file too, and so is the empty one.
    const wrong = readLines(folder, [...lines, "real/a.png,real,real,,"]);
    await expect(wrong).rejects.toThrow("data.manifest: line 6: video must not be empty");
  });

  it("accepts links that stay within the root", async () => {
    const folder = await dataset();
    await symlink(join(folder, "real/a.png"), join(folder, "link.png"));
    expect(await readLines(folder, [HEADER, "link.png,real,real,v,"])).toMatchObject([
      { id: "link.png", path: join(folder, "real/a.png") },
    ]);
  });
});

describe("readManifest refuses", () => {
  const lines = Array.from({ length: 12 }, () => "");
  it.each([
    [
      "a label that is none",
      [...lines, "real/a.png,1.0,real,v,"],
      'line 14: label must be "real" or "fake", got "1.0"',
    ],
    ["a label in capitals", ["real/a.png,REAL,real,v,"], 'line 2: label must be "real" or "fake", got "REAL"'],
    [
      "a split that is none",
      ["real/a.png,real,real,v,dev"],
      'line 2: split must be "train", "val", "test" or empty, got "dev"',
    ],
    ["an empty path", [",real,real,v,"], "line 2: path must not be empty"],
    ["an empty domain", ["real/a.png,real,,v,"], "line 2: domain must not be empty"],
    [
      "a fake without a method",
      ["fake/b.png,fake,real,v,"],
      'line 2: domain of a fake must name its forgery method, got "real"',
    ],
    ["a missing field", ["real/a.png,real,real,v"], "line 2: expected 5 fields as in the header, got 4"],
    ["a field too many", ["real/a.png,real,real,v,,"], "line 2: expected 5 fields as in the header, got 6"],
    ["a missing file", ["real/c.png,real,real,v,"], 'line 2: path "real/c.png" does not exist'],
    ["a folder", ["real,real,real,v,"], 'line 2: path "real" is not a file'],
    [
      "a path out of the root",
      ["real/a.png,real,real,v,", "../outside.png,real,real,v,"],
      'line 3: path "../outside.png" leaves the folder',
    ],
    ["one that leads to nothing", ["../nothing.png,real,real,v,"], 'line 2: path "../nothing.png" leaves the folder'],
    ["one out of the root and back", ["../set/../outside.png,real,real,v,"], "line 2: path"],
    ["an absolute path elsewhere", ["/etc/hostname,real,real,v,"], 'line 2: path "/etc/hostname" leaves the folder'],
    ["an open quote", ['real/a.png,real,"real,v,', "x"], "line 2: a quoted field is never closed"],
    [
      "a quote within a field",
      ['re"al/a.png,real,real,v,'],
      "line 2: a field with quotes in it must be quoted as a whole",
    ],
    ["text after a quote", ['"real/a.png"x,real,real,v,'], "line 2: expected a comma or the end of the line"],
  ])("%s", async (_, rows, message) => {
    const folder = await dataset();
    const reading = readLines(folder, [HEADER, ...rows]);
    await expect(reading).rejects.toThrow(DatasetError);
    await expect(reading).rejects.toThrow(`data.manifest: ${message}`);
  });

  it.each([
    ["path,label,domain,split", "line 1: the header lacks video"],
    [`${HEADER},compression`, 'line 1: unknown column "compression", expected path, label'],
    [`${HEADER},label`, 'line 1: column "label" is there twice'],
    [`${HEADER},__proto__`, 'line 1: unknown column "__proto__"'],
  ])("the header %s", async (header, message) => {
    const folder = await dataset();
    await expect(readLines(folder, [header, "x"])).rejects.toThrow(`data.manifest: ${message}`);
  });

  it.each([
    ["text that is not JSON", "{path", "line 2: is not JSON"],
    ["a list", "[1]", "line 2: expected an object, got [1]"],
    ["a number for a text", json({ path: "fake/b.png", video: 71 }), "line 2: video must be text, got 71"],
    ["a number for a label", json({ path: "fake/b.png", label: 1 }), 'line 2: label must be "real" or "fake", got 1'],
    [
      "an absent label",
      json({ path: "fake/b.png", label: undefined }),
      'line 2: label must be "real" or "fake", got nothing',
    ],
    ["an unknown column", json({ path: "fake/b.png", method: "x" }), 'line 2: unknown column "method"'],
    ["an id twice", json({ path: "fake/b.png", id: "real/a.png" }), 'line 2: the id "real/a.png" is on line 1 already'],
    [
      "a mask out of the root",
      json({ path: "fake/b.png", mask: "../outside.png" }),
      'line 2: mask "../outside.png" leaves',
    ],
  ])("in JSON Lines, %s", async (_, line, message) => {
    const folder = await dataset();
    await expect(readLines(folder, [json({}), line], "m.jsonl")).rejects.toThrow(`data.manifest: ${message}`);
  });

  it("an image twice, under whichever names", async () => {
    const folder = await dataset();
    const reading = readLines(folder, [HEADER, "real/a.png,real,real,v,", "real/../real/a.png,real,real,w,"]);
    const image = JSON.stringify(join(folder, "real/a.png"));
    await expect(reading).rejects.toThrow(`data.manifest: line 3: the image ${image} is on line 2 already`);
  });

  it("at the first of several faults", async () => {
    const folder = await dataset();
    const twice = "real/a.png,real,real,v,";
    const rows = [twice, "none.png,real,real,v,", twice, "real/a.png,true,real,v,"];
    await expect(readLines(folder, [HEADER, ...rows])).rejects.toThrow('data.manifest: line 3: path "none.png"');
  });

  it("symbolic links that leave the root, of files and of folders", async () => {
    const folder = await dataset();
    await symlink(join(folder, "../outside.png"), join(folder, "file.png"));
    await symlink(join(folder, ".."), join(folder, "up"));
    await expect(readLines(folder, [HEADER, "file.png,real,real,v,"])).rejects.toThrow(
      'line 2: path "file.png" leaves the folder',
    );
    await expect(readLines(folder, [HEADER, "up/outside.png,real,real,v,"])).rejects.toThrow('"up/outside.png" leaves');
  });

  it("a folder whose name only starts like the root's", async () => {
    const folder = await dataset();
    await writeFiles(folder, { "../set2/c.png": null });
    await expect(readLines(folder, [HEADER, "../set2/c.png,real,real,v,"])).rejects.toThrow("leaves the folder");
  });

  it("files that are empty, missing, not text, or of another kind", async () => {
    const folder = await dataset();
    await expect(readLines(folder, [HEADER])).rejects.toThrow("lists no images");
    await expect(readLines(folder, [""], "m.jsonl")).rejects.toThrow("lists no images");
    await expect(readManifest(join(folder, "none.csv"))).rejects.toThrow(/data\.manifest: .*none\.csv cannot be read/);
    await expect(readManifest(join(folder, "list.txt"))).rejects.toThrow("expected a .csv or .jsonl file");
    await writeFile(join(folder, "latin.csv"), Buffer.from(`${HEADER}\ncaf\xe9.png,real,real,v,`, "latin1"));
    await expect(readManifest(join(folder, "latin.csv"))).rejects.toThrow("latin.csv is not UTF-8 text");
    await writeFile(join(folder, "good.csv"), `${HEADER}\nreal/a.png,real,real,v,`);
    await expect(readManifest(join(folder, "good.csv"), { root: join(folder, "none") })).rejects.toThrow(
      "data.root: expected a folder",
    );
  });
});

describe("writeManifest", () => {
  it.each(["csv", "jsonl"])("writes .%s that reads back unchanged", async (extension) => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { "0": null, "1": null, "2": null });
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
    const path = join(folder, `manifest.${extension}`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text, text), { minLength: 1, maxLength: 3 }), async (rows) => {
        const samples = rows.map(([id, domain, video], i) =>
          sample(`${i}${id}`, {
            path: join(folder, `${i}`),
            label: domain === "real" ? 0 : 1,
            domain,
            video,
            identity: `${video}!`,
            split: ([null, "train", "val", "test"] as const)[id.length % 4]!,
            ...(i === 1 ? { mask: join(folder, "2") } : {}),
          }),
        );
        await writeManifest(path, samples);
        expect(await readManifest(path)).toEqual(samples);
      }),
      { numRuns: 50, seed: 1 },
    );
    expect((await readdir(folder)).toSorted()).toEqual(["0", "1", "2", `manifest.${extension}`]);
  });

  it("writes paths that move with the folder", async () => {
    const folder = await dataset();
    await writeManifest(join(folder, "m.csv"), [sample("a", { path: join(folder, "real/a.png") })]);
    expect(await readFile(join(folder, "m.csv"), "utf8")).toBe(
      "path,label,domain,video,split,id,identity,mask\nreal/a.png,real,real,a,,a,a,\n",
    );
  });

  it("refuses what it could not read back", async () => {
    const folder = await dataset();
    const path = join(folder, "m.csv");
    const good = sample("a", { path: join(folder, "real/a.png") });
    await expect(writeManifest(join(folder, "m.txt"), [good])).rejects.toThrow("expected a .csv or .jsonl file");
    await expect(writeManifest(path, [])).rejects.toThrow("got none");
    await expect(writeManifest(path, [{ ...good, path: join(folder, "../outside.png") }])).rejects.toThrow(
      'sample "a": ',
    );
    await expect(writeManifest(path, [{ ...good, video: "" }])).rejects.toThrow('sample "a": video must not be empty');
    await expect(writeManifest(path, [{ ...good, label: 1 }])).rejects.toThrow(
      'sample "a": domain must name the forgery method',
    );
    await mkdir(join(folder, "sub"));
    await expect(writeManifest(path, [good], { root: join(folder, "sub") })).rejects.toThrow("leaves the folder");
    expect(await readdir(folder)).not.toContain("m.csv");
  });
});
