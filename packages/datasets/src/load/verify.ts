/**
 * A look at every image before a run is planned, so that unreadable ones are known, counted and left out of the plan
 * instead of thinning out its batches.
 */
import type { Sample } from "../sample.js";
import type { ImageLoader, SkippedImage } from "./image-loader.js";

/** What {@link verifyImages} found. */
export interface Verification {
  /** The samples whose image can be read, in their given order. */
  readonly readable: Sample[];
  /** The others, with the reason. */
  readonly unreadable: SkippedImage[];
}

/**
 * Decodes every image once through the loader that the run will use, which fills its cache as well.
 * @param onProgress Called after each image with how many are done, of how many.
 */
export async function verifyImages(
  samples: readonly Sample[],
  loader: ImageLoader,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Verification> {
  let done = 0;
  const readable = await Promise.all(
    samples.map(async (sample) => {
      const pixels = await loader.pixels(sample);
      onProgress(++done, samples.length);
      return pixels !== null;
    }),
  );
  const reasons = new Map(loader.skipped.map((skipped) => [skipped.id, skipped]));
  return {
    readable: samples.filter((_, i) => readable[i]),
    unreadable: samples.flatMap((sample, i) => (readable[i] ? [] : [reasons.get(sample.id)!])),
  };
}
