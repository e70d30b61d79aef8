/**
 * The backend with every tensor in the arena, however small. Small tensors otherwise live in ordinary arrays, and tests,
 * whose tensors are mostly small, would not see what a buffer that is used again can do wrong.
 */
import { registerBackend, removeBackend } from "@tensorflow/tfjs-core";
import { OnednnBackend } from "../../src/backend.js";
import "../../src/index.js";
import { loadAddon } from "../../src/load.js";
import { Queue } from "../../src/queue.js";
import { BACKEND } from "../../src/register.js";
import { defaults } from "../../src/settings.js";
import { guardAddon } from "./guarded-addon.js";

const settings = { ...defaults, memory: { ...defaults.memory, smallest: 0 } };

/** Registers it in place of the usual one; the caller makes it current. */
export function usePooledBackend(): void {
  removeBackend(BACKEND);
  registerBackend(BACKEND, () => {
    const addon = loadAddon();
    // Kernels run as late as they can: what looks at an array too early, or writes to one, shows every time.
    addon.queue.hold(true);
    return new OnednnBackend(addon, settings, new Queue(addon));
  });
}

/** Hands out every buffer full of NaN, so that a kernel that leaves a part of one unwritten shows. */
class ScribblingBackend extends OnednnBackend {
  override allocate(length: number): Float32Array {
    return super.allocate(length).fill(Number.NaN);
  }
}

/** Registers the pooled backend with guards around all that its kernels read and write. */
export function useGuardedBackend(): void {
  removeBackend(BACKEND);
  registerBackend(BACKEND, () => new ScribblingBackend(guardAddon(loadAddon()), settings));
}
