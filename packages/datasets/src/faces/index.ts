/** Faces that do not exist, rendered from seeds: people, videos of them, and frames of those. */
export { FaceRenderError } from "./errors.js";
export { type RenderedFace, renderFace } from "./render.js";
export type { FaceRequest } from "./request.js";
