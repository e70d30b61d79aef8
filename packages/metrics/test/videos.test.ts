import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aggregateVideos, type FrameScores, InvalidInputError, type VideoRule, videoClusters } from "../src/index.js";
import { expectAllClose } from "./support.js";

const frames: FrameScores = {
  labels: [1, 1, 0, 1, 0, 1, 1, 1],
  scores: [0.9, 0.2, 0.3, 0.6, 0.5, 0.4, 0.1, 0.8],
  domains: ["Deepfakes", "FaceSwap", "youtube", "Deepfakes", "youtube", "FaceSwap", "Deepfakes", "Deepfakes"],
  videos: ["071_054", "071_054", "071", "071_054", "071", "071_054", "071_054", "071_054"],
};

const row = (scores: number[], by: VideoRule) => {
  const same = <T>(value: T) => scores.map(() => value);
  const video = aggregateVideos({ labels: same(1), scores, domains: same("a"), videos: same("v") }, { by });
  expect(video.scores.length).toBe(1);
  return video.scores[0]!;
};

describe("aggregateVideos", () => {
  it("tells apart the videos that share an id across methods", () => {
    const videos = aggregateVideos(frames);
    expect(videos.domains).toEqual(["Deepfakes", "FaceSwap", "youtube"]);
    expect(videos.videos).toEqual(["071_054", "071_054", "071"]);
    expect([...videos.labels]).toEqual([1, 1, 0]);
    expect([...videos.frames]).toEqual([4, 2, 2]);
    expectAllClose(videos.scores, [0.6, 0.3, 0.4]);
  });

  it("tells apart label, domain and id even where their texts run together", () => {
    const rows = {
      labels: [0, 1, 0, 0, 0],
      domains: ["a", "a", "a ", "a", ""],
      videos: ["b", "b", "b", " b", "ab"],
      scores: [1, 2, 3, 4, 5],
    };
    expect([...aggregateVideos(rows).scores]).toEqual([1, 2, 3, 4, 5]);
    expect([...videoClusters(rows)]).toEqual([0, 1, 2, 3, 4]);
  });

  it("follows each rule", () => {
    const scores = [5, 1, 4, 2, 10];
    expect(row(scores, "mean")).toBe(4.4);
    expect(row(scores, "median")).toBe(4);
    expect(row([5, 1, 4, 2], "median")).toBe(3);
    expect(row(scores, "max")).toBe(10);
    expect(row(scores, { topK: 2 })).toBe(7.5);
    expect(row(scores, { topK: 9 })).toBe(4.4);
    expect(row(scores, { trimmed: 0 })).toBe(4.4);
    // As scipy.stats.trim_mean, which cuts int(0.2 · 5) = 1 off each end.
    expect(row(scores, { trimmed: 0.2 })).toBe(11 / 3);
    expect(row(scores, { trimmed: 0.19 })).toBe(4.4);
    expect(row(scores, { trimmed: 0.499 })).toBe(4);
    expect(row([-3, -1], "max")).toBe(-1);
  });

  it("averages unless told otherwise", () => {
    expect(aggregateVideos(frames)).toEqual(aggregateVideos(frames, { by: "mean" }));
  });

  it("gives no videos for no frames", () => {
    const none = aggregateVideos({ labels: [], scores: [], domains: [], videos: [] });
    expect([none.scores.length, none.videos.length, none.frames.length]).toEqual([0, 0, 0]);
  });

  const rows = fc.array(
    fc.record({
      label: fc.boolean(),
      domain: fc.constantFrom("x", "y"),
      video: fc.constantFrom("1", "2", "3"),
      score: fc.integer({ min: -8, max: 8 }),
    }),
    { maxLength: 60 },
  );
  const columns = (data: { label: boolean; domain: string; video: string; score: number }[]): FrameScores => ({
    labels: data.map(({ label }) => label),
    scores: data.map(({ score }) => score),
    domains: data.map(({ domain }) => domain),
    videos: data.map(({ video }) => video),
  });
  const rules: VideoRule[] = ["mean", "median", "max", { topK: 3 }, { trimmed: 0.25 }];

  it.each(rules.map((by) => ({ by, name: JSON.stringify(by) })))("keeps what it must: $name", ({ by }) => {
    fc.assert(
      fc.property(rows, (data) => {
        const given = columns(data);
        const clusters = videoClusters(given);
        const videos = aggregateVideos(given, { by });
        expect(videos.frames.reduce((sum, count) => sum + count, 0)).toBe(data.length);
        expect(new Set(data.map(({ label, domain, video }) => `${label}/${domain}/${video}`)).size).toBe(
          videos.videos.length,
        );
        const table = new Map<string, number>();
        videos.videos.forEach((video, i) => {
          const members = data.filter((_, frame) => clusters[frame] === i);
          expect(members.length).toBe(videos.frames[i]);
          for (const member of members) {
            expect([member.video, member.domain, Number(member.label)]).toEqual([
              video,
              videos.domains[i],
              videos.labels[i],
            ]);
          }
          const scores = members.map(({ score }) => score);
          expect(videos.scores[i]).toBeGreaterThanOrEqual(Math.min(...scores));
          expect(videos.scores[i]).toBeLessThanOrEqual(Math.max(...scores));
          table.set(`${videos.labels[i]}/${videos.domains[i]}/${video}`, videos.scores[i]!);
        });
        const reversed = aggregateVideos(columns([...data].reverse()), { by });
        reversed.videos.forEach((video, i) => {
          expect(reversed.scores[i]).toBe(table.get(`${reversed.labels[i]}/${reversed.domains[i]}/${video}`));
        });
      }),
    );
  });

  it("refuses what it cannot read, naming it", () => {
    expect(() => aggregateVideos({ ...frames, domains: ["Deepfakes"] })).toThrow(
      "domains.length: expected 8, one entry a label, got 1",
    );
    expect(() => aggregateVideos({ ...frames, videos: [] })).toThrow("videos.length");
    expect(() => aggregateVideos({ ...frames, scores: [1] })).toThrow("scores.length");
    // As from a table whose ids were read as numbers.
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8] as unknown as string[];
    expect(() => videoClusters({ ...frames, videos: numbers })).toThrow("videos[0]: expected a string, got 1");
    for (const by of [{ topK: 0 }, { topK: 1.5 }, { trimmed: 0.5 }, { trimmed: -0.1 }, "sum" as "mean"]) {
      expect(() => aggregateVideos(frames, { by })).toThrow(InvalidInputError);
    }
  });
});
