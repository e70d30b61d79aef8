/**
 * The forgery generator: fakes of named families from real faces, each with its mask and parameters.
 */
export { SMALLEST_FACE } from "./checks.js";
export { commonDegradation, type Degradation, degradationParameters } from "./degradation.js";
export { ForgeryError } from "./errors.js";
export { type ForgeOptions, type Forgery, forge, needsDonor } from "./forge.js";
export { fitLandmarks } from "./operations/fit-landmarks.js";
export { type ForgeryFamily, forgeryFamilies, forgeryParameters, type ParameterRange } from "./parameters.js";
