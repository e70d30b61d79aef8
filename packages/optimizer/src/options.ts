/**
 * Checks options at run time: an unknown key, a wrong type and a value out of range are errors that name the option, so
 * that a misspelt `rho` or a number that came as text never trains silently with something else.
 */
import { OptionError } from "./errors.js";

/** Returns undefined for a good value, otherwise what was expected. */
type Check = (value: unknown) => string | undefined;

/** A finite number that is `min` or more. */
export const atLeast =
  (min: number): Check =>
  (value) =>
    typeof value === "number" && Number.isFinite(value) && value >= min ? undefined : `a finite number >= ${min}`;

/** A number from `min` to below `limit`. */
export const within =
  (min: number, limit: number): Check =>
  (value) =>
    typeof value === "number" && value >= min && value < limit ? undefined : `a number in [${min}, ${limit})`;

/** An integer that is 0 or more. */
export const count: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : "an integer >= 0";

/** Absent, or something that another check takes. */
export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined ? undefined : check(value);

/** An integer that is 1 or more. */
export const positiveCount: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 1 ? undefined : "an integer >= 1";

/** True or false. */
export const flag: Check = (value) => (typeof value === "boolean" ? undefined : "true or false");

/** One of some names. */
export const oneOf =
  (...names: string[]): Check =>
  (value) =>
    names.includes(value as string) ? undefined : `one of ${names.map((name) => `"${name}"`).join(", ")}`;

/** Anything; whoever takes the option checks it. */
export const unchecked: Check = () => undefined;

/** A function. */
export const callable: Check = (value) => (typeof value === "function" ? undefined : "a function");

/** What seeds a random stream. */
export const seed: Check = (value) =>
  typeof value === "string" || typeof value === "bigint" || Number.isSafeInteger(value)
    ? undefined
    : "a string, an integer or a bigint";

/** No weights, or weights by domain. */
export const domainWeights: Check = (value) => {
  if (value === undefined) return undefined;
  const good =
    typeof value === "object" && value !== null && Object.values(value).every((w) => atLeast(0)(w) === undefined);
  return good ? undefined : "weights >= 0 by domain";
};

/**
 * `options` over `defaults`, checked. A key whose value is undefined counts as absent.
 *
 * @throws OptionError for an unknown key or a value that fails its check
 */
export function resolveOptions<T extends object>(
  path: string,
  options: Partial<T>,
  defaults: T,
  checks: Readonly<Record<keyof T, Check>>,
): T {
  const known = Object.keys(checks);
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new OptionError(path, `only the options ${known.join(", ")}`, unknown);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const resolved = { ...defaults, ...given };
  for (const key of known as (keyof T & string)[]) {
    const expected = checks[key](resolved[key]);
    if (expected !== undefined) throw new OptionError(`${path}.${key}`, expected, resolved[key]);
  }
  return resolved;
}
