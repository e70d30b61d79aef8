/** `roga weights convert`: a weight file in another format, under other names, or in a backbone's own layout. */
import {
  type Backbone,
  type BuildOptions,
  build,
  describedNetwork,
  exportWeights,
  loadWeights,
  type WeightMetadata,
  type WeightReport,
  type WeightSource,
  weightMetadata,
} from "@roga/backbones";
import { use } from "@roga/runtime";
import { checkWritable, type NamedArrays, openWeights, type TensorSource, writeWeights } from "@roga/weights";
import { Interrupted, interruptSignal } from "../jobs/interrupt.js";
import { printable } from "../output/printable.js";
import { cast, type FloatDType } from "../weights/cast.js";
import { renamed } from "../weights/rename.js";
import { type SourceFlags, sourceOptions } from "./weights-source.js";

export interface ConvertFlags extends SourceFlags {
  readonly backbone?: string;
  readonly variant?: string;
  readonly classes: number;
  readonly inputSize?: number;
  readonly adjustChannel?: boolean;
  /** Leave out what the backbone has no place for, whatever it holds. */
  readonly dropUnused?: boolean;
  readonly to: WeightSource;
  readonly dtype?: FloatDType;
  readonly stripPrefix?: string;
  readonly rename?: ReadonlyMap<string, string>;
}

/** Tensors on their way, and the texts to store beside them. */
interface Content {
  readonly source: TensorSource;
  readonly metadata: WeightMetadata;
}

export async function convertWeightFile(from: string, to: string, flags: ConvertFlags): Promise<void> {
  checkWritable(to);
  checkFlags(flags);
  const signal = interruptSignal("Stopping …");
  const file = await openWeights(from, sourceOptions(flags));
  try {
    const source = renamed(file, { prefix: flags.stripPrefix, names: flags.rename ?? new Map() });
    const given = { source, metadata: file.format === "safetensors" ? file.metadata : {} };
    const converted = flags.backbone === undefined ? given : await throughBackbone(flags.backbone, given, flags);
    const tensors = flags.dtype === undefined ? converted.source : cast(converted.source, flags.dtype);
    await writeWeights(to, tensors, { signal, metadata: converted.metadata });
    console.log(`${to}: ${tensors.infos.size} tensors from ${file.format} file ${from}`);
    if (Object.keys(given.metadata).length > 0 && !to.toLowerCase().endsWith(".safetensors")) {
      console.log("not kept: the file's metadata, which only safetensors files have a place for");
    }
  } catch (error) {
    if (signal.aborted && error === signal.reason) throw new Interrupted(`Stopped; ${to} is as it was.`);
    throw error;
  } finally {
    await file.close();
  }
}

/** @throws Error for a flag that means nothing without a backbone */
function checkFlags({ backbone, variant, inputSize, adjustChannel, dropUnused }: ConvertFlags): void {
  if (backbone !== undefined) return;
  const given = { "--variant": variant, "--input-size": inputSize, "--adjust-channel": adjustChannel };
  for (const [flag, value] of Object.entries({ ...given, "--drop-unused": dropUnused })) {
    if (value !== undefined) throw new Error(`${flag} needs --backbone`);
  }
}

/** The network takes the weights, which checks every name and shape, and gives them under other names. */
async function throughBackbone(name: string, { source, metadata }: Content, flags: ConvertFlags): Promise<Content> {
  await use("cpu");
  const backbone: Backbone = build(name, buildOptions(name, metadata, flags));
  try {
    const arrays = new Map();
    for (const each of source.infos.keys()) arrays.set(each, await source.tensor(each));
    const report = loadWeights(backbone, arrays, { metadata });
    const unused = describeUnused(report);
    if (report.lost.length > 0 && !flags.dropUnused) throw new Error(refusal(backbone, report));
    if (unused !== "") console.log(`not used: ${unused}`);
    const exported = exportWeights(backbone, flags.to);
    return { source: asSource(exported), metadata: { ...metadata, ...weightMetadata(backbone) } };
  } finally {
    backbone.dispose();
  }
}

/** What the flags say, and where they say nothing of the variant, what the file does. */
function buildOptions(name: string, metadata: WeightMetadata, flags: ConvertFlags): BuildOptions {
  const { classes, inputSize, adjustChannel } = flags;
  const described = describedNetwork(metadata);
  const variant = flags.variant ?? (described.backbone === name ? described.variant : undefined);
  return {
    classes,
    ...(variant !== undefined && { variant }),
    ...(inputSize !== undefined && { inputSize }),
    ...(adjustChannel !== undefined && { adjustChannel }),
    initialWeights: "zeros",
  };
}

const COUNTER = ".num_batches_tracked";

/** The arrays that the network has no use for; counters by their number alone. */
function describeUnused({ unused }: WeightReport): string {
  const counters = unused.filter((name) => name.endsWith(COUNTER)).length;
  const others = unused.filter((name) => !name.endsWith(COUNTER)).map(printable);
  return [...(counters > 0 ? [`${counters} counters *${COUNTER}`] : []), ...others].join(", ");
}

function refusal({ name, variant }: Backbone, { lost }: WeightReport): string {
  const adjusts = lost.some((each) => each.startsWith("adjust_channel."));
  const form = adjusts ? ", or --adjust-channel if the network that they are from goes through them" : "";
  const names = lost.map(printable).join(", ");
  return `${name} (${variant}) has no use for ${names}, and they are not empty: give --drop-unused to leave them out${form}`;
}

function asSource(arrays: NamedArrays): TensorSource {
  return { infos: arrays, tensor: async (name) => arrays.get(name)! };
}
