/** `roga weights diff`: what two weight files of any formats have in common; exit status 1 where they differ. */
import { openWeights, type TensorInfo } from "@roga/weights";
import { Interrupted, interruptSignal } from "../jobs/interrupt.js";
import { toJson } from "../output/json.js";
import { printable } from "../output/printable.js";
import { table } from "../output/table.js";
import { compareWeights } from "../weights/compare.js";
import { type SourceFlags, sourceOptions } from "./weights-source.js";

export interface DiffFlags extends SourceFlags {
  readonly json?: boolean;
}

export async function diffWeights(a: string, b: string, flags: DiffFlags): Promise<void> {
  const signal = interruptSignal("Stopping …");
  const first = await openWeights(a, sourceOptions(flags));
  try {
    const second = await openWeights(b, sourceOptions(flags));
    try {
      const found = await compareWeights(first, second, signal);
      const { missing, unexpected, reshaped, retyped, changed, equal } = found;
      const same = [missing, unexpected, reshaped, retyped, changed].every(({ length }) => length === 0);
      if (!same) process.exitCode = 1;
      if (flags.json) {
        console.log(toJson({ same, ...found }));
        return;
      }
      const section = (title: string, lines: readonly string[], count = lines.length) => {
        if (lines.length > 0) console.log(`${title} (${count}):\n${lines.map((line) => `  ${line}`).join("\n")}`);
      };
      const pair = ({ name, from, to }: { name: string; from: TensorInfo; to: TensorInfo }) =>
        `${printable(name)}: ${from.dtype} [${from.shape.join(", ")}] → ${to.dtype} [${to.shape.join(", ")}]`;
      section(`only in ${a}`, missing.map(printable));
      section(`only in ${b}`, unexpected.map(printable));
      section("other shape", reshaped.map(pair));
      section("other element type", retyped.map(pair));
      if (changed.length > 0) {
        const rows = changed.map(({ name, deviation, scale }) => [
          printable(name),
          Number(deviation).toPrecision(3),
          Number(scale).toPrecision(3),
        ]);
        section(
          "other values",
          table([["name", "largest deviation", "largest value"], ...rows]).split("\n"),
          changed.length,
        );
      }
      console.log(same ? `equal: all ${equal} tensors` : `${equal} tensors are equal`);
    } finally {
      await second.close();
    }
  } catch (error) {
    if (signal.aborted && error === signal.reason) throw new Interrupted("Stopped.");
    throw error;
  } finally {
    await first.close();
  }
}
