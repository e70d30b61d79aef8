/**
 * The two ways a metric can fail. Input that no metric could read is the caller's mistake and always throws; a question
 * that has no answer on correct input (the AUC of real images alone) is a property of the data, and a caller may ask for
 * `null` instead.
 */

/** Input or an option that cannot be read: wrong length, NaN, out of range. Always thrown, whatever the options say. */
export class InvalidInputError extends Error {
  /** The class's name. */
  /** `"InvalidInputError"`. */
  override readonly name = "InvalidInputError";
  /** What was wrong, as a path into the call: `scores[12]`, `options.bins`. */
  readonly path: string;

  /**
   * @param path what was wrong: `scores[12]`
   * @param expected what the metric needs there: `a finite number`
   * @param received the value that came; it is printed as JSON where it has a JSON form
   */
  constructor(path: string, expected: string, received: unknown) {
    super(`${path}: expected ${expected}, got ${describe(received)}`);
    this.path = path;
  }
}

/**
 * A metric that has no value on this data: no samples, one class alone, a zero denominator.
 * Thrown by default; `{ whenUndefined: "null" }` returns `null` in its place.
 */
export class UndefinedMetricError extends Error {
  /** The class's name. */
  /** `"UndefinedMetricError"`. */
  override readonly name = "UndefinedMetricError";
  /** The function that has no value: `rocAuc`. */
  readonly metric: string;

  /**
   * @param metric the function that has no value
   * @param reason why, as the end of the sentence "metric is undefined: …"
   */
  constructor(metric: string, reason: string) {
    super(`${metric} is undefined: ${reason}`);
    this.metric = metric;
  }
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return Object.is(value, -0) ? "-0" : String(value);
}
