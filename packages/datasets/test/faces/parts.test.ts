import { readFileSync } from "node:fs";
import { stream } from "@roga/tensor-utils/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawIdentity } from "../../src/faces/draw-identity.js";
import { drawMotion } from "../../src/faces/motion.js";
import { hairReflectance, skinReflectance } from "../../src/faces/pigments.js";
import { clearVisibility, createVisibility, rasterize } from "../../src/faces/raster.js";
import { expose, type Sensor } from "../../src/faces/sensor.js";
import { poseRotation, turnPoints, unturn } from "../../src/faces/view.js";
import type { Point } from "../../src/image/landmarks.js";
import { fitSimilarity } from "../../src/image/similarity.js";

interface Reference {
  readonly similarities: readonly { source: Point[]; target: Point[]; fit: number[] }[];
  readonly rotations: readonly { yaw: number; pitch: number; roll: number; matrix: number[] }[];
}
const reference = JSON.parse(readFileSync(new URL("fixtures/reference.json", import.meta.url), "utf8")) as Reference;

describe("view", () => {
  it("fits the similarity that NumPy's least squares fits", () => {
    for (const { source, target, fit } of reference.similarities) {
      const { a, b, tx, ty } = fitSimilarity(source, target);
      [a, b, tx, ty].forEach((value, i) => {
        expect(value).toBeCloseTo(fit[i]!, 9);
      });
    }
  });

  it("turns heads as SciPy's rotations do", () => {
    for (const { yaw, pitch, roll, matrix } of reference.rotations) {
      poseRotation({ yaw, pitch, roll }).forEach((value, i) => {
        expect(value).toBeCloseTo(matrix[i]!, 12);
      });
    }
  });

  it("turns back what it turned", () => {
    const coordinate = fc.double({ min: -200, max: 200, noNaN: true });
    const angle = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(coordinate, coordinate, coordinate, angle, angle, angle, (x, y, z, yaw, pitch, roll) => {
        const rotation = poseRotation({ yaw, pitch, roll });
        const points = Float32Array.of(x, y, z);
        turnPoints(points, 1, rotation);
        const back = new Float64Array(3);
        unturn(rotation, points[0]!, points[1]!, points[2]!, back);
        return Math.hypot(back[0]! - x, back[1]! - y, back[2]! - z) < 1e-3;
      }),
    );
  });
});

describe("raster", () => {
  it("covers each sample of a fan once, and keeps the nearest of two layers", () => {
    // Four triangles around (4, 4) tile the square from (0, 0) to (8, 8); a nearer square covers its left half.
    const points = Float32Array.of(0, 0, 1, 8, 0, 1, 8, 8, 1, 0, 8, 1, 4, 4, 1, 0, 0, 5, 4, 0, 5, 4, 8, 5, 0, 8, 5);
    const target = createVisibility(8);
    const draw = (triangles: number[]): void => {
      clearVisibility(target);
      rasterize(target, points, Uint32Array.from(triangles));
    };
    const fan = [0, 4, 1, 1, 4, 2, 2, 4, 3, 3, 4, 0];
    draw(fan);
    const seen = [0, 0, 0, 0];
    for (const triangle of target.triangle) seen[triangle]! += 1;
    expect(seen.reduce((sum, count) => sum + count, 0)).toBe(64);
    for (const count of seen) expect(Math.abs(count - 16)).toBeLessThanOrEqual(4);
    draw([...fan, 5, 8, 6, 6, 8, 7]);
    expect(Array.from(target.depth.subarray(0, 8))).toEqual([5, 5, 5, 5, 1, 1, 1, 1]);
    draw([...fan].reverse());
    expect(target.triangle.every((triangle) => triangle === -1)).toBe(true);
  });

  it("interpolates depth linearly over a triangle", () => {
    const points = Float32Array.of(0, 0, 10, 0, 16, 42, 16, 0, 26);
    const target = createVisibility(8);
    clearVisibility(target);
    rasterize(target, points, Uint32Array.of(0, 1, 2));
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 8; x++) expect(target.depth[8 * y + x]).toBeCloseTo(10 + (x + 0.5) + 2 * (y + 0.5), 4);
    }
  });
});

describe("pigments", () => {
  const luminance = (rgb: ArrayLike<number>): number => 0.2126 * rgb[0]! + 0.7152 * rgb[1]! + 0.0722 * rgb[2]!;
  const skin = (melanin: number, haemoglobin: number): Float64Array => {
    const out = new Float64Array(3);
    skinReflectance(melanin, haemoglobin, out);
    return out;
  };

  it("spans the measured range of human skin: luminance from about 0.05 to about 0.5, always red over green over blue", () => {
    expect(luminance(skin(0, 1))).toBeGreaterThan(0.42);
    expect(luminance(skin(0, 1))).toBeLessThan(0.6);
    expect(luminance(skin(1, 1))).toBeGreaterThan(0.03);
    expect(luminance(skin(1, 1))).toBeLessThan(0.08);
    for (let melanin = 0; melanin <= 1; melanin += 0.05) {
      const [r, g, b] = skin(melanin, 1);
      expect(r!).toBeGreaterThan(g!);
      expect(g!).toBeGreaterThan(b!);
      expect(luminance(skin(melanin + 0.05, 1))).toBeLessThan(luminance(skin(melanin, 1)));
      // Blood takes green, not red.
      expect(skin(melanin, 2)[1]! / g!).toBeLessThan(skin(melanin, 2)[0]! / r!);
    }
  });

  it("spans hair from black over brown, red and blond to white", () => {
    expect(luminance(hairReflectance(4.6, 0, 0))).toBeLessThan(0.03);
    expect(luminance(hairReflectance(0.75, 0.1, 0))).toBeGreaterThan(0.2);
    expect(luminance(hairReflectance(4.6, 0, 1))).toBeGreaterThan(0.35);
    const red = hairReflectance(1, 0.9, 0);
    expect(red[0] / red[1]).toBeGreaterThan(2);
    const black = hairReflectance(4.6, 0, 0);
    expect(Math.max(...black) / Math.min(...black)).toBeLessThan(3);
  });
});

describe("people", () => {
  const people = Array.from({ length: 120 }, (_, i) => drawIdentity(stream(3, "people", i)));

  it("vary over the whole population: ages, skins, styles, beards, spectacles", () => {
    const values = (read: (person: (typeof people)[number]) => number) => people.map(read).sort((a, b) => a - b);
    const ages = values((person) => person.age);
    expect(ages[0]!).toBeGreaterThanOrEqual(18);
    expect(ages[12]!).toBeLessThan(24);
    expect(ages.at(-1)!).toBeLessThanOrEqual(80);
    expect(ages.at(-12)!).toBeGreaterThan(60);
    const melanin = values((person) => person.skin.melanin);
    expect(melanin[12]!).toBeLessThan(0.15);
    expect(melanin.at(-12)!).toBeGreaterThan(0.8);
    expect(new Set(people.map((person) => person.hair.style)).size).toBe(9);
    expect(new Set(people.map((person) => person.hair.beard)).size).toBe(5);
    const glasses = people.filter((person) => person.glasses).length;
    expect(glasses).toBeGreaterThan(12);
    expect(glasses).toBeLessThan(60);
  });

  it("keep together what goes together: no beards on women, no fair hair on dark skin", () => {
    for (const { masculinity, hair, skin, eyes } of people) {
      if (masculinity < 0.4) expect(hair.beard).toBe("none");
      if (skin.melanin > 0.6 && hair.colour[0] > 0.15) expect(hair.colour[0] / hair.colour[2]).toBeLessThan(2);
      if (skin.melanin > 0.6) expect(eyes.iris[0]).toBeGreaterThan(eyes.iris[2]);
    }
  });
});

describe("motion", () => {
  it("stays within 15 degrees and within the range of every action, and is continuous", () => {
    const turned = { most: 0, step: 0 };
    const acted = { least: 0, most: 0, step: 0 };
    for (let video = 0; video < 20; video++) {
      const motion = drawMotion(stream(5, "motion", video));
      let before = motion(0);
      for (let frame = 1; frame < 300; frame++) {
        const now = motion(frame);
        for (const axis of ["yaw", "pitch", "roll"] as const) {
          turned.most = Math.max(turned.most, Math.abs(now.pose[axis]));
          turned.step = Math.max(turned.step, Math.abs(now.pose[axis] - before.pose[axis]));
        }
        for (const action of ["smile", "jaw", "part"] as const) {
          const strength = now.expression.actions[action];
          acted.least = Math.min(acted.least, strength);
          acted.most = Math.max(acted.most, strength);
          acted.step = Math.max(acted.step, Math.abs(strength - before.expression.actions[action]));
        }
        before = now;
      }
    }
    expect(turned.most).toBeGreaterThan(0.15);
    expect(turned.most).toBeLessThanOrEqual((15 * Math.PI) / 180);
    expect(turned.step).toBeLessThan(0.035);
    expect(acted.least).toBe(0);
    expect(acted.most).toBeGreaterThan(0.6);
    expect(acted.most).toBeLessThanOrEqual(1);
    expect(acted.step).toBeLessThan(0.3);
  });

  it("blinks in every video, and mostly has its eyes open", () => {
    for (let video = 0; video < 8; video++) {
      const motion = drawMotion(stream(6, "motion", video));
      const blinks = Array.from({ length: 250 }, (_, frame) => motion(frame).expression.blink);
      expect(Math.max(...blinks)).toBeGreaterThan(0.5);
      expect(blinks.filter((blink) => blink < 0.1).length).toBeGreaterThan(200);
    }
  });
});

describe("sensor", () => {
  const sensor: Sensor = {
    blur: 0,
    gains: [1, 1, 1],
    photon: 0.0006,
    read: 0.004,
    chroma: 0.6,
    contrast: 0,
    saturation: 1,
    vignette: 0,
    sharpening: 0,
  };
  const toLinear = (s: number): number => (s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4);
  const statistics = (level: number, size: number) => {
    const picture = expose(new Float32Array(3 * size * size).fill(level), size, sensor, 99);
    const linear = Array.from(picture, toLinear);
    const mean = linear.reduce((sum, value) => sum + value, 0) / linear.length;
    return { mean, variance: linear.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (linear.length - 1) };
  };

  it.each([0.05, 0.2, 0.5])("adds noise of variance photon * signal + read^2 at a linear level of %f", (level) => {
    const { mean, variance } = statistics(level, 128);
    expect(mean).toBeCloseTo(level, 3);
    expect(variance / (sensor.photon * level + sensor.read ** 2)).toBeCloseTo(1, 1);
  });

  it("averages the noise of several photosites below 128 pixels", () => {
    expect(statistics(0.3, 64).variance / statistics(0.3, 128).variance).toBeCloseTo(0.25, 1);
  });

  it("encodes as sRGB below the shoulder", () => {
    const clean = expose(Float32Array.of(0.002, 0.1, 0.5), 1, { ...sensor, photon: 0, read: 0 }, 1);
    [0.002, 0.1, 0.5].forEach((linear, i) => {
      expect(toLinear(clean[i]!)).toBeCloseTo(linear, 3);
    });
  });
});
