import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { DatasetError, type ReadFolderOptions, readFolder, readPhotographs, type Sample } from "@roga/datasets";
import { describe, expect, it } from "vitest";
import { temporaryFolder, writeFiles } from "../support/folder.js";

async function folderOf(...names: string[]): Promise<string> {
  const folder = await temporaryFolder();
  await writeFiles(folder, Object.fromEntries(names.map((name) => [name, ""])));
  return folder;
}

const shown = (samples: readonly Sample[]) => samples.map(({ id, label, domain, video }) => [id, label, domain, video]);

describe("readFolder", () => {
  it("reads real/ and fake/, frames in natural order", async () => {
    const folder = await folderOf("real/7/10.png", "real/7/2.png", "real/x.JPG", "fake/7_3/0.jpeg", "fake/a.b.webp");
    const samples = await readFolder(folder, { domain: "deepfakes" });
    expect(shown(samples)).toEqual([
      ["real/7/2.png", 0, "real", "7"],
      ["real/7/10.png", 0, "real", "7"],
      ["real/x.JPG", 0, "real", "x"],
      ["fake/7_3/0.jpeg", 1, "deepfakes", "7_3"],
      ["fake/a.b.webp", 1, "deepfakes", "a.b"],
    ]);
    expect(samples[0]).toEqual({
      id: "real/7/2.png",
      path: join(folder, "real/7/2.png"),
      label: 0,
      domain: "real",
      video: "7",
      identity: "7",
      split: null,
    });
  });

  const domains = ["domains/b/fake/1.png", "domains/b/real/2.png", "domains/a/fake/3.png", "real/4.png"];

  it("reads domains/<name>/{real,fake} and shared reals", async () => {
    expect(shown(await readFolder(await folderOf(...domains)))).toEqual([
      ["real/4.png", 0, "real", "4"],
      ["domains/a/fake/3.png", 1, "a", "3"],
      ["domains/b/real/2.png", 0, "real", "2"],
      ["domains/b/fake/1.png", 1, "b", "1"],
    ]);
  });

  it("keeps reals to their domain on request", async () => {
    const samples = await readFolder(await folderOf(...domains), { reals: "perDomain" });
    expect(samples.map(({ domain }) => domain)).toEqual(["real", "a", "b", "b"]);
  });

  it("takes the identity from the video's name as the caller says", async () => {
    const folder = await folderOf("real/071/0.png", "fake/071_054/0.png");
    const samples = await readFolder(folder, { identity: (video) => video.slice(0, 3) });
    expect(samples.map(({ identity }) => identity)).toEqual(["071", "071"]);
  });

  it("reports everything that it does not read", async () => {
    const folder = await folderOf(
      ...domains,
      "notes.txt",
      "masks/1.png",
      "domains/index.csv",
      "domains/a/videos/1.mp4",
      "domains/a/fake/list.txt",
    );
    const ignored: string[] = [];
    await readFolder(folder, { onIgnored: (name) => ignored.push(name) });
    expect(ignored.toSorted()).toEqual([
      "domains/a/fake/list.txt",
      "domains/a/videos",
      "domains/index.csv",
      "masks",
      "notes.txt",
    ]);
  });

  it.each<[string, string[], ReadFolderOptions, string]>([
    ["no fakes", ["real/a.png"], {}, "no images in"],
    ["no reals", ["fake/a.png"], {}, "no images in"],
    ["nothing but text", ["real/a.txt", "fake/b.txt"], {}, "no images in"],
    ["a domain without fakes", [...domains, "domains/c/real/5.png"], {}, "domains/c/fake (looked for .jpg .jpeg .png"],
    ["both layouts at once", [...domains, "fake/5.png"], {}, "holds both domains/ and fake/"],
    ["a domain called real", ["domains/real/fake/1.png", "real/2.png"], {}, '"real" names the real images'],
    ["fakes called real", ["real/1.png", "fake/2.png"], { domain: "real" }, '"real" names the real images'],
  ])("refuses %s", async (_, names, options, message) => {
    const folder = await folderOf(...names);
    await expect(readFolder(folder, options)).rejects.toThrow(DatasetError);
    await expect(readFolder(folder, options)).rejects.toThrow(message);
  });

  it("refuses links out of the root, links to folders, and one file under two names", async () => {
    const outside = await folderOf("x.png");
    const folder = await folderOf("real/a.png", "fake/b.png");
    await symlink(join(outside, "x.png"), join(folder, "fake/x.png"));
    await expect(readFolder(folder)).rejects.toThrow(/fake\/x\.png leaves the folder/);

    const whole = await folderOf("fake/b.png");
    await symlink(outside, join(whole, "real"));
    await expect(readFolder(whole)).rejects.toThrow(/real leaves the folder/);

    const loop = await folderOf("real/a.png", "fake/b.png");
    await symlink(join(loop, "real"), join(loop, "real/again"));
    await expect(readFolder(loop)).rejects.toThrow(/real\/again is not a file/);

    const twice = await folderOf("real/a.png", "fake/b.png");
    await symlink(join(twice, "real/a.png"), join(twice, "fake/c.png"));
    await expect(readFolder(twice)).rejects.toThrow('data.root: "real/a.png" and "fake/c.png" are the same file');
  });

  it("refuses a root that is no folder", async () => {
    const folder = await folderOf("a.png");
    await expect(readFolder(join(folder, "a.png"))).rejects.toThrow("data.root: expected a folder");
    await expect(readFolder(join(folder, "none"))).rejects.toThrow("data.root: expected a folder");
  });
});

describe("readPhotographs", () => {
  it("reads photographs in natural order, each a person of its own", async () => {
    const folder = await folderOf("image_10.jpg", "image_9.jpg", "image_0100.jpg", "notes.txt");
    const ignored: string[] = [];
    const samples = await readPhotographs(folder, { onIgnored: (name) => ignored.push(name) });
    expect(shown(samples)).toEqual([
      ["image_9.jpg", 0, "real", "image_9"],
      ["image_10.jpg", 0, "real", "image_10"],
      ["image_0100.jpg", 0, "real", "image_0100"],
    ]);
    expect(samples.map(({ identity }) => identity)).toEqual(["image_9", "image_10", "image_0100"]);
    expect(ignored).toEqual(["notes.txt"]);
  });

  it("takes a subfolder for a person", async () => {
    const samples = await readPhotographs(await folderOf("ann/1.png", "ann/2.png", "bob/1.png"));
    expect(samples.map(({ identity }) => identity)).toEqual(["ann", "ann", "bob"]);
  });

  it("refuses a folder without images, and one that is none", async () => {
    const folder = await folderOf("notes.txt");
    await mkdir(join(folder, "empty"));
    await expect(readPhotographs(folder)).rejects.toThrow(`data.real: no images in ${folder} (looked for .jpg`);
    await expect(readPhotographs(join(folder, "none"))).rejects.toThrow("data.real: expected a folder");
  });
});
