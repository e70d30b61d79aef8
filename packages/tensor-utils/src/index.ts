export { RandomStream, RandomStreamError, type StreamName, stream } from "./random.js";
