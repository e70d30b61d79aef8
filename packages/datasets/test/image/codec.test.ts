import {
  canonicalLandmarks,
  decodeImage,
  encodeJpeg,
  encodePng,
  fromBytes,
  grayImage,
  rgbImage,
  toBytes,
} from "@roga/datasets";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { bytesOf, difference, fixture } from "../support/fixture.js";

const { size, rgb, jpeg } = fixture.augment;
const image = fromBytes(size, size, bytesOf(rgb));

describe("toBytes", () => {
  it("rounds to nearest, halves upwards, and saturates", () => {
    const data = Float32Array.of(0, 1, 0.5, 127.4 / 255, 127.6 / 255, -0.2, 1.7, 0.2, 0.4);
    expect([...toBytes({ width: 3, height: 1, data })]).toEqual([0, 255, 128, 127, 128, 0, 255, 51, 102]);
  });

  it("gives back every byte", () => {
    const bytes = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => i % 256);
    expect(toBytes(fromBytes(16, 16, bytes))).toEqual(bytes);
  });

  it("refuses values that are not finite, and data of another size", () => {
    const nan = Float32Array.of(0, 0, Number.NaN);
    expect(() => toBytes({ width: 1, height: 1, data: nan })).toThrow("value 2 is NaN");
    expect(() => toBytes({ width: 2, height: 1, data: nan })).toThrow("2 x 1 needs 2 or 6 values, got 3");
    expect(() => fromBytes(2, 1, new Uint8Array(5))).toThrow("2 x 1 x 3 = 6, got 5");
  });
});

describe("encoding", () => {
  it("as PNG loses nothing", async () => {
    expect((await decodeImage(await encodePng(image))).data).toEqual(bytesOf(rgb));
  });

  it("as PNG keeps a map to one channel", async () => {
    const map = grayImage(3, 2);
    map.data.set([0, 0.2, 0.4, 0.6, 0.8, 1]);
    const file = await encodePng(map);
    expect((await sharp(file).metadata()).channels).toBe(1);
    const { data } = await decodeImage(file);
    expect([...data]).toEqual([0, 51, 102, 153, 204, 255].flatMap((value) => [value, value, value]));
  });

  it.each(jpeg)("as JPEG of quality $quality is what Pillow makes of it", async ({ quality, rgb: expected }) => {
    const { data } = await decodeImage(await encodeJpeg(image, { quality }));
    expect(difference(data, bytesOf(expected)).mean).toBeLessThan(0.5);
  });

  it("as JPEG keeps colour edges at 4:4:4", async () => {
    const loss = async (chromaSubsampling: "4:2:0" | "4:4:4") => {
      const file = await encodeJpeg(image, { quality: 95, chromaSubsampling });
      return difference((await decodeImage(file)).data, bytesOf(rgb)).mean;
    };
    expect(await loss("4:4:4")).toBeLessThan((await loss("4:2:0")) / 2);
  });

  it("hands out plain byte arrays, whose slices are copies", async () => {
    const file = await encodePng(rgbImage(2, 2));
    expect(Buffer.isBuffer(file)).toBe(false);
    expect(Buffer.isBuffer((await decodeImage(file)).data)).toBe(false);
  });
});

describe("canonicalLandmarks", () => {
  it("are DeepfakeBench's at 256 and scale with the side", () => {
    expect(canonicalLandmarks(256)).toEqual({
      leftEye: [96.87, 120.433],
      rightEye: [158.825, 120.09],
      noseTip: [128.044, 155.669],
      leftMouth: [102.592, 191.939],
      rightMouth: [153.899, 191.656],
    });
    expect(canonicalLandmarks(64).noseTip).toEqual([128.044 / 4, 155.669 / 4]);
    expect(() => canonicalLandmarks(0)).toThrow("size: expected a positive number of pixels, got 0");
  });
});
