/** `roga demo`: the whole job on drawn faces; what `npm start` runs. */
import { join } from "node:path";
import { type TrainFlags, train } from "./train.js";

export async function demo(flags: Omit<TrainFlags, "out"> & { out?: string }): Promise<void> {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  await train({ ...flags, out: flags.out ?? join("runs", `demo-${stamp}`) });
}
