/** What the layers that have weights are called here and in the code that each variant follows. */
import type { Architecture, Block } from "./scaling.js";

/** Their layer by ours. */
export type LayerNames = Readonly<Record<string, string>>;

/** The convolution and the batch norm of the four steps of a block, and the gate's two convolutions, as we call them. */
const OURS = {
  expand: (block: Block) => names(block, "expand"),
  depthwise: (block: Block) => names(block, "depthwise"),
  squeeze: (block: Block) => [`block${block.index}_se_reduce`, `block${block.index}_se_expand`] as const,
  project: (block: Block) => names(block, "project"),
};

function names({ index }: Block, step: string) {
  return [`block${index}_${step}_conv`, `block${index}_${step}_bn`] as const;
}

/** A name of theirs for each of ours, in pairs. */
type Pairs = readonly (readonly [ours: string, theirs: string])[];

/** Pairs the names of one step: ours and theirs, in the same order. */
function pair(ours: readonly string[], ...theirs: string[]): Pairs {
  return ours.map((name, i) => [name, theirs[i]!] as const);
}

/** `_conv_stem`, `_blocks.3._expand_conv`, …: github.com/lukemelas/EfficientNet-PyTorch. */
export function efficientnetPytorchNames({ blocks }: Architecture, prefix = "", logits = "_fc"): LayerNames {
  const steps = blocks.flatMap((block) => {
    const at = (name: string) => `${prefix}_blocks.${block.index}.${name}`;
    return [
      ...(expands(block) ? pair(OURS.expand(block), at("_expand_conv"), at("_bn0")) : []),
      ...pair(OURS.depthwise(block), at("_depthwise_conv"), at("_bn1")),
      ...pair(OURS.squeeze(block), at("_se_reduce"), at("_se_expand")),
      ...pair(OURS.project(block), at("_project_conv"), at("_bn2")),
    ];
  });
  return Object.fromEntries([
    ["stem_conv", `${prefix}_conv_stem`],
    ["stem_bn", `${prefix}_bn0`],
    ...steps,
    ["head_conv", `${prefix}_conv_head`],
    ["head_bn", `${prefix}_bn1`],
    ["logits", logits],
  ]);
}

/** The same within DeepfakeBench's detector, whose classifier is a layer of its own. */
export function deepfakebenchNames(architecture: Architecture): LayerNames {
  return efficientnetPytorchNames(architecture, "efficientnet.", "last_layer");
}

/** `features.2.0.block.1.0`, …: torchvision, where a block's steps are counted and one that does not expand lacks the first. */
export function torchvisionNames({ blocks }: Architecture): LayerNames {
  const steps = blocks.flatMap((block) => {
    const at = (step: number, name: string | number) => {
      const counted = expands(block) ? step : step - 1;
      return `features.${block.stage}.${block.repeat}.block.${counted}.${name}`;
    };
    return [
      ...(expands(block) ? pair(OURS.expand(block), at(0, 0), at(0, 1)) : []),
      ...pair(OURS.depthwise(block), at(1, 0), at(1, 1)),
      ...pair(OURS.squeeze(block), at(2, "fc1"), at(2, "fc2")),
      ...pair(OURS.project(block), at(3, 0), at(3, 1)),
    ];
  });
  const last = blocks.at(-1)!.stage + 1;
  return Object.fromEntries([
    ["stem_conv", "features.0.0"],
    ["stem_bn", "features.0.1"],
    ...steps,
    ["head_conv", `features.${last}.0`],
    ["head_bn", `features.${last}.1`],
    ["logits", "classifier.1"],
  ]);
}

/** `block2a_expand_conv`, …: `keras.applications`, which numbers stages and letters the blocks in them. */
export function kerasNames({ blocks }: Architecture): LayerNames {
  const steps = blocks.flatMap((block) => {
    const letter = String.fromCharCode("a".charCodeAt(0) + block.repeat);
    const at = (name: string) => `block${block.stage}${letter}_${name}`;
    return [
      ...(expands(block) ? pair(OURS.expand(block), at("expand_conv"), at("expand_bn")) : []),
      ...pair(OURS.depthwise(block), at("dwconv"), at("bn")),
      ...pair(OURS.squeeze(block), at("se_reduce"), at("se_expand")),
      ...pair(OURS.project(block), at("project_conv"), at("project_bn")),
    ];
  });
  return Object.fromEntries([
    ["stem_conv", "stem_conv"],
    ["stem_bn", "stem_bn"],
    ...steps,
    ["head_conv", "top_conv"],
    ["head_bn", "top_bn"],
    ["logits", "predictions"],
  ]);
}

function expands({ inputs, expanded }: Block): boolean {
  return expanded !== inputs;
}
