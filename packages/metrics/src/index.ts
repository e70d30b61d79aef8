/**
 * Metrics of detectors on plain arrays: labels (1 or true = fake, the positive class) and scores (higher = more fake).
 * No dependencies, no tensors.
 *
 * @packageDocumentation
 */
export {
  type PartialAucOptions,
  partialAuc,
  rocAuc,
  type TruePositiveRateAtOptions,
  truePositiveRateAt,
} from "./auc.js";
export {
  type BootstrapInterval,
  type BootstrapOptions,
  type BootstrapSamples,
  bootstrapInterval,
} from "./bootstrap.js";
export type { Calibration } from "./calibration.js";
export {
  accuracy,
  balancedAccuracy,
  type ConfusionMatrix,
  confusionMatrix,
  type DecisionMetric,
  f1Score,
  matthewsCorrelation,
} from "./confusion.js";
export {
  type DelongInterval,
  type DelongIntervalOptions,
  type DelongTest,
  type DelongTestOptions,
  delongInterval,
  delongTest,
} from "./delong.js";
export {
  type EqualErrorRate,
  type EqualErrorRateConvention,
  type EqualErrorRateOptions,
  equalErrorRate,
} from "./equal-error-rate.js";
export { InvalidInputError, UndefinedMetricError } from "./errors.js";
export type { Labels, Scores } from "./input.js";
export { logit, sigmoid } from "./logistic.js";
export { type MacroAverage, macroAverage } from "./macro-average.js";
export {
  type NoOptions,
  type NullWhenUndefined,
  type RankedComputation,
  type SampleMetric,
  type ScoreMetric,
  type ScoreMetricWith,
  scoreMetric,
  type ThrowWhenUndefined,
} from "./metric.js";
export { type PairedBootstrap, type PairedSamples, pairedBootstrap } from "./paired-bootstrap.js";
export { fitPlatt, type PlattOptions, type PlattScaling } from "./platt.js";
export { averagePrecision, type PrecisionRecallCurve, precisionRecallCurve } from "./precision-recall.js";
export { brierScore, type LogLossOptions, logLoss } from "./proper-scores.js";
export { RankedScores, rankScores } from "./ranked.js";
export {
  expectedCalibrationError,
  type ReliabilityBin,
  type ReliabilityOptions,
  reliabilityBins,
} from "./reliability.js";
export type { ResamplingOptions } from "./replicate.js";
export type { Clusters } from "./resample.js";
export { type RocCurve, type RocCurveOptions, rocCurve } from "./roc.js";
export { fitTemperature, type TemperatureScaling } from "./temperature.js";
export {
  type FalsePositiveRateRule,
  type SelectedThreshold,
  type SelectThresholdOptions,
  selectThreshold,
  type ThresholdRule,
} from "./threshold.js";
export {
  type AggregateVideosOptions,
  aggregateVideos,
  type FrameScores,
  type FrameVideos,
  type TopKRule,
  type TrimmedRule,
  type VideoRule,
  type VideoScores,
  videoClusters,
} from "./videos.js";
export type { Statistic } from "./weighted.js";
