/** `npm run roga -- <arguments>`: builds what changed, and runs the command line `roga` on it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root, run } from "./pnpm.mjs";

/** Builds and runs `roga`; paths are relative to the folder that npm was called in. */
export function roga(...args) {
  if (!existsSync(join(root, "node_modules", ".bin"))) {
    console.error("Nothing is installed yet: run `npm run setup` first.");
    process.exit(1);
  }
  run("turbo", ["run", "build", "--filter=@roga/trainer", "--output-logs=errors-only"]);
  run(process.execPath, [join(root, "apps/trainer/dist/cli.js"), ...args], {
    cwd: process.env.INIT_CWD ?? root,
    env: { ...process.env, ROGA_COMMAND: "npm run roga --" },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) roga(...process.argv.slice(2));
