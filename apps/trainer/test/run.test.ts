/** The whole job in miniature: prepare, train and test, compare, resume; on drawn faces and on photographs. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { encodePng, readManifest, renderFace } from "@roga/datasets";
import { use } from "@roga/runtime";
import { readLog, readScoreTable, runDirectory } from "@roga/training";
import { expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { evaluateRun } from "../src/commands/evaluate.js";
import { resolveConfig } from "../src/config/load.js";
import type { Config } from "../src/config/schema.js";
import { checkDomains, domainsOf } from "../src/data/domains.js";
import { loadCorpus, prepareCorpus, readSkipped } from "../src/data/prepare.js";
import type { Job } from "../src/jobs/messages.js";
import { trainingPlan } from "../src/jobs/method.js";
import { trainAndTest } from "../src/jobs/train-and-test.js";
import { compare } from "../src/output/compare.js";
import { writeContactSheet } from "../src/output/contact-sheet.js";
import { createRunFolder } from "../src/run-folder.js";
import { temporaryFolder } from "./support/temporary-folder.js";

const board = { line: () => ({ update() {}, end() {} }), stop() {} };
const never = new AbortController().signal;

const small = {
  engine: "cpu",
  data: {
    size: 48,
    rendered: { identities: 10, frames: 1 },
    targets: ["gan-upsampling"],
    split: { train: 0.4, val: 0.3, test: 0.3 },
  },
  model: { inputSize: 32 },
  training: { epochs: 1, perDomain: 2 },
  evaluation: { replicates: 50 },
};

async function newRun(settings: object) {
  const folder = join(await temporaryFolder(), "run");
  const config = resolveConfig(settings, "test");
  await createRunFolder(folder, config);
  return { folder, config };
}

it("trains, tests and compares on drawn faces", { timeout: 120_000 }, async () => {
  const { folder, config } = await newRun(small);
  await prepareCorpus(config, folder, board, never);
  const samples = await loadCorpus(config, folder);

  const splits = new Map<string, Set<string | null>>();
  for (const { identity, split } of samples) splits.set(identity, (splits.get(identity) ?? new Set()).add(split));
  expect([...splits.values()].every((set) => set.size === 1)).toBe(true);
  const namesIn = (split: string) => new Set(samples.filter((one) => one.split === split).map((one) => one.domain));
  expect(namesIn("train")).toEqual(new Set(["real", ...domainsOf(config, samples).sources]));
  expect(namesIn("test")).toEqual(new Set(["real", ...domainsOf(config, samples).sources, "gan-upsampling"]));

  const parameters = (await readFile(join(folder, "data", "parameters.jsonl"), "utf8")).trim().split("\n");
  expect(parameters.length).toBe(samples.filter(({ label }) => label === 1).length);
  const splitOf = new Map(samples.map((sample) => [sample.id, sample.split]));
  for (const { id, donor } of parameters.map((line) => JSON.parse(line))) {
    expect(splitOf.get(`real/${donor}`)).toBe(splitOf.get(id));
    expect(donor.split("-")[0]).not.toBe(id.split("/")[1].split("-")[0]);
  }

  await writeContactSheet(join(folder, "contact-sheet.png"), samples);
  const jobs: Job[] = [
    { algorithm: "erm", seed: 1 },
    { algorithm: "roga", seed: 1 },
  ];
  for (const job of jobs) expect(await trainAndTest(folder, job, never, () => {})).toBe(true);

  const table = await compare(folder, config, await use("cpu"), jobs);
  expect(table).toContain("gan-upsampling");
  const { runs } = JSON.parse(await readFile(join(folder, "comparison.json"), "utf8"));
  expect(runs.map(({ algorithm }: Job) => algorithm)).toEqual(["erm", "roga"]);
  const { rows } = await readScoreTable(join(folder, "roga-seed1", "scores", "test.csv"));
  expect(rows.length).toBe(samples.filter(({ split }) => split === "test").length);
  expect(await readdir(folder)).toEqual(expect.arrayContaining(["report.html", "summary.txt", "config.yaml"]));

  // The same data again with everything that the optimizer offers, interrupted within an epoch.
  const rich = resolveConfig(
    {
      ...small,
      optimizer: {
        name: "adamw",
        weightDecay: 0.05,
        noDecay: true,
        groups: [{ name: "^fc2/", learningRateFactor: 2 }],
        clip: { norm: 0.5 },
        schedule: { name: "cosine", warmupSteps: 1, warmupStart: 0.5 },
      },
      average: { name: "swad", recomputeSteps: 1 },
      training: { ...small.training, epochs: 2, microBatch: 1, diagnosticsEvery: 2 },
    },
    "test",
  );
  await writeFile(join(folder, "config.yaml"), stringify(rich));
  const job: Job = { algorithm: "roga", seed: 2 };
  const controller = new AbortController();
  expect(await trainAndTest(folder, job, controller.signal, () => controller.abort())).toBe(false);
  expect(await trainAndTest(folder, job, never, () => {})).toBe(true);
  expect(JSON.parse(await readFile(join(folder, "roga-seed2", "result.json"), "utf8")).selectedEpoch).toBe(2);
  const { log, checkpoints } = runDirectory(join(folder, "roga-seed2"));
  const { entries } = await readLog(log);
  const steps = entries.filter((entry) => entry.kind === "step");
  expect(steps.map(({ diagnostics }) => diagnostics !== undefined)).toEqual(steps.map((_, index) => index % 2 === 0));
  expect(steps.every(({ clipped }) => typeof clipped === "boolean")).toBe(true);
  expect(steps[0]?.learningRate).toBe(0.0015);
  expect(entries.filter((entry) => entry.kind === "validation").map(({ average }) => average)).toEqual([
    "swad",
    "swad",
  ]);
  expect(existsSync(join(checkpoints, "epoch-002", "present.safetensors"))).toBe(true);

  // Evaluating says that its figures are of averages, and of which, and the weights of which network they are.
  const printed: string[] = [];
  vi.spyOn(console, "log").mockImplementation((text) => void printed.push(text));
  const flags = { checkpoint: "best", engine: "cpu", out: join(folder, "scores.csv") };
  await evaluateRun(join(folder, "roga-seed2"), flags);
  expect(printed.join("\n")).toContain("Weights that were scored: the average of the run (swad), not those of a step.");
  printed.length = 0;
  await evaluateRun(join(folder, "roga-seed2"), { ...flags, json: true });
  expect(JSON.parse(printed.join("\n"))).toMatchObject({ checkpoint: "epoch-002", average: "swad", skipped: [] });
  vi.restoreAllMocks();
  const other = { ...rich, model: { ...rich.model, variant: "deepfakebench" } };
  await writeFile(join(folder, "config.yaml"), stringify(other));
  await expect(evaluateRun(join(folder, "roga-seed2"), flags)).rejects.toThrow("weights are of meso4 (keras)");
  await writeFile(join(folder, "config.yaml"), stringify(rich));
  for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal);

  const { notes, selection } = JSON.parse(await comparisonOf(folder, rich, [job]));
  expect(notes).toContainEqual(expect.stringContaining("SWAD"));
  expect(selection).toContain("last-epoch");
});

async function comparisonOf(folder: string, config: Config, jobs: Job[]): Promise<string> {
  await compare(folder, config, await use("cpu"), jobs);
  return readFile(join(folder, "comparison.json"), "utf8");
}

it("makes the same corpus again, byte for byte, in a folder given relative to the working directory", async () => {
  const settings = { ...small, data: { ...small.data, rendered: { identities: 7, frames: 1 } } };
  const runs = [await newRun(settings), await newRun(settings)];
  for (const { folder, config } of runs) await prepareCorpus(config, relative(process.cwd(), folder), board, never);
  const [a, b] = await Promise.all(runs.map(({ folder }) => readManifest(join(folder, "data", "manifest.jsonl"))));
  expect(a?.map(({ id }) => id)).toEqual(b?.map(({ id }) => id));
  for (const [index, sample] of (a ?? []).entries()) {
    expect((await readFile(sample.path)).equals(await readFile(b?.[index]?.path as string))).toBe(true);
  }
});

async function photographs(count: number): Promise<string> {
  const folder = join(await temporaryFolder(), "photographs");
  await mkdir(folder);
  for (let index = 0; index < count; index++) {
    const { image } = renderFace({ seed: 5, identity: index, frame: 0, size: 64 });
    await writeFile(join(folder, `face_${index}.png`), await encodePng(image));
  }
  return folder;
}

it("uses photographs, and leaves unreadable ones out with a count", async () => {
  const real = await photographs(14);
  await truncate(join(real, "face_3.png"), 200);
  await writeFile(join(real, "face_4.jpg"), "");
  const { folder, config } = await newRun({ ...small, data: { ...small.data, real, groupSize: 1 } });
  await prepareCorpus(config, folder, board, never);
  const skipped = await readSkipped(folder);
  expect(skipped.map(({ path }) => path.split("/").pop())).toEqual(["face_3.png", "face_4.jpg"]);
  const reals = (await loadCorpus(config, folder)).filter(({ label }) => label === 0);
  expect(reals.some(({ id }) => id === "real/face_3")).toBe(false);
  // One group is left out on each side of both borders between splits.
  expect(reals.length).toBe(13 - 4);
});

it("keeps photographs of one name in several folders apart, and takes a subfolder for a person", async () => {
  const real = await photographs(0);
  for (const [index, person] of ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].entries()) {
    await mkdir(join(real, person));
    const { image } = renderFace({ seed: 5, identity: index, frame: 0, size: 48 });
    for (const name of ["x.png", "y.png"]) await writeFile(join(real, person, name), await encodePng(image));
  }
  const split = { train: 0.4, val: 0.3, test: 0.3 };
  const { folder, config } = await newRun({ ...small, data: { ...small.data, split, real } });
  await prepareCorpus(config, folder, board, never).catch((error) => expect(error.message).toMatch(/val gets 1/));
  const looser = resolveConfig(
    { ...small, data: { ...small.data, split: { train: 0.2, val: 0.4, test: 0.4 }, real } },
    "",
  );
  await prepareCorpus(looser, folder, board, never);
  const reals = (await loadCorpus(looser, folder)).filter(({ label }) => label === 0);
  expect(new Set(reals.map(({ id }) => id)).size).toBe(reals.length);
  expect(new Set(reals.map(({ identity }) => identity)).size).toBe(reals.length / 2);
});

it("says when photographs are too few, and what to do", async () => {
  const real = await photographs(12);
  const { folder, config } = await newRun({ ...small, data: { ...small.data, real } });
  await expect(prepareCorpus(config, folder, board, never)).rejects.toThrow(
    /12 faces in 2 groups of one person each are too few: .*set data\.groupSize lower/,
  );
});

it("says why no file can be used", async () => {
  const real = await photographs(0);
  await writeFile(join(real, "a.jpg"), "");
  await writeFile(join(real, "b.heic"), "data");
  const { folder, config } = await newRun({ ...small, data: { ...small.data, real } });
  await expect(prepareCorpus(config, folder, board, never)).rejects.toThrow(/none of 2 files in .*b\.heic.*a\.jpg/s);
});

it("an interrupted preparation leaves nothing that passes for a corpus, and starts over", async () => {
  const { folder, config } = await newRun(small);
  const controller = new AbortController();
  const stopping = { ...board, line: () => ({ update: () => controller.abort(), end() {} }) };
  await expect(prepareCorpus(config, folder, stopping, controller.signal)).rejects.toThrow();
  expect(existsSync(join(folder, "data", "manifest.jsonl"))).toBe(false);
  // Nothing is still being written into a folder that the user may now delete.
  await rm(join(folder, "data"), { recursive: true });
  await prepareCorpus(config, folder, board, never);
  expect((await loadCorpus(config, folder)).length).toBeGreaterThan(0);
});

it.each([
  ["an empty folder", {}, /data\.real: no images in/],
  ["a family that does not exist", { sources: ["deepfake"] }, /"deepfake" is no forgery family; known: deepfakes/],
])("refuses %s", async (_, data, message) => {
  const real = join(await temporaryFolder(), "empty");
  await mkdir(real);
  const settings = { ...small, data: { ...small.data, ...("sources" in data ? {} : { real }), ...data } };
  const { folder, config } = await newRun(settings);
  await expect(prepareCorpus(config, folder, board, never)).rejects.toThrow(message);
});

it("refuses a run folder that holds something", async () => {
  const { folder, config } = await newRun(small);
  await expect(createRunFolder(folder, config)).rejects.toThrow(/expected a new or empty folder.*roga train --resume/s);
  await rm(join(folder, "config.yaml"));
  await writeFile(join(folder, "thesis.doc"), "");
  await expect(createRunFolder(folder, config)).rejects.toThrow(/found "thesis\.doc"/);
});

/** A manifest of copies of one readable image: `rows` of label, domain, identity and split. */
async function manifestRun(rows: readonly string[], settings: object = {}) {
  const folder = await temporaryFolder();
  const image = await encodePng(renderFace({ seed: 5, identity: 0, frame: 0, size: 48 }).image);
  const lines = ["path,label,domain,video,identity,split"];
  for (const [index, row] of rows.entries()) {
    const [label, domain, identity, split] = row.split(" ");
    await writeFile(join(folder, `${index}.png`), image);
    lines.push(`${index}.png,${label},${domain},v${index},${identity},${split}`);
  }
  await writeFile(join(folder, "manifest.csv"), `${lines.join("\n")}\n`);
  const manifest = join(folder, "manifest.csv");
  const run = await newRun({ data: { manifest }, training: { perDomain: 2 }, ...settings });
  await prepareCorpus(run.config, run.folder, board, never);
  return { ...run, samples: await loadCorpus(run.config, run.folder) };
}

it("takes a manifest's own domains: those of its training fakes, and the others of its test fakes", async () => {
  const rows = ["real real a train", "fake A b train", "fake B b train", "real real c test", "fake C c test"];
  const { config, samples } = await manifestRun(rows);
  expect(domainsOf(config, samples)).toEqual({ sources: ["A", "B"], targets: ["C"] });
  expect(trainingPlan(config, samples, 1).stepsPerEpoch).toBe(1);
});

it("refuses a person in two splits, and a domain that the test split lacks", async () => {
  const shared = ["real real a train", "fake A a test"];
  await expect(manifestRun(shared)).rejects.toThrow(/identity "a" is in two splits: train .* and test/);
  const rows = ["real real a train", "fake A b train", "real real c val", "fake A d val", "real real e test"];
  const { config, samples } = await manifestRun(rows);
  expect(() => checkDomains(domainsOf(config, samples), samples)).toThrow(
    'the test split needs fakes and reals for domain "A", found 0 and 1',
  );
});

it.each([
  ["one domain only", ["real real a train", "fake A b train"], /at least 2/],
  ["one class only", ["fake A a train", "fake B b train"], /expected real and fake images/],
  [
    "fewer images than a batch",
    ["real real a train", "fake A b train", "fake B b train"],
    /fewer than the 2 of one batch/,
  ],
])("refuses %s before anything is trained", async (_, rows, message) => {
  const { config, samples } = await manifestRun(
    rows,
    message.source.includes("batch") ? { training: { perDomain: 4 } } : {},
  );
  expect(() => trainingPlan(config, samples, 1)).toThrow(message);
});
