/**
 * What an EfficientNet consists of: the blocks of B0 (Tan and Le 2019, arXiv 1905.11946, table 1), and how much wider and
 * deeper, for how large images and with how much dropout each of B1 to B7 is (the authors' code, which rounds widths to
 * multiples of 8).
 */

/** The eight sizes, by the number after the B. */
export const scales = [
  { width: 1.0, depth: 1.0, resolution: 224, dropout: 0.2 },
  { width: 1.0, depth: 1.1, resolution: 240, dropout: 0.2 },
  { width: 1.1, depth: 1.2, resolution: 260, dropout: 0.3 },
  { width: 1.2, depth: 1.4, resolution: 300, dropout: 0.3 },
  { width: 1.4, depth: 1.8, resolution: 380, dropout: 0.4 },
  { width: 1.6, depth: 2.2, resolution: 456, dropout: 0.4 },
  { width: 1.8, depth: 2.6, resolution: 528, dropout: 0.5 },
  { width: 2.0, depth: 3.1, resolution: 600, dropout: 0.5 },
] as const;

/** Factors of width and depth, the input size that they were chosen for, and the dropout before the last layer. */
export type Scale = (typeof scales)[number];

/** Repeats, kernel size, stride of the first repeat, expansion and filters of the seven stages of B0. */
const STAGES = [
  [1, 3, 1, 1, 16],
  [2, 3, 2, 6, 24],
  [2, 5, 2, 6, 40],
  [3, 3, 2, 6, 80],
  [3, 5, 1, 6, 112],
  [4, 5, 2, 6, 192],
  [1, 3, 1, 6, 320],
] as const;

/** Filters of B0 before the first block and after the last one. */
const STEM = 32;
const HEAD = 1280;

/** An inverted residual block. */
export interface Block {
  /** Number of the block in the network, from 0. */
  readonly index: number;
  /** Number of its stage, from 1, and of the block in it, from 0. */
  readonly stage: number;
  readonly repeat: number;
  /** Of the depthwise convolution. */
  readonly kernelSize: 3 | 5;
  readonly stride: 1 | 2;
  /** Channels that it takes, that it works on inside, that its gate is computed from, and that it gives. */
  readonly inputs: number;
  readonly expanded: number;
  readonly squeezed: number;
  readonly outputs: number;
}

/** Whether what a block takes is added to what it computes. */
export function isResidual({ stride, inputs, outputs }: Block): boolean {
  return stride === 1 && inputs === outputs;
}

/** Filters of the first convolution and of the last one, and all blocks between. */
export interface Architecture {
  readonly stem: number;
  readonly blocks: readonly Block[];
  readonly head: number;
}

/** The architecture of a size. */
export function architectureOf({ width, depth }: Scale): Architecture {
  const blocks: Block[] = [];
  let inputs = scaledWidth(STEM, width);
  STAGES.forEach(([repeats, kernelSize, stride, expansion, filters], i) => {
    const outputs = scaledWidth(filters, width);
    for (let repeat = 0; repeat < Math.ceil(repeats * depth); repeat++) {
      blocks.push({
        index: blocks.length,
        stage: i + 1,
        repeat,
        kernelSize,
        stride: repeat === 0 ? stride : 1,
        inputs,
        expanded: inputs * expansion,
        squeezed: Math.max(1, Math.floor(inputs / 4)),
        outputs,
      });
      inputs = outputs;
    }
  });
  return { stem: scaledWidth(STEM, width), blocks, head: scaledWidth(HEAD, width) };
}

/** The multiple of 8 nearest to filters × factor, but at least 90 % of it. */
function scaledWidth(filters: number, factor: number): number {
  const wanted = filters * factor;
  const width = Math.max(8, Math.floor((wanted + 4) / 8) * 8);
  return width < 0.9 * wanted ? width + 8 : width;
}
