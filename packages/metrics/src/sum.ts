/** Sums of many terms with the rounding of one (Neumaier 1974, "Rundungsfehleranalyse einiger Verfahren zur Summation"). */

/** Σ term(i) for i from 0 to `count` − 1, compensated. Infinite terms give an infinite sum. */
export function sumOf(count: number, term: (index: number) => number): number {
  let sum = 0;
  let lost = 0;
  for (let i = 0; i < count; i++) {
    const x = term(i);
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  return Number.isFinite(sum) ? sum + lost : sum;
}
