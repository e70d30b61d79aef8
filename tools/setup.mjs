/**
 * Sets the workspace up on a machine that has Node.js alone: the pinned pnpm, then every dependency as locked, then the
 * native engine where it can be built.
 */
import { buildNative } from "./native.mjs";
import { environment, pnpm } from "./pnpm.mjs";

pnpm("install", "--frozen-lockfile", "--reporter=append-only", "--loglevel=warn");
environment.ROGA_NATIVE_BUILT = String(buildNative()); // part of turbo's cache key: tests that it skipped did not pass
