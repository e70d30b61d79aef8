/**
 * The minimum of a smooth function of a few numbers in float64: Newton's method with derivatives from central differences,
 * damped until it descends.
 */

/** Solves a symmetric positive definite system by Cholesky's factorization; undefined where it is not. */
function solve(matrix, vector) {
  const n = vector.length;
  const lower = matrix.map(() => new Float64Array(n));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i][j];
      for (let k = 0; k < j; k++) sum -= lower[i][k] * lower[j][k];
      if (i === j && !(sum > 0)) return undefined;
      lower[i][j] = i === j ? Math.sqrt(sum) : sum / lower[j][j];
    }
  }
  const x = [...vector];
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= lower[i][k] * x[k];
    x[i] /= lower[i][i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= lower[k][i] * x[k];
    x[i] /= lower[i][i];
  }
  return x;
}

const moved = (x, i, by) => x.map((value, j) => (i === j ? value + by : value));

function gradient(f, x, h) {
  return x.map((_, i) => (f(moved(x, i, h)) - f(moved(x, i, -h))) / (2 * h));
}

/** The minimum that is found from `start`. Throws where none is within 200 steps. */
export function minimize(f, start) {
  let x = [...start];
  for (let step = 0; step < 200; step++) {
    const g = gradient(f, x, 1e-5);
    if (Math.hypot(...g) < 1e-8) return x;
    const rows = x.map((_, i) => {
      const [above, below] = [1e-4, -1e-4].map((by) => gradient(f, moved(x, i, by), 1e-4));
      return above.map((value, j) => (value - below[j]) / 2e-4);
    });
    let next;
    for (let damping = 0; next === undefined; damping = Math.max(10 * damping, 1e-3)) {
      const hessian = rows.map((row, i) => row.map((value, j) => (value + rows[j][i]) / 2 + (i === j ? damping : 0)));
      const direction = solve(hessian, g);
      const trial = direction && x.map((value, i) => value - direction[i]);
      if (trial && f(trial) <= f(x)) next = trial;
      if (damping > 1e9) throw new Error(`minimize: no descent from [${x}]`);
    }
    x = next;
  }
  throw new Error(`minimize: no minimum found from [${start}]`);
}
