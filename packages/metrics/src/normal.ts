/**
 * The standard normal distribution to double precision. The cumulative function by its Taylor-like series near 0
 * (Marsaglia 2004, "Evaluating the Normal Distribution") and by Laplace's continued fraction in the tails, where the
 * relative error of a small probability matters; the quantile by Newton's method on it with Halley's correction.
 */

/** P(Z ≤ x). Its relative accuracy holds in the lower tail too. */
export function normalCdf(x: number): number {
  if (x < 0) return upperTail(-x);
  return 1 - upperTail(x);
}

/** P(|Z| ≥ |z|), the two-sided p-value of a z statistic. */
export function twoSidedPValue(z: number): number {
  return 2 * upperTail(Math.abs(z));
}

/** The x with P(Z ≤ x) = `probability`, which lies strictly between 0 and 1. */
export function normalQuantile(probability: number): number {
  if (probability > 0.5) return -normalQuantile(1 - probability);
  // Start from the leading term of the tail's expansion; bisection takes over wherever a step leaves the bracket.
  let low = -40;
  let high = 0;
  let x = -Math.sqrt(-2 * Math.log(2 * probability));
  for (let i = 0; i < 100; i++) {
    const excess = normalCdf(x) - probability;
    if (excess > 0) high = x;
    else low = x;
    const step = excess / density(x);
    let next = x - step / (1 + (x * step) / 2);
    if (!(next >= low && next <= high)) next = (low + high) / 2;
    if (Math.abs(next - x) <= 1e-15 * Math.abs(next) || next === x) return next;
    x = next;
  }
  return x;
}

function density(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/** P(Z ≥ x) for x ≥ 0. */
function upperTail(x: number): number {
  if (x < 3) {
    let term = x;
    let sum = x;
    for (let k = 3; sum + term !== sum; k += 2) {
      term *= (x * x) / k;
      sum += term;
    }
    return 0.5 - sum * density(x);
  }
  // x + 1/(x + 2/(x + 3/(x + …))), from the inside; 200 levels settle it to the last digit at x = 3.
  let fraction = x;
  for (let level = 200; level >= 1; level--) fraction = x + level / fraction;
  return density(x) / fraction;
}
