import { defineConfig } from "tsup";
import { esm } from "../../tsup.base.js";

export default defineConfig(esm("src/index.ts"));
