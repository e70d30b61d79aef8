/** Where real faces come from when the fakes are made from them: photographs in a folder, or the renderer. */
import { extname, join } from "node:path";
import {
  type FivePoints,
  fitLandmarks,
  fromBytes,
  ImageError,
  loadImage,
  type RgbImage,
  readPhotographs,
  renderFace,
} from "@roga/datasets";
import { type Config, cropSize } from "../config/schema.js";

/** An aligned real face, before any forgery. */
export interface Face {
  readonly image: RgbImage;
  readonly landmarks: FivePoints;
}

/** A face that can be had on demand, with what it is known by. */
export interface FaceSource {
  readonly id: string;
  readonly video: string;
  readonly identity: string;
  load(): Promise<Face>;
}

/** A file that was left out, and why. */
export interface Skipped {
  readonly path: string;
  readonly reason: string;
}

/**
 * The photographs of a folder, cut to their centre, the five points fitted to each; those that cannot be decoded are
 * left out and reported. A subfolder is a person; elsewhere `groupSize` photographs in a row are taken for one.
 */
export async function photographFaces(
  folder: string,
  config: Config,
  signal: AbortSignal,
): Promise<{ faces: FaceSource[]; skipped: Skipped[] }> {
  const { crop, groupSize } = config.data;
  const size = cropSize(config);
  const faces: FaceSource[] = [];
  const skipped: Skipped[] = [];
  const photographs = await readPhotographs(folder, {
    onIgnored: (name) => skipped.push({ path: join(folder, name), reason: "not an image format that can be read" }),
  });
  const load = async (path: string): Promise<Face> => {
    const image = fromBytes(size, size, await loadImage(path, { size, crop: { centre: crop } }));
    return { image, landmarks: fitLandmarks(image) };
  };
  const names = new Set<string>();
  for (const [index, photograph] of photographs.entries()) {
    signal.throwIfAborted();
    const { path } = photograph;
    try {
      await loadImage(path, { size, crop: { centre: crop } });
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      skipped.push({ path, reason: error.reason });
      continue;
    }
    const id = fileName(photograph.id, names);
    const inSubfolder = photograph.id.includes("/");
    const identity = inSubfolder ? photograph.identity : `group-${Math.floor(index / groupSize)}`;
    faces.push({ id, video: id, identity, load: () => load(path) });
  }
  if (faces.length === 0) {
    const reasons = skipped.slice(0, 3).map(({ path, reason }) => `\n  ${path}: ${reason}`);
    throw new Error(`data.real: none of ${skipped.length} files in ${folder} can be used:${reasons.join("")}`);
  }
  return { faces, skipped };
}

/** A name for a photograph's files: `a/x.jpg` becomes `a-x`, with its ending or a number where that is taken. */
function fileName(id: string, taken: Set<string>): string {
  const whole = id.replaceAll("/", "-");
  const plain = whole.slice(0, whole.length - extname(whole).length);
  let name = taken.has(plain) ? whole : plain;
  for (let copy = 2; taken.has(name); copy++) name = `${whole}-${copy}`;
  taken.add(name);
  return name;
}

/** Drawn faces: every identity has videos, every video has frames. */
export function renderedFaces(config: Config): FaceSource[] {
  const { rendered } = config.data;
  const seed = config.dataSeed;
  const size = cropSize(config);
  const faces: FaceSource[] = [];
  for (let identity = 0; identity < rendered.identities; identity++) {
    for (let video = 0; video < rendered.videos; video++) {
      for (let frame = 0; frame < rendered.frames; frame++) {
        const name = `${String(identity).padStart(4, "0")}-${video}`;
        faces.push({
          id: `${name}-${String(frame).padStart(3, "0")}`,
          video: name,
          identity: String(identity).padStart(4, "0"),
          load: async () => renderFace({ seed, identity, video, frame: frame * FRAME_STRIDE, size }),
        });
      }
    }
  }
  return faces;
}

/** Frames apart, so that pose and expression differ: half a second at 30 frames a second. */
const FRAME_STRIDE = 15;
