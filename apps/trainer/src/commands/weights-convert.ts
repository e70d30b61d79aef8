/** `roga weights convert`: a weight file in another format, under other names, or in a backbone's own layout. */
import { type Backbone, build, exportWeights, loadWeights, type WeightSource } from "@roga/backbones";
import { use } from "@roga/runtime";
import { checkWritable, type NamedArrays, openWeights, type TensorSource, writeWeights } from "@roga/weights";
import { Interrupted, interruptSignal } from "../jobs/interrupt.js";
import { cast, type FloatDType } from "../weights/cast.js";
import { renamed } from "../weights/rename.js";
import { type SourceFlags, sourceOptions } from "./weights-source.js";

export interface ConvertFlags extends SourceFlags {
  readonly backbone?: string;
  readonly variant?: string;
  readonly classes: number;
  readonly to: WeightSource;
  readonly dtype?: FloatDType;
  readonly stripPrefix?: string;
  readonly rename?: ReadonlyMap<string, string>;
}

export async function convertWeightFile(from: string, to: string, flags: ConvertFlags): Promise<void> {
  checkWritable(to);
  const signal = interruptSignal("Stopping …");
  const file = await openWeights(from, sourceOptions(flags));
  try {
    let source: TensorSource = renamed(file, { prefix: flags.stripPrefix, names: flags.rename ?? new Map() });
    if (flags.backbone !== undefined) source = asSource(await throughBackbone(flags.backbone, source, flags));
    if (flags.dtype !== undefined) source = cast(source, flags.dtype);
    await writeWeights(to, source, { signal });
    console.log(`${to}: ${source.infos.size} tensors from ${file.format} file ${from}`);
  } catch (error) {
    if (signal.aborted && error === signal.reason) throw new Interrupted(`Stopped; ${to} is as it was.`);
    throw error;
  } finally {
    await file.close();
  }
}

/** The network takes the weights, which checks every name and shape, and gives them under other names. */
async function throughBackbone(name: string, source: TensorSource, flags: ConvertFlags): Promise<NamedArrays> {
  await use("cpu");
  const options = { classes: flags.classes, ...(flags.variant === undefined ? {} : { variant: flags.variant }) };
  const backbone: Backbone = build(name, options);
  try {
    const arrays = new Map();
    for (const each of source.infos.keys()) arrays.set(each, await source.tensor(each));
    loadWeights(backbone, arrays);
    return exportWeights(backbone, flags.to);
  } finally {
    backbone.dispose();
  }
}

function asSource(arrays: NamedArrays): TensorSource {
  return { infos: arrays, tensor: async (name) => arrays.get(name)! };
}
