/**
 * Samples as a manifest that `read-manifest.ts` reads back unchanged. Paths are written relative to the root, with `/`
 * between their parts, so that the folder can be moved as a whole.
 */
import { dirname, extname, relative, sep } from "node:path";
import { DatasetError } from "../errors.js";
import { Root } from "../io/contained-path.js";
import { writeFileAtomic } from "../io/write-file-atomic.js";
import { type Sample, sampleSchema } from "../sample.js";
import { formatCsv } from "./csv.js";
import type { ManifestOptions } from "./read-manifest.js";
import { COLUMNS, show } from "./record.js";

/**
 * Writes samples as a manifest: beside the target, synced, then renamed over it.
 * @param path A `.csv` or `.jsonl` file, created or replaced.
 * @throws DatasetError with option `data.manifest` if the extension is another, there are no samples, one is not
 *   valid, or a file of theirs does not exist or lies outside the root.
 */
export async function writeManifest(
  path: string,
  samples: readonly Sample[],
  options: ManifestOptions = {},
): Promise<void> {
  const extension = extname(path).toLowerCase();
  if (extension !== ".csv" && extension !== ".jsonl") {
    throw new DatasetError("data.manifest", `expected a .csv or .jsonl file, got ${path}`);
  }
  if (samples.length === 0) throw new DatasetError("data.manifest", `expected samples to write to ${path}, got none`);
  const root = await Root.open(options.root ?? dirname(path));
  const records: Record<string, string>[] = [];
  for (const sample of samples) records.push(await toRecord(sample, root));
  const lines =
    extension === ".csv"
      ? [COLUMNS, ...records.map((record) => COLUMNS.map((column) => record[column] ?? ""))].map(formatCsv)
      : records.map((record) => JSON.stringify(record));
  await writeFileAtomic(path, `${lines.join("\n")}\n`);
}

async function toRecord(sample: Sample, root: Root): Promise<Record<string, string>> {
  const issue = sampleSchema.safeParse(sample).error?.issues[0];
  if (issue) {
    throw new DatasetError("data.manifest", `sample ${show(sample.id)}: ${issue.path.join(".")} ${issue.message}`);
  }
  const name = async (file: string) => {
    const found = await root.resolve(file);
    if ("refused" in found)
      throw new DatasetError("data.manifest", `sample ${show(sample.id)}: ${file} ${found.refused}`);
    return relative(root.path, found.path).split(sep).join("/");
  };
  return {
    path: await name(sample.path),
    label: sample.label === 1 ? "fake" : "real",
    domain: sample.domain,
    video: sample.video,
    split: sample.split ?? "",
    id: sample.id,
    identity: sample.identity,
    ...(sample.mask === undefined ? {} : { mask: await name(sample.mask) }),
  };
}
