/** The checks that decide whether a ranking metric has a value: both classes, or the positive class, must be there. */
import { UndefinedMetricError } from "./errors.js";

/** @throws UndefinedMetricError unless there is at least one fake and one real */
export function requireBothClasses(metric: string, positives: number, negatives: number, least = 1): void {
  if (positives < least || negatives < least) {
    const need = least === 1 ? "a fake and a real sample" : `${least} fake and ${least} real samples`;
    throw new UndefinedMetricError(metric, `it needs at least ${need}, got ${positives} fake and ${negatives} real`);
  }
}

/** @throws UndefinedMetricError unless there is at least one sample */
export function requireSamples(metric: string, count: number): void {
  if (count === 0) throw new UndefinedMetricError(metric, "there are no samples");
}
