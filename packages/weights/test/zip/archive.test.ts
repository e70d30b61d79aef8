import { describe, expect, it } from "vitest";
import { MemorySource } from "../../src/files/byte-source.js";
import { WeightsError } from "../../src/weights-error.js";
import { ZipArchive } from "../../src/zip/archive.js";
import { MemorySink, ZipWriter } from "../../src/zip/writer.js";
import { errorOf } from "../support/errors.js";
import { type EntrySpec, rawZip } from "./support.js";

const open = (bytes: Uint8Array) => ZipArchive.open(new MemorySource(bytes), WeightsError);
const hello: EntrySpec = { name: "hello", content: Buffer.from("hello hello hello hello hello") };
const other: EntrySpec = { name: "other", content: Buffer.from("other") };

async function readAll(bytes: Uint8Array): Promise<Map<string, string>> {
  const archive = await open(bytes);
  const contents = new Map<string, string>();
  for (const name of archive.entries.keys()) contents.set(name, Buffer.from(await archive.read(name)).toString());
  return contents;
}

it("reads stored and deflated entries, whole or their starts", async () => {
  const bytes = rawZip(
    [hello, { ...other, deflate: true }, { name: "empty", content: Buffer.alloc(0), deflate: true }],
    {
      comment: "PK\u0005\u0006 and more, which is only a comment",
    },
  );
  expect(await readAll(bytes)).toEqual(
    new Map([
      ["hello", "hello hello hello hello hello"],
      ["other", "other"],
      ["empty", ""],
    ]),
  );
  const archive = await open(bytes);
  expect(Buffer.from(await archive.start("hello", 5)).toString()).toBe("hello");
  expect(Buffer.from(await archive.start("other", 3)).toString()).toBe("oth");
  expect(Buffer.from(await archive.start("other", 99)).toString()).toBe("other");
});

it("reads the start of a large deflated entry without the rest", async () => {
  const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> 3);
  const archive = await open(rawZip([{ name: "x", content, deflate: true }]));
  expect(await archive.start("x", 1000)).toEqual(content.slice(0, 1000));
});

describe("refuses", () => {
  const zeros = Buffer.alloc(100_000);
  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "not a ZIP file"],
    ["no directory", Buffer.from("PK\u0003\u0004".padEnd(100)), "no end record"],
    ["an entry twice", rawZip([hello, hello]), '"hello" twice'],
    ["encryption", rawZip([{ ...hello, flags: 1 }]), "encrypted"],
    ["another method", rawZip([{ ...hello, method: 14 }]), "got method 14"],
    ["a stored entry of two sizes", rawZip([{ ...hello, size: 9 }]), "stored, but of sizes 9 and 29"],
    ["an entry beyond the directory", rawZip([{ ...hello, size: 99, compressedSize: 99 }]), "reaches beyond"],
    ["an entry after the directory", rawZip([{ ...hello, position: 100 }]), "reaches beyond"],
    ["entries on the same bytes", rawZip([hello, { ...other, position: 0 }]), "reaches beyond byte 0"],
    ["an entry within another", rawZip([hello, { ...other, position: 10 }]), "reaches beyond byte 10"],
    [
      "more than deflate can do",
      rawZip([{ ...hello, deflate: true, size: 0xfffffff0 }]),
      "cannot inflate to 4294967280",
    ],
    ["fewer entries than counted", rawZip([hello], { count: 2 }), "cannot hold 2 entries"],
    ["more entries than counted", rawZip([hello, other], { count: 1 }), "goes on after its 1 entries"],
    ["a directory elsewhere", rawZip([hello], { position: 3 }), "its end record at"],
  ])("%s", async (_, bytes, message) => {
    expect((await errorOf(() => open(new Uint8Array(bytes)))).message).toContain(message);
  });

  it.each<[string, EntrySpec, string]>([
    ["another name in the entry's own header", { ...hello, localName: "hullo" }, "differ"],
    ["a checksum that differs", { ...hello, crc: 1 }, "checksum"],
    ["less than it claims", { name: "z", content: zeros, deflate: true, size: 100_001 }, "inflates to 100000 bytes"],
    ["more than it claims", { name: "z", content: zeros, deflate: true, size: 99_999 }, "more than its 99999"],
    ["deflated data that are none", { name: "z", content: Buffer.from([7, 7, 7]), method: 8 }, "broken"],
    ["deflated data that are cut", { name: "z", content: Buffer.from([99]), method: 8, size: 1 }, "broken"],
  ])("%s", async (_, entry, message) => {
    expect((await errorOf(() => readAll(rawZip([entry])))).message).toContain(message);
  });

  it("a bomb of many entries that each could be", async () => {
    const bomb = { content: Buffer.alloc(2 ** 20), deflate: true };
    const entries = Array.from({ length: 10 }, (_, i) => ({ ...bomb, name: `${i}`, size: 1020 * 2 ** 17, crc: 0 }));
    // 1 MiB of zeros takes about a thousandth of it: the directory claims 128 times as much for each.
    expect((await errorOf(() => open(rawZip(entries)))).message).toMatch(/cannot inflate|more than the limit/);
  });
});

describe("ZipWriter", () => {
  it("aligns data and reads back", async () => {
    const sink = new MemorySink();
    const zip = new ZipWriter(sink, 64);
    for (let length = 0; length < 70; length++) {
      await zip.add("n".repeat(length + 1), Buffer.from("a".repeat(length)), Buffer.from("b"));
    }
    await zip.finish();
    const bytes = Buffer.from(sink.bytes());
    const contents = await readAll(sink.bytes());
    expect(contents.size).toBe(70);
    for (const content of contents.values()) {
      expect(content).toMatch(/^a*b$/);
    }
    expect(bytes.indexOf("aaaaab") % 64).toBe(0);
  });

  it("writes more entries than 16 bits count", async () => {
    const sink = new MemorySink();
    const zip = new ZipWriter(sink);
    for (let i = 0; i < 65_536; i++) await zip.add(`${i}`);
    await zip.finish();
    expect((await open(sink.bytes())).entries.size).toBe(65_536);
  });
});
