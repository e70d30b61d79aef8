export { type AccelerationReport, accelerate } from "./accelerate.js";
