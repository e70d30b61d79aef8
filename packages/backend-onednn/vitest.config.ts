import { defineConfig } from "vitest/config";
import base from "../../vitest.base.js";
import { findAddon } from "./src/load.js";

/** Where the addon cannot be loaded, only what does without it is tested; `loading/engine.test.ts` shows the rest as skipped. */
function addonMissing(): string {
  try {
    const { ROGA_ONEDNN_ADDON: addon, ROGA_ONEDNN_LEVEL: level } = process.env;
    findAddon({ addon: addon || undefined, level: level || undefined });
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

const missing = addonMissing();

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    ...(missing && { include: ["test/loading/**/*.test.ts"] }),
    // Test files run beside each other: threads that spin while they wait keep those of another file from working.
    env: { ROGA_ONEDNN_MISSING: missing, OMP_WAIT_POLICY: process.env.OMP_WAIT_POLICY ?? "passive" },
  },
});
