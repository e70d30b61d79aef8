import "./all-close.js";

export type { CloseOptions } from "./all-close.js";
export { expectNoTensorLeak, useTestEngine } from "./engine.js";
export { readFixture } from "./fixtures.js";
export { checkGradients, checkTensorGradients, type GradientOptions } from "./gradients.js";
export type { Comparable, FixtureTensor, NestedNumbers } from "./values.js";
