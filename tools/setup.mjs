/** Sets the workspace up on a machine that has Node.js alone: the pinned pnpm, then every dependency as locked. */
import { pnpm } from "./pnpm.mjs";

pnpm("install", "--frozen-lockfile", "--reporter=append-only", "--loglevel=warn");
