/** Faces that do not exist, rendered from seeds: people, videos of them, and frames of those. */
export { FaceRenderError } from "./errors.js";
export { type FaceRequest, type RenderedFace, renderFace } from "./render.js";
