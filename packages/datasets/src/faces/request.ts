/** What a caller asks of the face renderer, and the checks that it makes sense. */
import { FaceRenderError } from "./errors.js";

/** Which face to render. */
export interface FaceRequest {
  /** Seed of everything; an integer. Another seed is another population. */
  readonly seed: number;
  /** Who: an integer or a name. */
  readonly identity: number | string;
  /** Which video of that person: an integer or a name. Default 0. */
  readonly video?: number | string;
  /** Which frame of that video, 25 to the second; an integer from 0. */
  readonly frame: number;
  /** Side of the picture in pixels, an integer from 48 to 512. Default 128. */
  readonly size?: number;
}

const SMALLEST = 48;
const LARGEST = 512;

/** The request with its defaults, or a `FaceRenderError` that names what is wrong with it. */
export function checkRequest(request: FaceRequest): Required<FaceRequest> {
  const { seed, identity, video = 0, frame, size = 128 } = request;
  const isName = (value: unknown): boolean => typeof value === "string" || Number.isSafeInteger(value);
  if (!Number.isSafeInteger(seed)) throw new FaceRenderError("seed", "expected a safe integer", seed);
  if (!isName(identity)) throw new FaceRenderError("identity", "expected a string or a safe integer", identity);
  if (!isName(video)) throw new FaceRenderError("video", "expected a string or a safe integer", video);
  if (!Number.isSafeInteger(frame) || frame < 0) {
    throw new FaceRenderError("frame", "expected an integer from 0", frame);
  }
  if (!Number.isInteger(size) || size < SMALLEST || size > LARGEST) {
    throw new FaceRenderError("size", `expected an integer from ${SMALLEST} to ${LARGEST}`, size);
  }
  return { seed, identity, video, frame, size };
}
