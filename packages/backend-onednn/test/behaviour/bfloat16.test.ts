/**
 * Products in bfloat16 against products in double precision of the same numbers rounded to it: only the order of float32
 * sums may differ. The addon is asked, as convolutions of its own make these products.
 */
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Addon } from "../../src/addon.js";
import { loadAddon } from "../../src/load.js";

let addon: Addon;
let supported = true;

beforeAll(() => {
  addon = loadAddon();
  try {
    addon.setBfloat16(true);
  } catch {
    supported = false;
  }
});
afterEach(() => addon.setBfloat16(false));

/** To the nearest number of 8 significant bits, ties to even. */
function rounded(values: Float32Array): Float64Array {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  const near = bits.map((b) => (b + 0x7fff + ((b >>> 16) & 1)) & 0xffff0000);
  return Float64Array.from(new Float32Array(near.buffer));
}

let seed = 1;
const random = () => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return seed / 2 ** 31 - 1;
};
const floats = (size: number) => Float32Array.from({ length: size }, random);

/** Σ over `inner` of a(i, p) · b(p, j), with what the absolute terms sum to. */
function product(rows: number, columns: number, inner: number, a: (i: number, p: number) => number, b: typeof a) {
  const values = new Float64Array(rows * columns);
  const sizes = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      for (let p = 0; p < inner; p++) {
        const term = a(i, p) * b(p, j);
        values[i * columns + j]! += term;
        sizes[i * columns + j]! += Math.abs(term);
      }
    }
  }
  return { values, sizes };
}

function expectClose(actual: Float32Array, { values, sizes }: ReturnType<typeof product>): void {
  const worst = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - values[i]!) / sizes[i]!), 0);
  expect(worst).toBeLessThan(2e-6);
}

test.each([
  [64, 1, 1],
  [200, 15, 300],
  [333, 101, 131],
  [515, 64, 128],
])("%i pixels of %i channels to %i", (pixels, c, k) => {
  // What the processor cannot do is refused, which test/loading shows.
  if (!supported) return expect(() => addon.setBfloat16(true)).toThrow();
  addon.setBfloat16(true);
  const shape = Int32Array.of(1, 1, pixels, c, k, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, pixels);
  const [x, w, dy] = [floats(pixels * c), floats(c * k), floats(pixels * k)];
  const [rx, rw, rdy] = [rounded(x), rounded(w), rounded(dy)];

  const y = new Float32Array(pixels * k);
  addon.convolution(shape, x, w, undefined, y, 0, 0);
  expectClose(
    y,
    product(
      pixels,
      k,
      c,
      (i, p) => rx[i * c + p]!,
      (p, j) => rw[p * k + j]!,
    ),
  );

  const dx = new Float32Array(pixels * c);
  addon.convolutionBackwardInput(shape, dy, w, dx);
  expectClose(
    dx,
    product(
      pixels,
      c,
      k,
      (i, p) => rdy[i * k + p]!,
      (p, j) => rw[j * k + p]!,
    ),
  );

  const dw = new Float32Array(c * k);
  addon.matmul(x, dy, dw, 1, c, k, pixels, true, false, false, false);
  expectClose(
    dw,
    product(
      c,
      k,
      pixels,
      (i, p) => rx[p * c + i]!,
      (p, j) => rdy[p * k + j]!,
    ),
  );
});

test.each([
  [2, 16, 17, 19, 3, 1],
  [1, 33, 3, 32, 3, 2],
  [2, 15, 24, 40, 5, 2],
])(
  "convolution of %i images of %i² pixels, %i channels to %i, filter %i, stride %i, as float32 of rounded numbers",
  (n, side, c, k, filter, stride) => {
    if (!supported) return expect(() => addon.setBfloat16(true)).toThrow();
    const pad = (filter - 1) / 2;
    const out = Math.floor((side + 2 * pad - filter) / stride) + 1;
    const shape = Int32Array.of(
      ...[n, side, side, c, k, filter, filter, stride, stride, pad, pad, pad, pad, 1, 1, 1, out, out],
    );
    const [x, w] = [floats(n * side * side * c), floats(filter * filter * c * k)];
    const dy = floats(n * out * out * k);
    const run = (x: Float32Array, w: Float32Array, dy: Float32Array) => {
      const results = [new Float32Array(dy.length), new Float32Array(x.length), new Float32Array(w.length)] as const;
      addon.convolution(shape, x, w, undefined, results[0], 0, 0);
      addon.convolutionBackwardInput(shape, dy, w, results[1]);
      addon.convolutionBackwardFilter(shape, x, dy, results[2]);
      return results;
    };
    const [rx, rw, rdy] = [x, w, dy].map((values) => Float32Array.from(rounded(values))) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const expected = run(rx, rw, rdy);
    addon.setBfloat16(true);
    for (const [index, actual] of run(x, w, dy).entries()) {
      const scale = Math.sqrt(actual.reduce((sum, value) => sum + value * value, 0) / actual.length);
      const worst = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[index]![i]!)), 0);
      expect(worst / scale).toBeLessThan(1e-5);
    }
  },
);
