/**
 * Dense matrix products over row-major Float64 scratch buffers, blocked in registers: two rows by four columns of the
 * result are summed in local variables, so that the inner loop does six loads for eight multiply-adds and no store.
 * Float64 is deliberate: V8 computes in double precision, and converting on every load costs a third of the speed.
 */

/** `c[m×n] = a[m×k] · b[k×n]`. */
export function multiplyInto(a: Float64Array, b: Float64Array, c: Float64Array, m: number, k: number, n: number): void {
  // An odd last row is paired with itself, and the second result of the pair is dropped.
  for (let row = 0; row < m; row += 2) {
    const next = row + 1 < m ? k : 0;
    let column = 0;
    for (; column + 4 <= n; column += 4) {
      let c00 = 0;
      let c01 = 0;
      let c02 = 0;
      let c03 = 0;
      let c10 = 0;
      let c11 = 0;
      let c12 = 0;
      let c13 = 0;
      let ia = row * k;
      let ib = column;
      for (let i = 0; i < k; i++) {
        const a0 = a[ia]!;
        const a1 = a[ia + next]!;
        const b0 = b[ib]!;
        const b1 = b[ib + 1]!;
        const b2 = b[ib + 2]!;
        const b3 = b[ib + 3]!;
        c00 += a0 * b0;
        c01 += a0 * b1;
        c02 += a0 * b2;
        c03 += a0 * b3;
        c10 += a1 * b0;
        c11 += a1 * b1;
        c12 += a1 * b2;
        c13 += a1 * b3;
        ia++;
        ib += n;
      }
      const ic = row * n + column;
      c[ic] = c00;
      c[ic + 1] = c01;
      c[ic + 2] = c02;
      c[ic + 3] = c03;
      if (next === 0) continue;
      c[ic + n] = c10;
      c[ic + n + 1] = c11;
      c[ic + n + 2] = c12;
      c[ic + n + 3] = c13;
    }
    for (; column < n; column++) {
      let c0 = 0;
      let c1 = 0;
      let ia = row * k;
      let ib = column;
      for (let i = 0; i < k; i++) {
        c0 += a[ia]! * b[ib]!;
        c1 += a[ia + next]! * b[ib]!;
        ia++;
        ib += n;
      }
      c[row * n + column] = c0;
      if (next !== 0) c[(row + 1) * n + column] = c1;
    }
  }
}

/** `c[k×n] += a[m×k]ᵀ · b[m×n]`. */
export function addTransposedProduct(
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  m: number,
  k: number,
  n: number,
): void {
  for (let row = 0; row < k; row += 2) {
    const next = row + 1 < k ? 1 : 0;
    let column = 0;
    for (; column + 4 <= n; column += 4) {
      let c00 = 0;
      let c01 = 0;
      let c02 = 0;
      let c03 = 0;
      let c10 = 0;
      let c11 = 0;
      let c12 = 0;
      let c13 = 0;
      let ia = row;
      let ib = column;
      for (let i = 0; i < m; i++) {
        const a0 = a[ia]!;
        const a1 = a[ia + next]!;
        const b0 = b[ib]!;
        const b1 = b[ib + 1]!;
        const b2 = b[ib + 2]!;
        const b3 = b[ib + 3]!;
        c00 += a0 * b0;
        c01 += a0 * b1;
        c02 += a0 * b2;
        c03 += a0 * b3;
        c10 += a1 * b0;
        c11 += a1 * b1;
        c12 += a1 * b2;
        c13 += a1 * b3;
        ia += k;
        ib += n;
      }
      const ic = row * n + column;
      c[ic]! += c00;
      c[ic + 1]! += c01;
      c[ic + 2]! += c02;
      c[ic + 3]! += c03;
      if (next === 0) continue;
      c[ic + n]! += c10;
      c[ic + n + 1]! += c11;
      c[ic + n + 2]! += c12;
      c[ic + n + 3]! += c13;
    }
    for (; column < n; column++) {
      let c0 = 0;
      let c1 = 0;
      let ia = row;
      let ib = column;
      for (let i = 0; i < m; i++) {
        c0 += a[ia]! * b[ib]!;
        c1 += a[ia + next]! * b[ib]!;
        ia += k;
        ib += n;
      }
      c[row * n + column]! += c0;
      if (next !== 0) c[(row + 1) * n + column]! += c1;
    }
  }
}
