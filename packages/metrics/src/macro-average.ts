/** The mean of a metric over domains, each domain counting the same, with a record of which domains it is the mean of. */
import { InvalidInputError, UndefinedMetricError } from "./errors.js";
import { type NullWhenUndefined, orNull, type ThrowWhenUndefined } from "./metric.js";
import { sumOf } from "./sum.js";

/** A mean over domains. */
export interface MacroAverage {
  /** Mean of the domains that have a value. */
  readonly value: number;
  /** The domains that entered, in the order given. Two averages compare only if these are the same. */
  readonly domains: string[];
  /** The domains left out because their metric is `null`, in the order given. */
  readonly excluded: string[];
}

/**
 * Unweighted mean of a metric over domains; a domain whose metric is `null` is left out and named.
 *
 * @param perDomain the metric of each domain, `null` where it is undefined
 * @throws InvalidInputError on a value that is neither a finite number nor `null`
 * @throws UndefinedMetricError where no domain has a value
 */
export function macroAverage(
  perDomain: Readonly<Record<string, number | null>>,
  options?: ThrowWhenUndefined,
): MacroAverage;
/** {@link macroAverage} that gives `null` where no domain has a value and the options ask for `null`. */
export function macroAverage(
  perDomain: Readonly<Record<string, number | null>>,
  options?: NullWhenUndefined,
): MacroAverage | null;
export function macroAverage(
  perDomain: Readonly<Record<string, number | null>>,
  options?: NullWhenUndefined,
): MacroAverage | null {
  return orNull(options, () => {
    const domains: string[] = [];
    const excluded: string[] = [];
    const values: number[] = [];
    for (const [domain, value] of Object.entries(perDomain)) {
      if (value === null) {
        excluded.push(domain);
      } else if (Number.isFinite(value)) {
        domains.push(domain);
        values.push(value);
      } else {
        throw new InvalidInputError(`perDomain[${JSON.stringify(domain)}]`, "a finite number or null", value);
      }
    }
    if (values.length === 0) {
      const reason = excluded.length === 0 ? "there are no domains" : `no domain has a value (${excluded.join(", ")})`;
      throw new UndefinedMetricError("macroAverage", reason);
    }
    return { value: sumOf(values.length, (i) => values[i]!) / values.length, domains, excluded };
  });
}
