/** Mean and spread of one number over several seeds. With one seed there is no spread, and none is invented. */

/** A number over several runs. */
export interface Spread {
  /** How many values there were, at least 1. */
  count: number;
  /** Arithmetic mean. */
  mean: number;
  /** Sample standard deviation (n − 1 in the denominator), or `null` for a single value. */
  deviation: number | null;
  /** Smallest value. */
  min: number;
  /** Largest value. */
  max: number;
}

/**
 * Summarises the values.
 * @param values finite numbers
 * @returns `null` if there are none
 */
export function spread(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    count: values.length,
    mean,
    deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null,
    min: Math.min(...values),
    max: Math.max(...values),
  };
}
