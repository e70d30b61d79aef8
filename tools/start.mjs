/** `npm start`: sets up, builds, and runs the demo; arguments go to `roga demo`. */
import { roga } from "./roga.mjs";

await import("./setup.mjs");
roga("demo", ...process.argv.slice(2));
