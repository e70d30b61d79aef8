/**
 * The corpus of a run: the samples of a manifest, or forgeries made from photographs or drawn faces and kept in the
 * run folder. Making it again gives the same corpus; a run that goes on uses the one it has.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  DatasetError,
  ImageLoader,
  REAL_DOMAIN,
  readManifest,
  type Sample,
  SPLITS,
  type Split,
  splitByGroup,
  splitByIdentity,
  verifyImages,
  writeFileAtomic,
} from "@roga/datasets";
import type { Config } from "../config/schema.js";
import type { ProgressBoard } from "../output/progress.js";
import { dataFolder, SKIPPED_FILE } from "../run-folder.js";
import { familiesToForge } from "./domains.js";
import { type FaceSource, photographFaces, renderedFaces, type Skipped } from "./faces.js";
import { forgeCorpus, type SplitFaces } from "./forge-corpus.js";

/** Makes or checks the corpus of a run, unless it has one. */
export async function prepareCorpus(
  config: Config,
  run: string,
  board: ProgressBoard,
  signal: AbortSignal,
): Promise<void> {
  if (existsSync(join(run, SKIPPED_FILE))) return;
  const skipped =
    config.data.manifest === null
      ? await forgeFaces(config, run, board, signal)
      : await checkManifest(config.data.manifest, config, board);
  await writeFileAtomic(join(run, SKIPPED_FILE), `${JSON.stringify(skipped, null, 2)}\n`);
}

/** What a prepared run left out. */
export async function readSkipped(run: string): Promise<readonly Skipped[]> {
  return JSON.parse(await readFile(join(run, SKIPPED_FILE), "utf8"));
}

/** The samples of a prepared run, each with its split; those that it left out are absent. */
export async function loadCorpus(config: Config, run: string): Promise<Sample[]> {
  if (config.data.manifest === null) return readManifest(join(dataFolder(run), "manifest.jsonl"));
  const left = new Set((await readSkipped(run)).map(({ path }) => path));
  return (await listManifest(config.data.manifest, config)).filter(({ path }) => !left.has(path));
}

async function checkManifest(manifest: string, config: Config, board: ProgressBoard): Promise<readonly Skipped[]> {
  const samples = await listManifest(manifest, config);
  const line = board.line("check images", samples.length);
  const loader = new ImageLoader({ size: config.model.inputSize });
  const { unreadable } = await verifyImages(samples, loader, (done) => line.update(done, "", null));
  line.end(`${samples.length} images, ${unreadable.length} unreadable`);
  return unreadable.map(({ path, reason }) => ({ path, reason }));
}

/** A manifest's samples; where it brings no splits, its identities are split. */
async function listManifest(manifest: string, { data, dataSeed }: Config): Promise<Sample[]> {
  const samples = await readManifest(manifest);
  const unassigned = samples.filter((sample) => sample.split === null).length;
  if (unassigned === 0) {
    refuseSharedIdentities(samples);
    return samples;
  }
  if (unassigned < samples.length) {
    throw new Error(
      `data.manifest: ${unassigned} of ${samples.length} images have no split; give one to all or to none`,
    );
  }
  return splitByIdentity(samples, data.split, dataSeed);
}

/** A person in two splits would make every test figure too good. */
function refuseSharedIdentities(samples: readonly Sample[]): void {
  const first = new Map<string, Sample>();
  for (const sample of samples) {
    const other = first.get(sample.identity);
    if (other === undefined) first.set(sample.identity, sample);
    else if (other.split !== sample.split) {
      throw new Error(
        `data.manifest: identity "${sample.identity}" is in two splits: ${other.split} (${other.id}) and ${sample.split} (${sample.id})`,
      );
    }
  }
}

async function forgeFaces(
  config: Config,
  run: string,
  board: ProgressBoard,
  signal: AbortSignal,
): Promise<readonly Skipped[]> {
  const { data, dataSeed } = config;
  let faces: FaceSource[];
  let skipped: Skipped[] = [];
  if (data.real === null) {
    faces = renderedFaces(config);
  } else {
    const line = board.line("read photos", 1);
    ({ faces, skipped } = await photographFaces(data.real, config, signal));
    line.end(`${faces.length} photographs, ${skipped.length} unreadable`);
  }

  const line = board.line("forge", faces.length);
  const start = performance.now();
  const samples = await forgeCorpus(splitFaces(faces, config), {
    folder: dataFolder(run),
    ...familiesToForge(config),
    seed: dataSeed,
    signal,
    onProgress: (done, total) => {
      const seconds = (performance.now() - start) / 1000;
      line.update(done, `${done} of ${total} faces`, (seconds / done) * (total - done));
    },
  });
  line.end(
    `${samples.filter(({ label }) => label === 0).length} reals, ${samples.filter(({ label }) => label === 1).length} fakes`,
  );
  return skipped;
}

/**
 * Drawn identities are split at random. Photographs are cut into contiguous ranges with a group left out at each
 * border, because neighbours are often one person and nothing says which. A fake needs a donor from its own split, so
 * every split needs two identities.
 */
function splitFaces(faces: readonly FaceSource[], { data, dataSeed }: Config): SplitFaces {
  const reals = faces.map(({ id, video, identity }): Sample => {
    return { id, path: `/${id}`, label: 0, domain: REAL_DOMAIN, video, identity, split: null };
  });
  const tooFew = (detail: string) => {
    const groups = new Set(faces.map(({ identity }) => identity)).size;
    const remedy =
      data.real === null ? "set data.rendered.identities higher" : "give more, or set data.groupSize lower";
    return new Error(
      `data: ${faces.length} faces in ${groups} groups of one person each are too few: ${detail}; ${remedy}`,
    );
  };
  let assigned: Sample[];
  try {
    assigned =
      data.real === null
        ? splitByIdentity(reals, data.split, dataSeed)
        : splitByGroup(reals, data.split, dataSeed, { guard: 1 });
  } catch (error) {
    throw error instanceof DatasetError ? tooFew(error.message) : error;
  }
  for (const split of SPLITS) {
    const groups = new Set(assigned.filter((face) => face.split === split).map(({ identity }) => identity)).size;
    if (groups < 2) throw tooFew(`${split} gets ${groups}, and needs 2`);
  }
  const of = (split: Split) => faces.filter((_, index) => assigned[index]?.split === split);
  return { train: of("train"), val: of("val"), test: of("test") };
}
