/** `roga weights inspect`: what a weight file holds, as a table or as JSON. */
import { identify } from "@roga/backbones";
import { bytesPerElement, openWeights } from "@roga/weights";
import { Interrupted, interruptSignal } from "../jobs/interrupt.js";
import { toJson } from "../output/json.js";
import { printable } from "../output/printable.js";
import { table } from "../output/table.js";
import { type Statistics, statistics } from "../weights/statistics.js";
import { type SourceFlags, sourceOptions } from "./weights-source.js";

export interface InspectFlags extends SourceFlags {
  readonly json?: boolean;
  readonly stats?: boolean;
}

export async function inspectWeights(path: string, flags: InspectFlags): Promise<void> {
  const signal = interruptSignal("Stopping …");
  const file = await openWeights(path, sourceOptions(flags));
  try {
    const tensors: { name: string; dtype: string; shape: readonly number[]; elements: number; stats?: Statistics }[] =
      [];
    let elements = 0;
    let bytes = 0;
    for (const [name, { dtype, shape }] of file.infos) {
      signal.throwIfAborted();
      const count = shape.reduce((product, length) => product * length, 1);
      elements += count;
      bytes += count * bytesPerElement(dtype);
      const stats = flags.stats ? { stats: statistics(await file.tensor(name)) } : {};
      tensors.push({ name, dtype, shape, elements: count, ...stats });
    }
    const architectures = identify(file.infos);
    const totals = { tensors: tensors.length, elements, bytes };
    if (flags.json) {
      const { format, metadata } = file;
      console.log(toJson({ path, format, metadata, totals, architectures, tensors }));
      return;
    }
    const figures = (stats: Statistics | undefined) =>
      stats === undefined
        ? []
        : [show(stats.min), show(stats.max), show(stats.mean), `${stats.nan}`, `${stats.infinite}`];
    const heading = ["name", "dtype", "shape", ...(flags.stats ? ["min", "max", "mean", "NaN", "infinite"] : [])];
    const rows: string[][] = tensors.map(({ name, dtype, shape, stats }) => [
      printable(name),
      dtype,
      `[${shape.join(", ")}]`,
      ...figures(stats),
    ]);
    console.log(table([heading, ...rows]));
    for (const [key, text] of Object.entries(file.metadata)) {
      console.log(`${printable(key)}: ${printable(text.slice(0, 200))}`);
    }
    const guess = architectures.map(
      ({ name, variants, source }) => `${name} (${variants.join(" or ")}, ${source} names)`,
    );
    console.log(
      `\n${file.format}: ${tensors.length} tensors, ${elements.toLocaleString("en")} elements, ${bytes.toLocaleString("en")} bytes` +
        `\nlooks like: ${guess.join(", ") || "no backbone of this project"}`,
    );
  } catch (error) {
    if (signal.aborted && error === signal.reason) throw new Interrupted("Stopped.");
    throw error;
  } finally {
    await file.close();
  }
}

function show(value: number | null): string {
  return value === null ? "–" : Number(value.toPrecision(6)).toString();
}
