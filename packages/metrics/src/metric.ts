/**
 * The shape that metrics share. A metric is written once, as a function of its data that throws where it has no value; the
 * wrappers here add the other ways to call it and the `null` that a caller may ask for. The return type follows the
 * options: without `whenUndefined: "null"` there is no `null` to handle.
 */
import { InvalidInputError, UndefinedMetricError } from "./errors.js";
import type { Labels, Scores } from "./input.js";
import { RankedScores, rankScores } from "./ranked.js";

/** What an undefined metric does by default: throw. */
export interface ThrowWhenUndefined {
  /** `"throw"` (default): {@link UndefinedMetricError}. */
  whenUndefined?: "throw";
}

/** Lets an undefined metric return `null`. Invalid input still throws. */
export interface NullWhenUndefined {
  /** `"null"`: return `null`. `"throw"` (default): {@link UndefinedMetricError}. */
  whenUndefined?: "throw" | "null";
}

/** For a metric that has no options beyond what an undefined value does. */
export type NoOptions = object;

/** A metric of labels and scores. */
export interface SampleMetric<Value, Options = NoOptions> {
  /** The value; UndefinedMetricError where there is none. */
  (labels: Labels, scores: Scores, options?: Options & ThrowWhenUndefined): Value;
  /** The value; `null` where there is none and the options ask for `null`. */
  (labels: Labels, scores: Scores, options?: Options & NullWhenUndefined): Value | null;
}

/** A metric of labels and scores, or of {@link RankedScores} in their place. */
export interface ScoreMetric<Value, Options = NoOptions> extends SampleMetric<Value, Options> {
  /** The value for ranked scores; UndefinedMetricError where there is none. */
  (ranked: RankedScores, options?: Options & ThrowWhenUndefined): Value;
  /** The value for ranked scores; `null` where there is none and the options ask for `null`. */
  (ranked: RankedScores, options?: Options & NullWhenUndefined): Value | null;
}

/** A {@link ScoreMetric} that cannot do without its options. */
export interface ScoreMetricWith<Value, Options> {
  /** The value; UndefinedMetricError where there is none. */
  (labels: Labels, scores: Scores, options: Options & ThrowWhenUndefined): Value;
  /** The value; `null` where there is none and the options ask for `null`. */
  (labels: Labels, scores: Scores, options: Options & NullWhenUndefined): Value | null;
  /** The value for ranked scores; UndefinedMetricError where there is none. */
  (ranked: RankedScores, options: Options & ThrowWhenUndefined): Value;
  /** The value for ranked scores; `null` where there is none and the options ask for `null`. */
  (ranked: RankedScores, options: Options & NullWhenUndefined): Value | null;
}

/** Runs `compute`; an undefined metric becomes `null` where the options ask for it. */
export function orNull<Value>(options: NullWhenUndefined | undefined, compute: () => Value): Value | null {
  const mode: string = options?.whenUndefined ?? "throw";
  if (mode !== "throw" && mode !== "null") {
    throw new InvalidInputError("options.whenUndefined", '"throw" or "null"', mode);
  }
  try {
    return compute();
  } catch (error) {
    if (mode === "null" && error instanceof UndefinedMetricError) return null;
    throw error;
  }
}

/** Makes a {@link SampleMetric} of a function that throws where it has no value. */
export function sampleMetric<Value, Options = NoOptions>(
  compute: (labels: Labels, scores: Scores, options: Options | undefined) => Value,
): SampleMetric<Value, Options> {
  const metric = (labels: Labels, scores: Scores, options?: Options & NullWhenUndefined): Value | null =>
    orNull(options, () => compute(labels, scores, options));
  // An overloaded type cannot be inferred from its implementation: `null` comes only where the options ask for it.
  return metric as SampleMetric<Value, Options>;
}

/** A metric as a function of ranked scores; throws {@link UndefinedMetricError} where it has no value. */
export type RankedComputation<Value, Options> = (ranked: RankedScores, options: Options | undefined) => Value;

const rankedForms = new WeakMap<object, (ranked: RankedScores) => unknown>();

/**
 * Makes a metric of a function of {@link RankedScores}, as the metrics of this package are made. Resampling then sorts
 * the scores once, where it would otherwise sort every replicate: `scoreMetric((ranked) => equalErrorRate(ranked).value)`.
 *
 * @param compute the value; throws {@link UndefinedMetricError} where there is none
 */
export function scoreMetric<Value, Options = NoOptions>(
  compute: RankedComputation<Value, Options>,
): ScoreMetric<Value, Options> {
  const metric = overRanked(compute);
  rankedForms.set(metric, (ranked) => compute(ranked, undefined));
  return metric as ScoreMetric<Value, Options>; // as in sampleMetric
}

/** {@link scoreMetric} for options that have no default; `compute` checks that they came. */
export function scoreMetricWith<Value, Options>(
  compute: RankedComputation<Value, Options>,
): ScoreMetricWith<Value, Options> {
  return overRanked(compute) as ScoreMetricWith<Value, Options>; // as in sampleMetric
}

/** What `scoreMetric` was given for this metric, or nothing for any other function. */
export function rankedForm(metric: object): ((ranked: RankedScores) => unknown) | undefined {
  return rankedForms.get(metric);
}

function overRanked<Value, Options>(compute: RankedComputation<Value, Options>) {
  type Given = Options & NullWhenUndefined;
  return (first: Labels | RankedScores, second?: Scores | Given, third?: Given): Value | null => {
    // The overloads tie the kind of the second argument to that of the first.
    if (first instanceof RankedScores) {
      const options = second as Given | undefined;
      return orNull(options, () => compute(first, options));
    }
    return orNull(third, () => compute(rankScores(first, second as Scores), third));
  };
}
