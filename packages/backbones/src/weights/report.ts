/** What became of the arrays of a weight file, and the error where that is not what was asked for. */
import type { WeightSource } from "./names.js";

/** An array whose shape is not the weight's. */
export interface ReshapedWeight {
  /** Its name in the file, without prefixes. */
  readonly name: string;
  /** Its shape there. */
  readonly shape: readonly number[];
  /** The shape that the network has for it, in the file's layout. */
  readonly expected: readonly number[];
}

/** What became of a file's arrays. */
export interface WeightReport {
  /** Whose names they had. */
  readonly source: WeightSource;
  /** Number of weights that were taken. */
  readonly taken: number;
  /** How often each prefix of a wrapper was taken off a name. */
  readonly prefixes: Readonly<Record<string, number>>;
  /** Arrays that were taken though they have fewer or more dimensions of length 1 at their end. */
  readonly squeezed: readonly string[];
  /** Our names of weights that kept their values because `keep` names them. */
  readonly kept: readonly string[];
  /** Arrays of the published files that the network has no use for, PyTorch's counters among them. */
  readonly unused: readonly string[];
  /**
   * Those of the unused that hold more than an untouched network has there, such as a trained `adjust_channel`. They are
   * in the file and not in the network.
   */
  readonly lost: readonly string[];
  /** Arrays that `ignore` names. */
  readonly ignored: readonly string[];
  /** Names of weights that the file does not have. */
  readonly missing: readonly string[];
  /** Arrays that are no weight of the network, those that come twice included. */
  readonly unexpected: readonly string[];
  /** Arrays of another shape. */
  readonly reshaped: readonly ReshapedWeight[];
}

/** How many names of a kind a message lists. */
const LISTED = 8;

/** What is wrong, in words; undefined where nothing is. */
export function differences({ missing, unexpected, reshaped }: WeightReport): string | undefined {
  const parts = [
    listed(reshaped, ({ name, shape, expected }) => `${name} has shape [${shape}] where [${expected}] is expected`),
    listed(missing, (name) => `${name} is missing`),
    listed(unexpected, (name) => `${name} is not a weight of it`),
  ];
  return parts.flat().join("; ") || undefined;
}

function listed<T>(all: readonly T[], say: (each: T) => string): string[] {
  const more = all.length - LISTED;
  return [...all.slice(0, LISTED).map(say), ...(more > 0 ? [`and so for ${more} more`] : [])];
}
