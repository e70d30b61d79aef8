/**
 * Reliability: whether of the samples given probability p a share p is fake. Bins and expected calibration error after
 * Naeini et al. 2015 and Guo et al. 2017 ("On Calibration of Modern Neural Networks"), on the probability of the fake
 * class. Bins are open on the left and closed on the right, the first closed on both sides, as in both papers.
 */
import { InvalidInputError } from "./errors.js";
import { type Labels, readProbabilities, requireInteger, type Scores } from "./input.js";
import { sampleMetric } from "./metric.js";
import { quantileOfSorted } from "./quantile.js";
import { requireSamples } from "./require.js";

/** How samples are put into bins. */
export interface ReliabilityOptions {
  /** Number of bins, at least 1. Default 15 (Guo et al.). */
  bins?: number;
  /**
   * `"equalWidth"` (default): edges evenly spaced over 0 to 1. `"equalMass"`: edges at evenly spaced quantiles (linear
   * interpolation), so that bins hold about as many samples each; equal probabilities never part, so ties make bins
   * uneven or empty.
   */
  strategy?: "equalWidth" | "equalMass";
}

/** The samples whose probability lies in (lower, upper]. */
export interface ReliabilityBin {
  /** Lower edge, 0 to 1. */
  readonly lower: number;
  /** Upper edge, 0 to 1. */
  readonly upper: number;
  /** Number of samples. */
  readonly count: number;
  /** Mean probability given to them; `null` for an empty bin. */
  readonly meanProbability: number | null;
  /** Share of them that is fake; `null` for an empty bin. */
  readonly fakeShare: number | null;
}

/** Reliability bins in ascending order, empty ones included. Undefined without samples. */
export const reliabilityBins = sampleMetric<ReliabilityBin[], ReliabilityOptions>((labels, probabilities, options) =>
  fillBins("reliabilityBins", labels, probabilities, options),
);

/**
 * Expected calibration error, 0 to 1: the mean over samples of the difference between mean probability and share of fakes
 * in the sample's bin. It depends on the bins, so name them beside the number. Undefined without samples.
 */
export const expectedCalibrationError = sampleMetric<number, ReliabilityOptions>((labels, probabilities, options) => {
  let error = 0;
  for (const bin of fillBins("expectedCalibrationError", labels, probabilities, options)) {
    if (bin.meanProbability !== null && bin.fakeShare !== null) {
      error += bin.count * Math.abs(bin.meanProbability - bin.fakeShare);
    }
  }
  return error / labels.length;
});

function fillBins(
  metric: string,
  givenLabels: Labels,
  givenProbabilities: Scores,
  options: ReliabilityOptions | undefined,
): ReliabilityBin[] {
  const bins = options?.bins ?? 15;
  requireInteger("options.bins", bins, 1);
  const strategy: string = options?.strategy ?? "equalWidth";
  if (strategy !== "equalWidth" && strategy !== "equalMass") {
    throw new InvalidInputError("options.strategy", '"equalWidth" or "equalMass"', strategy);
  }
  const { labels, probabilities } = readProbabilities(givenLabels, givenProbabilities);
  requireSamples(metric, labels.length);

  const edges = strategy === "equalWidth" ? evenEdges(bins) : quantileEdges(probabilities, bins);
  const counts = new Uint32Array(bins);
  const fakes = new Uint32Array(bins);
  const sums = new Float64Array(bins);
  for (let i = 0; i < labels.length; i++) {
    const bin = binOf(edges, probabilities[i]!);
    counts[bin]!++;
    fakes[bin]! += labels[i]!;
    sums[bin]! += probabilities[i]!;
  }
  return Array.from(counts, (count, bin) => ({
    lower: edges[bin]!,
    upper: edges[bin + 1]!,
    count,
    meanProbability: count === 0 ? null : sums[bin]! / count,
    fakeShare: count === 0 ? null : fakes[bin]! / count,
  }));
}

function evenEdges(bins: number): Float64Array {
  return Float64Array.from({ length: bins + 1 }, (_, edge) => edge / bins);
}

function quantileEdges(probabilities: Float64Array, bins: number): Float64Array {
  const sorted = probabilities.slice().sort();
  return Float64Array.from({ length: bins + 1 }, (_, edge) => quantileOfSorted(sorted, edge / bins));
}

/** Index of the bin (edges[i], edges[i + 1]] that holds a probability; the first bin also holds its lower edge. */
function binOf(edges: Float64Array, probability: number): number {
  let lo = 0;
  let hi = edges.length - 2;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if (probability <= edges[middle + 1]!) hi = middle;
    else lo = middle + 1;
  }
  return lo;
}
