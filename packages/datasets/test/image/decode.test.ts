import { join } from "node:path";
import { decodeImage, encodeJpeg, ImageError, loadImage, resizeSquare } from "@roga/datasets";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { jpegThatAnnounces, png } from "../support/broken-images.js";
import { bytesOf, difference, fixture } from "../support/fixture.js";
import { temporaryFolder, writeFiles } from "../support/folder.js";

const smooth = { width: 64, height: 64, data: Float32Array.from({ length: 64 * 64 * 3 }, (_, i) => (i % 191) / 255) };

describe("decodeImage against Pillow", () => {
  it.each(fixture.files)("$name", async ({ file, width, height, rgb, tolerance }) => {
    const image = await decodeImage(bytesOf(file));
    expect([image.width, image.height]).toEqual([width, height]);
    expect(difference(image.data, bytesOf(rgb)).largest).toBeLessThanOrEqual(tolerance);
  });
});

describe("decodeImage", () => {
  it("shows CMYK inks as their colours", async () => {
    const colours = await Promise.all(
      Object.entries(fixture.cmyk).map(async ([ink, file]) => [
        ink,
        [...(await decodeImage(bytesOf(file))).data.slice(0, 3)],
      ]),
    );
    const { cyan, magenta, yellow, black, paper } = Object.fromEntries(colours);
    expect(Math.max(...black)).toBeLessThan(40);
    expect(Math.min(...paper)).toBeGreaterThan(250);
    // An ink absorbs its complement.
    expect(cyan.indexOf(Math.min(...cyan))).toBe(0);
    expect(magenta.indexOf(Math.min(...magenta))).toBe(1);
    expect(yellow.indexOf(Math.min(...yellow))).toBe(2);
    for (const colour of [cyan, magenta, yellow])
      expect(Math.max(...colour) - Math.min(...colour)).toBeGreaterThan(180);
  });

  it("converts an embedded colour profile to sRGB", async () => {
    const [red, green, blue] = [200, 100, 30];
    const wide = await sharp({
      create: { width: 4, height: 4, channels: 3, background: { r: red, g: green, b: blue } },
    })
      .withIccProfile("p3")
      .png()
      .toBuffer();
    const ignored = await sharp(wide, { ignoreIcc: true }).raw().toBuffer();
    const { data } = await decodeImage(wide);
    expect(difference(data.slice(0, 3), Uint8Array.of(red, green, blue)).largest).toBeLessThanOrEqual(2);
    expect(Math.abs(ignored[0]! - red)).toBeGreaterThan(5);
  });

  it.each([0, 2, 4, 6].flatMap((colour) => [0, 1].map((interlace) => ({ colour, interlace }))))(
    "reads colour type $colour with interlace method $interlace at every small size",
    async ({ colour, interlace }) => {
      for (const [width, height] of [
        [1, 1],
        [3, 2],
        [5, 9],
        [8, 8],
      ] as const) {
        const channels = { 0: 1, 2: 3, 4: 2, 6: 4 }[colour]!;
        const rows = blankRows(width, height, channels, interlace === 1);
        const image = await decodeImage(png({ header: [width, height], kind: [8, colour, interlace], rows }));
        expect(image).toEqual({ width, height, data: new Uint8Array(width * height * 3) });
      }
    },
  );
});

/** Filter bytes and zeros, as many as the specification asks for. */
function blankRows(width: number, height: number, channels: number, interlaced: boolean): Uint8Array {
  let bytes = 0;
  for (let y = 0; y < height; y++) {
    // The pass of each pixel by its position, and one filter byte for each row of each pass.
    const passes = Array.from({ length: width }, (_, x) => (interlaced ? passOf(x, y) : 0));
    bytes += width * channels + new Set(passes).size;
  }
  return new Uint8Array(bytes);
}

/** The table of Adam7 as the PNG specification prints it. */
const ADAM7 = ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"];

function passOf(x: number, y: number): number {
  return Number(ADAM7[y % 8]![x % 8]);
}

describe("bad files", () => {
  const reasons = async () => {
    const jpeg = await encodeJpeg(smooth, { quality: 90 });
    const good = png({ header: [40, 40] });
    const flipped = good.slice();
    flipped[19]! ^= 1;
    const animated = await sharp(Buffer.alloc(4 * 8 * 3).fill(255, 48), {
      raw: { width: 4, height: 8, channels: 3, pageHeight: 4 },
    })
      .webp()
      .toBuffer();
    return {
      "a zero-byte file": [new Uint8Array(0), /the file is empty/],
      "half a JPEG": [jpeg.slice(0, jpeg.length / 2), /premature end/],
      "a JPEG without its last byte": [jpeg.slice(0, -1), /premature end/],
      "a JPEG that ends in its header": [jpeg.slice(0, 30), /header cannot be read/],
      "a JPEG that announces more rows": [jpegThatAnnounces(jpeg, 64, 96), /premature end of data/],
      "a JPEG of 65000 x 65000": [jpegThatAnnounces(jpeg, 65000, 65000), /65000 x 65000 pixels, more than the limit/],
      "half a PNG": [good.slice(0, good.length / 2), /cannot be de/],
      "a PNG of 30000 x 30000": [
        png({ header: [30000, 30000], stored: [4, 4] }),
        /30000 x 30000 pixels, more than the limit of 50000000/,
      ],
      "a PNG that announces more rows": [png({ header: [40, 60], stored: [40, 40] }), /the file holds 4840/],
      "a PNG that announces fewer rows": [png({ header: [40, 30], stored: [40, 40] }), /the file holds more/],
      "a PNG that announces wider rows": [png({ header: [41, 40], stored: [40, 40] }), /the file holds 4840/],
      "a PNG that announces narrower rows": [png({ header: [39, 40], stored: [40, 40] }), /the file holds more/],
      "a PNG with a wrong checksum": [flipped, /checksum/],
      "a PNG of no pixels": [png({ header: [0, 0], stored: [4, 4] }), /header/],
      "a PNG with a colour type that is none": [png({ header: [4, 4], kind: [8, 5, 0] }), /header/],
      text: [Buffer.from("<html>not found</html>"), /not a JPEG, PNG, WebP or TIFF file/],
      "a drawing": [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), /not a JPEG, PNG, WebP or TIFF file/],
      "an animation": [animated, /holds 2 frames/],
      "floating-point samples": [bytesOf(fixture.floatTiff), /samples of type float/],
    } satisfies Record<string, [Uint8Array, RegExp]>;
  };

  it("are refused, each for its reason", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "image");
    for (const [name, [bytes, reason]] of Object.entries(await reasons())) {
      await writeFiles(folder, { image: bytes });
      const error = await loadImage(path, { size: 8 }).then(
        () => `${name} was read`,
        (error: unknown) => error,
      );
      expect(error, name).toBeInstanceOf(ImageError);
      expect(error, name).toMatchObject({ path, reason: expect.stringMatching(reason) });
    }
  });

  it("that are missing or folders are refused", async () => {
    const folder = await temporaryFolder();
    const missing = join(folder, "missing.jpg");
    await expect(decodeImage(missing)).rejects.toMatchObject({ name: "ImageError", path: missing });
    await expect(decodeImage(folder)).rejects.toMatchObject({ name: "ImageError", path: folder });
  });

  it("are refused by the caller's limit", async () => {
    const file = png({ header: [40, 40] });
    await expect(decodeImage(file, { maxPixels: 1599 })).rejects.toThrow("40 x 40 pixels, more than the limit of 1599");
    expect((await decodeImage(file, { maxPixels: 1600 })).width).toBe(40);
    await expect(decodeImage(file, { maxPixels: 0 })).rejects.toThrow(RangeError);
  });
});

describe("resizing", () => {
  it.each(fixture.resized)("to $size with crop $crop, against Pillow or float64", async ({ size, crop, rgb }) => {
    const source = await decodeImage(bytesOf(fixture.source));
    const { largest, mean } = difference(await resizeSquare(source, { size, crop }), bytesOf(rgb));
    // Beyond a factor of 4, libvips averages whole blocks before its kernel.
    const factor = (crop === "none" ? 49 : 31 * crop.centre) / size;
    expect(mean).toBeLessThan(factor < 4 ? 0.3 : 1.6);
    expect(largest).toBeLessThanOrEqual(factor < 4 ? 4 : 10);
  });

  it("reads the whole file at full resolution first", async () => {
    // A decoder that skips to a quarter of the size in the DCT domain gives other greys.
    const data = Float32Array.from({ length: 64 * 64 * 3 }, (_, i) => (Math.floor(i / 3) % 11 < 5 ? 0 : 1));
    const folder = await temporaryFolder();
    await writeFiles(folder, { "stripes.jpg": await encodeJpeg({ width: 64, height: 64, data }, { quality: 100 }) });
    const path = join(folder, "stripes.jpg");
    const full = await decodeImage(path);
    const loaded = await loadImage(path, { size: 11 });
    expect(loaded).toEqual(await resizeSquare(full, { size: 11 }));
    const skipped = await sharp(path).resize(11, 11).raw().toBuffer();
    expect(difference(loaded, skipped).mean).toBeGreaterThan(1);
  });

  it.each([
    [{ size: 0 }, "size: expected a whole number of pixels of at least 1, got 0"],
    [{ size: 2.5 }, "size"],
    [{ size: 8, crop: { centre: 0 } }, "crop.centre: expected a fraction above 0 and at most 1, got 0"],
    [{ size: 8, crop: { centre: 1.1 } }, "crop.centre"],
  ])("refuses %j", async (options, message) => {
    await expect(loadImage("image.png", options)).rejects.toThrow(message);
  });
});
