import { type Augmentation, type AugmentOptions, applyAugmentation, drawAugmentation } from "@roga/datasets";
import { describe, expect, it } from "vitest";
import { bytesOf, difference, fixture } from "../support/fixture.js";

const { size, rgb, flipped, light, jpeg } = fixture.augment;
const pixels = bytesOf(rgb);
const nothing: Augmentation = { flip: false, brightness: 0, contrast: 0, jpegQuality: null };
const at = (index: number, epoch = 0, domain = "deepfakes") => ({ epoch, domain, index });

describe("applyAugmentation against NumPy and Pillow", () => {
  it("flips left and right", async () => {
    expect(await applyAugmentation(pixels, size, { ...nothing, flip: true })).toEqual(bytesOf(flipped));
  });

  it.each(light)(
    "shifts brightness by $brightness and contrast by $contrast",
    async ({ brightness, contrast, rgb }) => {
      expect(await applyAugmentation(pixels, size, { ...nothing, brightness, contrast })).toEqual(bytesOf(rgb));
    },
  );

  it.each(jpeg)("recompresses at quality $quality", async ({ quality, rgb }) => {
    const result = await applyAugmentation(pixels, size, { ...nothing, jpegQuality: quality });
    expect(difference(result, bytesOf(rgb)).mean).toBeLessThan(0.5);
  });
});

describe("applyAugmentation", () => {
  it("leaves its input alone, even where it changes nothing", async () => {
    const before = pixels.slice();
    const result = await applyAugmentation(pixels, size, nothing);
    expect(result).toEqual(before);
    result.fill(0);
    await applyAugmentation(pixels, size, { flip: true, brightness: 0.1, contrast: 0.1, jpegQuality: 50 });
    expect(pixels).toEqual(before);
  });

  it("refuses pixels of another size", async () => {
    await expect(applyAugmentation(pixels, size - 1, nothing)).rejects.toThrow("pixels: expected 31 x 31 x 3");
  });
});

describe("drawAugmentation", () => {
  const draws = (options: AugmentOptions, count = 4000) =>
    Array.from({ length: count }, (_, index) => drawAugmentation(7, at(index), options));

  it("depends on seed, epoch, domain and index alone", () => {
    const options = { jpeg: { probability: 0.5, quality: [40, 100] } } as const;
    const first = Array.from({ length: 50 }, (_, index) => drawAugmentation(7, at(index), options));
    const backwards = Array.from({ length: 50 }, (_, i) => drawAugmentation(7, at(49 - i), options)).reverse();
    expect(backwards).toEqual(first);
    for (const other of [
      Array.from({ length: 50 }, (_, index) => drawAugmentation(8, at(index), options)),
      Array.from({ length: 50 }, (_, index) => drawAugmentation(7, at(index, 1), options)),
      Array.from({ length: 50 }, (_, index) => drawAugmentation(7, at(index, 0, "faceswap"), options)),
    ]) {
      expect(other).not.toEqual(first);
    }
  });

  it("flips half the images and shifts half of them, by default", () => {
    const drawn = draws({});
    const share = (test: (augmentation: Augmentation) => boolean) => drawn.filter(test).length / drawn.length;
    // Four standard deviations of a share of one half in 4000 draws.
    const tolerance = 4 * Math.sqrt(0.25 / 4000);
    expect(Math.abs(share(({ flip }) => flip) - 0.5)).toBeLessThan(tolerance);
    expect(Math.abs(share(({ brightness }) => brightness !== 0) - 0.5)).toBeLessThan(tolerance);
    expect(share(({ jpegQuality }) => jpegQuality !== null)).toBe(0);
    const shifts = drawn.flatMap(({ brightness, contrast }) => [brightness, contrast]);
    expect(Math.max(...shifts)).toBeLessThanOrEqual(0.1);
    expect(Math.max(...shifts)).toBeGreaterThan(0.098);
    expect(Math.min(...shifts)).toBeGreaterThanOrEqual(-0.1);
    expect(Math.min(...shifts)).toBeLessThan(-0.098);
  });

  it("draws every quality of the range, ends included", () => {
    const qualities = draws({ jpeg: { probability: 1, quality: [60, 64] } }).map(({ jpegQuality }) => jpegQuality);
    expect(new Set(qualities)).toEqual(new Set([60, 61, 62, 63, 64]));
  });

  it("draws one kind whatever the options of the others", () => {
    const flips = draws({}, 100).map(({ flip }) => flip);
    const options = {
      brightnessContrast: { probability: 1, limit: 0.3 },
      jpeg: { probability: 1, quality: [1, 9] },
    } as const;
    expect(draws(options, 100).map(({ flip }) => flip)).toEqual(flips);
  });

  it.each([
    [{ flip: 1.5 }, "augment.flip: expected a number from 0 to 1, got 1.5"],
    [{ flip: Number.NaN }, "augment.flip"],
    [{ brightnessContrast: { probability: -1, limit: 0.1 } }, "augment.brightnessContrast.probability"],
    [{ brightnessContrast: { probability: 1, limit: 2 } }, "augment.brightnessContrast.limit"],
    [{ jpeg: { probability: 1, quality: [0, 50] } }, "augment.jpeg.quality[0]: expected a number from 1 to 100, got 0"],
    [
      { jpeg: { probability: 1, quality: [50, 40] } },
      "augment.jpeg.quality[1]: expected a number from 50 to 100, got 40",
    ],
  ] as [AugmentOptions, string][])("refuses %j", (options, message) => {
    expect(() => drawAugmentation(1, at(0), options)).toThrow(message);
  });
});
