import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FaceRenderError, type FaceRequest, renderFace } from "../../src/faces/index.js";
import { canonicalLandmarks } from "../../src/image/landmarks.js";
import { difference, shrink } from "./support.js";

const face = (identity: number | string, frame = 0, video: number | string = 0, size = 64) =>
  renderFace({ seed: 11, identity, video, frame, size });

describe("what a request decides", () => {
  it("gives the same bytes again, also after the person was forgotten", () => {
    const first = face(0, 3);
    for (let other = 1; other <= 4; other++) face(other, 0, 0, 48);
    const again = face(0, 3);
    expect(again.image.data).toEqual(first.image.data);
    expect(again.landmarks).toEqual(first.landmarks);
  });

  it("does not depend on what was rendered before at another size", () => {
    const first = face(1, 5, 0, 48);
    face(1, 5, 0, 100);
    expect(face(1, 5, 0, 48).image.data).toEqual(first.image.data);
  });

  it("tells apart seeds, people, videos, frames, and a number from its name", () => {
    const base: FaceRequest = { seed: 1, identity: 1, video: 1, frame: 1, size: 48 };
    const images = [
      base,
      { ...base, seed: 2 },
      { ...base, identity: 2 },
      { ...base, identity: "1" },
      { ...base, video: 2 },
      { ...base, frame: 2 },
    ].map((request) => renderFace(request).image);
    for (let i = 0; i < images.length; i++) {
      for (let j = 0; j < i; j++) expect(difference(images[i]!, images[j]!), `${i} and ${j}`).toBeGreaterThan(0.002);
    }
  });

  it("defaults to video 0 and 128 pixels", () => {
    const { image } = renderFace({ seed: 11, identity: 2, frame: 4 });
    expect([image.width, image.height, image.data.length]).toEqual([128, 128, 128 * 128 * 3]);
    expect(image.data).toEqual(renderFace({ seed: 11, identity: 2, video: 0, frame: 4, size: 128 }).image.data);
  });
});

describe("the picture", () => {
  it("holds finite values in 0..1 that use most of the range", () => {
    for (let identity = 0; identity < 4; identity++) {
      const { data } = face(identity, 40 * identity).image;
      let low = 1;
      let high = 0;
      for (const value of data) {
        if (!(value >= 0 && value <= 1)) expect.fail(`value ${value}`);
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      expect(high - low).toBeGreaterThan(0.5);
    }
  });

  it("is the same picture at every size", () => {
    for (const identity of [0, 3]) {
      const large = face(identity, 7, 0, 256).image;
      const middle = face(identity, 7, 0, 128).image;
      const small = face(identity, 7, 0, 64).image;
      const other = face(identity + 1, 7, 0, 64).image;
      expect(difference(shrink(middle, 2), small)).toBeLessThan(0.018);
      expect(difference(shrink(large, 2), middle)).toBeLessThan(0.03);
      expect(difference(other, small)).toBeGreaterThan(0.06);
    }
  });

  it("renders every size in the range, odd ones too", () => {
    for (const size of [48, 97, 512]) {
      const { image, landmarks } = face(2, 0, 0, size);
      expect(image.data.length).toBe(3 * size * size);
      expect(landmarks.leftEye[0] / size).toBeCloseTo(face(2).landmarks.leftEye[0] / 64, 9);
    }
  });

  it("stays what it was, but for the last bits of the machine's arithmetic", () => {
    // A coarse record of four renders. After an intended change of the pictures: ROGA_WRITE_FACES=1 writes it anew.
    const path = new URL("fixtures/means.json", import.meta.url);
    const means = [0, 1, 2, 3].map((identity) =>
      Array.from(shrink(face(identity, 10, "record").image, 16).data, (value) => Math.round(value * 1e4) / 1e4),
    );
    if (process.env.ROGA_WRITE_FACES === "1") writeFileSync(path, `${JSON.stringify(means)}\n`);
    const recorded = JSON.parse(readFileSync(path, "utf8")) as number[][];
    expect(recorded.length).toBe(means.length);
    means.forEach((values, i) => {
      values.forEach((value, k) => {
        expect(Math.abs(value - recorded[i]![k]!)).toBeLessThan(0.01);
      });
    });
  });
});

describe("landmarks", () => {
  it("lie near their canonical places, as an aligner leaves them", () => {
    const canonical = canonicalLandmarks(256);
    const errors: Record<string, number[]> = {};
    for (let identity = 0; identity < 4; identity++) {
      for (const frame of [0, 60, 120]) {
        const { landmarks } = face(identity, frame);
        for (const [name, [x, y]] of Object.entries(landmarks)) {
          const [cx, cy] = canonical[name as keyof typeof canonical];
          errors[name] = [...(errors[name] ?? []), Math.hypot(x * 4 - cx, y * 4 - cy)];
        }
      }
    }
    expect(Object.keys(errors).sort()).toEqual(Object.keys(canonical).sort());
    for (const [name, list] of Object.entries(errors)) {
      const mean = list.reduce((sum, error) => sum + error, 0) / list.length;
      expect(mean, name).toBeLessThan(name === "noseTip" ? 5 : 3.5);
      expect(mean, name).toBeGreaterThan(0.3);
      expect(Math.max(...list), name).toBeLessThan(name === "noseTip" ? 12 : 9);
    }
  });

  it("point at what is there: eyes and lips stand out from the skin between them", () => {
    let eyes = 0;
    let mouths = 0;
    const people = [0, 1, 2, 3];
    for (const identity of people) {
      const { image, landmarks } = face(identity, 0, 0, 128);
      const at = (x: number, y: number, c: number): number => {
        let sum = 0;
        for (let j = -1; j <= 1; j++) {
          for (let i = -1; i <= 1; i++) sum += image.data[3 * (Math.round(y + j) * 128 + Math.round(x + i)) + c]! / 9;
        }
        return sum;
      };
      const { leftEye, rightEye, leftMouth, rightMouth } = landmarks;
      // The pupil is darker than the cheek 14 mm below it.
      for (const [x, y] of [leftEye, rightEye]) eyes += at(x, y, 0) < 0.85 * at(x, y + 9, 0) ? 1 : 0;
      // Lips hold less green for their red than the chin does.
      const [x, y] = [(leftMouth[0] + rightMouth[0]) / 2, (leftMouth[1] + rightMouth[1]) / 2 + 2];
      mouths += at(x, y, 1) / at(x, y, 0) < at(x, y + 14, 1) / at(x, y + 14, 0) ? 1 : 0;
    }
    expect(eyes / (2 * people.length)).toBeGreaterThan(0.8);
    expect(mouths / people.length).toBeGreaterThan(0.7);
  });
});

describe("videos", () => {
  it("move smoothly: neighbouring frames differ less than distant ones", () => {
    for (const identity of [0, 2]) {
      const [a, b, c, d] = [20, 21, 60, 61].map((frame) => face(identity, frame).image);
      const near = difference(a!, b!) + difference(c!, d!);
      const far = difference(a!, c!) + difference(b!, d!);
      expect(near).toBeLessThan(0.75 * far);
    }
  });

  it("show one person: frames of other videos are nearer than frames of other people", () => {
    // Mean colours of cells of the inner face, relative to their mean, so that light and exposure count little.
    const descriptor = (identity: number, video: number, frame: number): number[] => {
      const { data } = shrink(face(identity, frame, video).image, 4);
      const cells: number[] = [];
      for (let y = 1; y < 15; y++)
        for (let x = 3; x < 13; x++) cells.push(...data.subarray(3 * (16 * y + x), 3 * (16 * y + x) + 3));
      const mean = cells.reduce((sum, value) => sum + value, 0) / cells.length;
      return cells.map((value) => value / mean);
    };
    const distance = (a: readonly number[], b: readonly number[]): number =>
      Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length);
    const people = [0, 1, 2, 3];
    const shots = people.map((identity) => ({
      first: descriptor(identity, 0, 0),
      later: descriptor(identity, 0, 45),
      elsewhere: descriptor(identity, 1, 5),
    }));
    let same = 0;
    let different = 0;
    shots.forEach(({ first, later, elsewhere }, i) => {
      same += distance(first, elsewhere) / shots.length;
      shots.forEach((other, j) => {
        if (i === j) return;
        // Within a video nobody is mistaken for somebody else.
        expect(distance(first, later)).toBeLessThan(distance(other.first, later));
        different += distance(first, other.elsewhere) / (shots.length * (shots.length - 1));
      });
    });
    expect(same).toBeLessThan(0.9 * different);
  });
});

describe("bad requests", () => {
  const good: FaceRequest = { seed: 1, identity: 0, frame: 0 };
  const cases: readonly [string, Record<string, unknown>, string][] = [
    ["seed", { seed: 0.5 }, "renderFace: seed: expected a safe integer, got 0.5"],
    ["seed", { seed: undefined }, "renderFace: seed: expected a safe integer, got undefined"],
    ["identity", { identity: Number.NaN }, "renderFace: identity: expected a string or a safe integer, got NaN"],
    ["identity", { identity: null }, "renderFace: identity: expected a string or a safe integer, got null"],
    ["video", { video: 1.5 }, "renderFace: video: expected a string or a safe integer, got 1.5"],
    ["frame", { frame: -1 }, "renderFace: frame: expected an integer from 0, got -1"],
    ["frame", { frame: "3" }, 'renderFace: frame: expected an integer from 0, got "3"'],
    ["size", { size: 47 }, "renderFace: size: expected an integer from 48 to 512, got 47"],
    ["size", { size: 513 }, "renderFace: size: expected an integer from 48 to 512, got 513"],
    ["size", { size: 64.5 }, "renderFace: size: expected an integer from 48 to 512, got 64.5"],
  ];
  it.each(cases)("%s: %o", (option, change, message) => {
    let error: unknown;
    try {
      renderFace(Object.assign({}, good, change));
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(FaceRenderError);
    expect(error).toMatchObject({ option, message, name: "FaceRenderError" });
  });
});
