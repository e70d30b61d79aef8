/**
 * Makes a corpus from real faces: for every face its real crop, and one fake of each family its split needs; each
 * with a mask and the parameters drawn for it. Reals and fakes pass through the same degradation, so that resizing,
 * noise and compression tell nothing. Sources are forged in every split, targets in the test split alone. A donor is
 * another identity of the same split. The manifest is written last: a folder without one is unfinished.
 */
import { appendFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  commonDegradation,
  encodePng,
  type ForgeryFamily,
  forge,
  forgeryFamilies,
  type GrayImage,
  type RgbImage,
  type Sample,
  SPLITS,
  type Split,
  writeManifest,
} from "@roga/datasets";
import { stream } from "@roga/tensor-utils/random";
import type { Domains } from "./domains.js";
import type { Face, FaceSource } from "./faces.js";

/** Faces by the split they belong to. */
export type SplitFaces = Readonly<Record<Split, readonly FaceSource[]>>;

export interface ForgeOptions extends Domains {
  readonly folder: string;
  readonly seed: number;
  /** Stops between two faces, with the signal's reason. */
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** Faces kept in memory, since each serves as a donor as well: 56 MB at 96 px. */
const KEPT_FACES = 512;

/** Encodings in flight while the next face is forged. */
const PENDING_WRITES = 16;

/** Writes images, masks, `parameters.jsonl` and `manifest.jsonl` into the folder; returns the manifest's samples. */
export async function forgeCorpus(faces: SplitFaces, options: ForgeOptions): Promise<Sample[]> {
  const { folder, sources, targets, seed } = options;
  const families = [...sources, ...targets].map(requireFamily);
  await rm(folder, { recursive: true, force: true });
  for (const domain of ["real", ...families]) await mkdir(join(folder, "images", domain), { recursive: true });
  for (const family of families) await mkdir(join(folder, "masks", family), { recursive: true });

  const load = faceLoader();
  const samples: Sample[] = [];
  const files = fileWriter();
  const total = faces.train.length + faces.val.length + faces.test.length;
  let done = 0;

  try {
    for (const split of SPLITS) {
      const wanted = split === "test" ? families : sources.map(requireFamily);
      for (const source of faces[split]) {
        options.signal.throwIfAborted();
        const donor = pickDonor(source, faces[split], seed);
        const face = await load(source);
        const donorFace = await load(donor);
        const draws = stream(seed, "forge", source.id);
        const base = { video: source.video, identity: source.identity, split };

        const real = join(folder, "images", "real", `${source.id}.png`);
        await files.add(savePng(real, commonDegradation(face.image, draws.child("real", "degradation")).image));
        samples.push({ id: `real/${source.id}`, path: real, label: 0, domain: "real", ...base });

        const notes: string[] = [];
        for (const family of wanted) {
          const forged = forge(family, face.image, {
            landmarks: face.landmarks,
            donor: donorFace.image,
            donorLandmarks: donorFace.landmarks,
            stream: draws.child(family),
          });
          const id = `${family}/${source.id}`;
          const path = join(folder, "images", family, `${source.id}.png`);
          const mask = join(folder, "masks", family, `${source.id}.png`);
          await files.add(savePng(path, commonDegradation(forged.image, draws.child(family, "degradation")).image));
          await files.add(savePng(mask, forged.mask));
          samples.push({ id, path, label: 1, domain: family, ...base, mask });
          notes.push(`${JSON.stringify({ id, donor: donor.id, parameters: forged.parameters })}\n`);
        }
        await appendFile(join(folder, "parameters.jsonl"), notes.join(""));
        options.onProgress(++done, total);
      }
    }
  } finally {
    await files.settled();
  }
  files.throwFailure();
  await writeManifest(join(folder, "manifest.jsonl"), samples);
  return samples;
}

/** Writes that run while the next face is forged. None is left running, or failing unseen, when the caller stops. */
function fileWriter() {
  const pending = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const throwFailure = () => {
    if (failures.length > 0) throw failures[0];
  };
  return {
    /** Waits for a free place; throws what an earlier write failed with. */
    async add(work: Promise<void>): Promise<void> {
      const tracked = work.catch((error) => void failures.push(error)).finally(() => pending.delete(tracked));
      pending.add(tracked);
      if (pending.size >= PENDING_WRITES) await Promise.race(pending);
      throwFailure();
    },
    async settled(): Promise<void> {
      await Promise.all(pending);
    },
    throwFailure,
  };
}

function requireFamily(name: string): ForgeryFamily {
  const family = forgeryFamilies.find((one) => one === name);
  if (family === undefined) {
    throw new Error(`data: "${name}" is no forgery family; known: ${forgeryFamilies.join(", ")}`);
  }
  return family;
}

function pickDonor(source: FaceSource, faces: readonly FaceSource[], seed: number): FaceSource {
  const others = faces.filter(({ identity }) => identity !== source.identity);
  if (others.length === 0) {
    throw new Error(`data: a donor for "${source.id}" needs a second identity in its split, found one alone`);
  }
  return stream(seed, "donor", source.id).choice(others);
}

/** Loads faces and keeps the latest. */
function faceLoader(): (source: FaceSource) => Promise<Face> {
  const kept = new Map<string, Face>();
  return async (source) => {
    const face = kept.get(source.id) ?? (await source.load());
    kept.set(source.id, face);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_FACES && oldest !== undefined) kept.delete(oldest);
    return face;
  };
}

async function savePng(path: string, image: RgbImage | GrayImage): Promise<void> {
  await writeFile(path, await encodePng(image));
}
