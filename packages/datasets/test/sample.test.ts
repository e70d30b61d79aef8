import { fakeDomains, realsOf, sampleSchema, videoKey } from "@roga/datasets";
import { describe, expect, it } from "vitest";
import { fakes, reals, sample } from "./support/samples.js";

describe("sampleSchema", () => {
  it("accepts samples", () => {
    const full = sample("a", { label: 1, split: "val", mask: "/data/mask.png" });
    expect(sampleSchema.parse(full)).toEqual(full);
  });

  it.each([
    ["a label of 2", { label: 2 }],
    ["a label as text", { label: "1" }],
    ["a relative path", { path: "a.png" }],
    ["an empty id", { id: "" }],
    ["an unknown split", { split: "dev" }],
    ["an unknown member", { frame: 3 }],
    ["a fake whose domain is that of the reals", { label: 1, domain: "real" }],
  ])("refuses %s", (_, fields) => {
    expect(sampleSchema.safeParse({ ...sample("a"), ...fields }).success).toBe(false);
  });
});

describe("videoKey", () => {
  it("tells apart what releases call by one name", () => {
    const video = { video: "071_054" };
    const keys = [
      sample("a", { ...video, label: 1, domain: "deepfakes" }),
      sample("b", { ...video, label: 1, domain: "faceswap" }),
      sample("c", { ...video, label: 0, domain: "faceswap" }),
      sample("d", { video: "071", label: 1, domain: "deepfakes" }),
    ].map(videoKey);
    expect(new Set(keys).size).toBe(4);
    expect(videoKey(sample("e", { ...video, label: 1, domain: "deepfakes" }))).toBe(keys[0]);
  });
});

describe("domains", () => {
  const samples = [...fakes("b", 1), ...fakes("a", 2), ...reals(2), ...reals(1, "b"), ...reals(1, "c")];
  it("are those of the fakes", () => {
    expect(fakeDomains(samples)).toEqual(["a", "b"]);
  });
  it("stand against their own reals, or the shared ones", () => {
    expect(realsOf(samples, "a")).toEqual(reals(2));
    expect(realsOf(samples, "b")).toEqual(reals(1, "b"));
  });
});
