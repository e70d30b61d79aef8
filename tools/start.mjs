/** `npm start`: sets up, builds, and runs the demo; arguments go to `roga demo`. */
import { join } from "node:path";
import { root, run } from "./pnpm.mjs";
import "./setup.mjs";

run("turbo", ["run", "build", "--output-logs=errors-only"]);
run(process.execPath, [join(root, "apps/trainer/dist/cli.js"), "demo", ...process.argv.slice(2)]);
