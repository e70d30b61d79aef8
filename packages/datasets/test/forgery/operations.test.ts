/** The image operations against SciPy, PyTorch, scikit-image, NumPy and Pillow (tools/reference-fixtures/forgery). */
import "@roga/test-support";
import { stream } from "@roga/tensor-utils/random";
import { describe, expect, it } from "vitest";
import { transferColour } from "../../src/forgery/operations/colour-transfer.js";
import { dct8 } from "../../src/forgery/operations/dct.js";
import { fft2, inverseFft2 } from "../../src/forgery/operations/fft.js";
import { gaussianBlur } from "../../src/forgery/operations/gaussian.js";
import { boxMean, guidedFilter } from "../../src/forgery/operations/guided.js";
import { jpegLoss, quantisationTable } from "../../src/forgery/operations/jpeg.js";
import { labToRgb, rgbToLab } from "../../src/forgery/operations/lab.js";
import { pyramidExpand, pyramidReduce } from "../../src/forgery/operations/laplacian-pyramid.js";
import { membrane } from "../../src/forgery/operations/membrane.js";
import { noiseLevel } from "../../src/forgery/operations/noise-level.js";
import { convexHull, polygonCoverage } from "../../src/forgery/operations/polygon.js";
import { whiteNoise } from "../../src/forgery/operations/random-field.js";
import { channelsOf, type Raster } from "../../src/forgery/operations/raster.js";
import { remap } from "../../src/forgery/operations/remap.js";
import { resize } from "../../src/forgery/operations/resize.js";
import { splineMap, thinPlateSpline } from "../../src/forgery/operations/thin-plate.js";
import { transposedConvolution } from "../../src/forgery/operations/transposed-convolution.js";
import { fitSimilarity } from "../../src/image/similarity.js";
import { operations, rasterOf } from "./support.js";

const image = rasterOf(operations.image);
/** Values are float32 of at most a few units, and the fixture holds seven digits. */
const FLOAT32 = { rtol: 1e-6, atol: 2e-6 };

function expectRaster(actual: Raster, expected: { width: number; height: number; values: readonly number[] }): void {
  expect([actual.width, actual.height]).toEqual([expected.width, expected.height]);
  expect(actual.data).toBeAllClose([...expected.values], FLOAT32);
}

function meanDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}

describe("filters", () => {
  it.each(operations.gaussian)("gaussianBlur with sigma $sigma is SciPy's", (expected) => {
    expectRaster(gaussianBlur(image, expected.sigma), expected);
  });

  it.each(operations.box)("boxMean with radius $radius is SciPy's uniform filter", (expected) => {
    expectRaster(boxMean(image, expected.radius), expected);
  });

  it.each(operations.guided)("guidedFilter with radius $radius follows its definition", (expected) => {
    expect(guidedFilter(image, expected.radius, expected.epsilon).data).toBeAllClose([...expected.values], {
      atol: 2e-5,
    });
  });

  it("noiseLevel finds the noise of a noisy ramp", () => {
    const ramp = whiteNoise(80, 80, 1, stream(1, "ramp"));
    for (let i = 0; i < ramp.data.length; i++) ramp.data[i] = 0.04 * ramp.data[i]! + 0.005 * (i % 80);
    const everywhere = { ...ramp, data: new Float32Array(ramp.data.length).fill(1) };
    expect(noiseLevel(ramp, everywhere)).toBeAllClose(0.04, { rtol: 0.05 });
  });

  it("noiseLevel is Immerkaer's estimate, over the mask alone", () => {
    const plane = rasterOf(operations.plane);
    const everywhere = { ...plane, data: new Float32Array(plane.data.length).fill(1) };
    expect(noiseLevel(plane, everywhere)).toBeAllClose(operations.noiseLevel, { rtol: 1e-5 });
    expect(noiseLevel(plane, { ...plane, data: new Float32Array(plane.data.length) })).toBe(0);
  });
});

describe("geometry", () => {
  it.each(operations.resize)("resize $filter to $width x $height is PyTorch's with antialiasing", (expected) => {
    expectRaster(resize(image, expected.width, expected.height, expected.filter), expected);
  });

  it.each(operations.remap.results)("remap $sampling is PyTorch's grid_sample with border padding", (expected) => {
    const map = {
      width: expected.width,
      height: expected.height,
      x: Float32Array.from(operations.remap.x),
      y: Float32Array.from(operations.remap.y),
    };
    // The positions are float32, so they differ by 1e-6 px from the reference's.
    expect(remap(image, map, expected.sampling).data).toBeAllClose([...expected.values], { atol: 1e-5 });
  });

  it("fitSimilarity is scikit-image's (Umeyama) estimate", () => {
    const { a, b, tx, ty } = fitSimilarity(operations.points.from, operations.points.to);
    expect([a, -b, tx, b, a, ty, 0, 0, 1]).toBeAllClose(operations.points.similarity, { rtol: 1e-6, atol: 1e-6 });
  });

  it("thinPlateSpline is SciPy's thin-plate RBF, and its map follows it", () => {
    const spline = thinPlateSpline(operations.points.from, operations.points.to);
    const found = operations.points.probes.map(([x, y]) => [...spline.at(x, y)]);
    expect(found).toBeAllClose(operations.points.spline, { rtol: 1e-5, atol: 1e-5 });
    const map = splineMap(spline, 50, 41);
    let worst = 0;
    for (let i = 0; i < map.x.length; i++) {
      const [x, y] = spline.at(i % 50, Math.floor(i / 50));
      worst = Math.max(worst, Math.hypot(map.x[i]! - x, map.y[i]! - y));
    }
    // These points bend the plane far more than two faces do.
    expect(worst).toBeLessThan(0.2);
    expect([map.x[8 * 50 + 12], map.y[8 * 50 + 12]]).toBeAllClose([...spline.at(12, 8)], { rtol: 1e-6 });
  });

  it("convexHull has SciPy's corners", () => {
    const key = ([x, y]: readonly [number, number]): string => `${x} ${y}`;
    const hull = convexHull(operations.polygon.cloud);
    expect(hull.map(key).sort()).toEqual(operations.polygon.hull.map(key).sort());
  });

  it("polygonCoverage is the share that 64 x 64 samples a pixel find, and exact in sum", () => {
    const { coverage, corners } = operations.polygon;
    const mask = polygonCoverage(corners, coverage.width, coverage.height);
    expect(mask.data).toBeAllClose([...coverage.values], { atol: 0.02 });
    const square = polygonCoverage(
      [
        [1.25, 0.5],
        [4.75, 0.5],
        [4.75, 3.25],
        [1.25, 3.25],
      ],
      8,
      6,
    );
    expect(square.data.reduce((sum, value) => sum + value, 0)).toBeCloseTo(3.5 * 2.75, 5);
    expect(square.data[0]).toBe(0);
  });
});

describe("colour", () => {
  const { colour } = operations;

  it("rgbToLab is scikit-image's, and labToRgb undoes it", () => {
    const rgb = Float32Array.from(colour.rgb);
    const lab = new Float32Array(rgb.length);
    const back = new Float32Array(rgb.length);
    for (let i = 0; i < rgb.length; i += 3) {
      rgbToLab(rgb, i, lab, i);
      labToRgb(lab, i, back, i);
    }
    expect(lab).toBeAllClose(colour.lab, { rtol: 1e-5, atol: 2e-4 });
    expect(back).toBeAllClose(colour.rgb, { atol: 1e-5 });
  });

  it("transferColour is Reinhard's in L*a*b*, and leaves what the area leaves out", () => {
    const mask = { width: image.width, height: image.height, data: Float32Array.from(colour.mask) };
    const found = transferColour(image, rasterOf(operations.other), mask, mask, colour.strength);
    // The pixels that leave the gamut go through the steep end of the curve.
    expect(found.data).toBeAllClose([...colour.transferred.values], { atol: 5e-5 });
  });
});

describe("JPEG", () => {
  const { jpeg } = operations;

  it("dct8 is SciPy's orthonormal DCT, and undoes itself", () => {
    const block = Float64Array.from(jpeg.block);
    const scratch = new Float64Array(64);
    dct8(block, scratch, false);
    expect(block).toBeAllClose(jpeg.dct, { rtol: 1e-6, atol: 1e-5 });
    dct8(block, scratch, true);
    expect(block).toBeAllClose(jpeg.block, { atol: 1e-9 });
  });

  describe.each(Object.entries(jpeg.qualities))("at quality %s", (name, expected) => {
    const quality = Number(name);

    it("has the tables of libjpeg", () => {
      expect(quantisationTable("luminance", quality)).toEqual(expected.luminance);
      expect(quantisationTable("chrominance", quality)).toEqual(expected.chrominance);
    });

    it("equals SciPy's DCT with those tables", () => {
      const found = jpegLoss(rasterOf(jpeg.photo), { quality, subsampleChroma: false });
      expect(found.data).toBeAllClose([...expected.ours.values], { atol: 1e-5 });
    });

    it.each([
      ["4:4:4", false, expected.pillow],
      ["4:2:0", true, expected.pillowHalved],
    ] as const)("loses what the real codec loses, %s", (_, subsampleChroma, pillow) => {
      const { width, height, values } = jpeg.photo8;
      const photo = { width, height, data: Float32Array.from(values, (value) => value / 255) };
      const found = jpegLoss(photo, { quality, subsampleChroma }).data.map((value) => value * 255);
      const ours = meanDistance(found, values);
      const theirs = meanDistance(pillow, values);
      // The codec rounds to whole numbers three times, and a rounding that falls the other way moves a coefficient by
      // a whole step: pixels are close, and the loss as a whole is the same.
      expect(ours / theirs).toBeGreaterThan(0.98);
      expect(ours / theirs).toBeLessThan(1.02);
      expect(meanDistance(found, pillow)).toBeLessThan(0.35 * theirs);
    });
  });

  it("places the block grid where it is told", () => {
    const flat = { width: 24, height: 16, data: new Float32Array(24 * 16 * 3).fill(0.5) };
    const step = { ...flat, data: flat.data.slice() };
    // One bright pixel: its loss spreads over its own block and no further.
    step.data.fill(1, (5 * 24 + 9) * 3, (5 * 24 + 9) * 3 + 3);
    const found = jpegLoss(step, { quality: 30, subsampleChroma: false, gridX: 3, gridY: 5 });
    const base = jpegLoss(flat, { quality: 30, subsampleChroma: false, gridX: 3, gridY: 5 });
    const columns = new Set<number>();
    const rows = new Set<number>();
    for (let i = 0; i < found.data.length; i++) {
      if (Math.abs(found.data[i]! - base.data[i]!) < 1e-6) continue;
      columns.add(Math.floor(i / 3) % 24);
      rows.add(Math.floor(i / 72));
    }
    expect([Math.min(...columns), Math.max(...columns)]).toEqual([3, 10]);
    expect([Math.min(...rows), Math.max(...rows)]).toEqual([5, 12]);
  });
});

describe("Fourier transform", () => {
  it.each(operations.fft)("fft2 of $width x $height is NumPy's, and its inverse undoes it", (expected) => {
    const plane = {
      width: expected.width,
      height: expected.height,
      re: Float64Array.from(expected.re),
      im: Float64Array.from(expected.im),
    };
    fft2(plane);
    expect(plane.re).toBeAllClose(expected.spectrumRe, { rtol: 1e-6, atol: 1e-5 });
    expect(plane.im).toBeAllClose(expected.spectrumIm, { rtol: 1e-6, atol: 1e-5 });
    inverseFft2(plane);
    expect(plane.re).toBeAllClose(expected.re, { atol: 1e-12 });
    expect(plane.im).toBeAllClose(expected.im, { atol: 1e-12 });
  });
});

describe("blending", () => {
  it("pyramidReduce and pyramidExpand are Burt and Adelson's", () => {
    const reduced = pyramidReduce(image);
    expectRaster(reduced, operations.pyramid.reduced);
    expectRaster(pyramidExpand(reduced, image.width, image.height), operations.pyramid.expanded);
  });

  it("membrane solves Laplace's equation as SciPy's sparse solver does", () => {
    const { known, solved, unknown } = operations.membrane;
    const mask = Uint8Array.from(unknown);
    const exact = membrane(rasterOf(known), mask, 200);
    expect(exact.data).toBeAllClose([...solved.values], { atol: 1e-5 });
    // The sweeps that are used leave errors of about one percent of the range of the known values, here near 1.
    const quick = membrane(rasterOf(known), mask);
    expect(quick.data).toBeAllClose([...solved.values], { rtol: 0, atol: 0.02 });
  });

  it("membrane leaves known cells and the input alone", () => {
    const values = rasterOf(operations.membrane.known);
    const before = values.data.slice();
    const filled = membrane(values, Uint8Array.from(operations.membrane.unknown));
    expect(values.data).toEqual(before);
    operations.membrane.unknown.forEach((unknown, i) => {
      if (unknown === 0) expect(filled.data[2 * i]).toBe(before[2 * i]);
    });
  });
});

describe("transposed convolution", () => {
  it.each(operations.transposed)("with stride $stride and kernel $kernel is PyTorch's", (expected) => {
    const patch = rasterOf(operations.patch);
    const kernels = Array.from({ length: channelsOf(patch) }, () => Float64Array.from(expected.kernel));
    expectRaster(transposedConvolution(patch, expected.stride, kernels, kernels), expected);
  });
});
