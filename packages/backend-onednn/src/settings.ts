/** What can be set about the backend, and the defaults. */
import { totalmem } from "node:os";
import type { ArenaOptions } from "./arena.js";

export interface Settings {
  readonly memory: ArenaOptions & {
    /** Tensors with fewer numbers than this live in ordinary arrays, which the garbage collector frees. */
    readonly smallest: number;
  };
}

export const defaults: Settings = {
  memory: { slabBytes: 2 ** 30, maxIdleBytes: totalmem() / 2, smallest: 256 },
};
