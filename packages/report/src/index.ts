export { aucByDomain } from "./charts/auc-by-domain.js";
export { gradientDiagnostics } from "./charts/gradient-diagnostics.js";
export { reliabilityDiagram } from "./charts/reliability-diagram.js";
export { rocCurves } from "./charts/roc-curves.js";
export { scoreHistogram } from "./charts/score-histogram.js";
export { trainingCurves } from "./charts/training-curves.js";
export { type ComparisonReportOptions, comparisonReport, type ReportImage } from "./comparison-report.js";
export { ReportError } from "./errors.js";
export type {
  Comparison,
  DomainResult,
  EndEntry,
  LogEntry,
  MarkEntry,
  MetricInterval,
  RunResult,
  ScoreTable,
  StepDiagnostics,
  StepEntry,
  ValidationEntry,
} from "./records.js";
export { type RunRecord, runReport } from "./run-report.js";
export type { Spread } from "./statistics.js";
export {
  type AlgorithmSummary,
  type DomainCell,
  type DomainGroup,
  type DomainRow,
  type MacroCell,
  type PairedDifference,
  type SeedValue,
  type Summary,
  summarise,
} from "./summary.js";
export { summaryTable } from "./summary-table.js";
