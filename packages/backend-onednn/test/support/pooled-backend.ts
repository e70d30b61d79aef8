/**
 * The backend with every tensor in the arena, however small. Small tensors otherwise live in ordinary arrays, and tests,
 * whose tensors are mostly small, would not see what a buffer that is used again can do wrong.
 */
import { registerBackend, removeBackend } from "@tensorflow/tfjs-core";
import { OnednnBackend } from "../../src/backend.js";
import "../../src/index.js";
import { loadAddon } from "../../src/load.js";
import { BACKEND } from "../../src/register.js";
import { defaults } from "../../src/settings.js";

/** Registers it in place of the usual one; the caller makes it current. */
export function usePooledBackend(): void {
  const settings = { ...defaults, memory: { ...defaults.memory, smallest: 0 } };
  removeBackend(BACKEND);
  registerBackend(BACKEND, () => new OnednnBackend(loadAddon(), settings));
}
