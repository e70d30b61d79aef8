/**
 * From frames to videos. A video is known by label, domain and id together: in FaceForensics++ the id `071_054` exists
 * once for every manipulation method, so the id alone would average four different videos into one.
 */
import { InvalidInputError } from "./errors.js";
import {
  type Labels,
  readLabels,
  readSamples,
  requireInRange,
  requireInteger,
  requireLength,
  type Scores,
} from "./input.js";
import { sumOf } from "./sum.js";

/** Which video each frame belongs to; arrays of one length, one entry a frame. */
export interface FrameVideos {
  /** 1 or true = fake. */
  labels: Labels;
  /** The forgery domain: manipulation method or data set. */
  domains: ArrayLike<string>;
  /** The id of the video within its label and domain. */
  videos: ArrayLike<string>;
}

/** Scored frames. */
export interface FrameScores extends FrameVideos {
  /** One finite score a frame, higher = more fake. */
  scores: Scores;
}

/** Scored videos, in the order of their first frames; arrays of one length, one entry a video. */
export interface VideoScores {
  /** 1 = fake, 0 = real. */
  readonly labels: Uint8Array;
  /** The score of each video. */
  readonly scores: Float64Array;
  /** The domain of each video. */
  readonly domains: string[];
  /** The id of each video. */
  readonly videos: string[];
  /** How many frames each score was made from. */
  readonly frames: Uint32Array;
}

/** The mean of the highest scores. */
export interface TopKRule {
  /** How many, at least 1; a video with fewer frames takes them all. */
  readonly topK: number;
}

/** The mean without the extremes, as `scipy.stats.trim_mean`. */
export interface TrimmedRule {
  /** Share of frames left out at either end, 0 to below 0.5; rounded down to whole frames. */
  readonly trimmed: number;
}

/** How a video's score comes from its frames' scores; `"median"` of an even number is the mean of the middle two. */
export type VideoRule = "mean" | "median" | "max" | TopKRule | TrimmedRule;

/** Options of {@link aggregateVideos}. */
export interface AggregateVideosOptions {
  /** How a video's score comes from its frames' scores. Default `"mean"`, as DeepfakeBench. */
  by?: VideoRule;
}

/**
 * One score a video, from the scores of its frames. No frames give no videos.
 *
 * @throws InvalidInputError on arrays of different lengths, an unreadable label, score, domain or video, or a rule out
 * of its range
 */
export function aggregateVideos(rows: FrameScores, options: AggregateVideosOptions = {}): VideoScores {
  const combine = readRule(options.by ?? "mean");
  const { labels, scores } = readSamples(rows.labels, rows.scores);
  const frameVideo = videoClusters(rows);

  const firstFrames: number[] = [];
  const counts: number[] = [];
  frameVideo.forEach((video, frame) => {
    if (video === firstFrames.length) {
      firstFrames.push(frame);
      counts.push(0);
    }
    counts[video]!++;
  });
  const frames = Uint32Array.from(counts);
  return {
    labels: Uint8Array.from(firstFrames, (frame) => labels[frame]!),
    scores: Float64Array.from(groupScores(scores, frameVideo, frames), combine),
    domains: firstFrames.map((frame) => rows.domains[frame]!),
    videos: firstFrames.map((frame) => rows.videos[frame]!),
    frames,
  };
}

/**
 * Numbers the videos of frames 0, 1, 2, … in the order of their first frames: one number a frame, for use as the clusters
 * of a bootstrap. Frames share a number if label, domain and video id are all the same.
 *
 * @throws InvalidInputError on arrays of different lengths, an unreadable label, or a domain or video that is no string
 */
export function videoClusters(rows: FrameVideos): Uint32Array {
  const labels = readLabels(rows.labels);
  requireLength("domains", rows.domains.length, labels.length);
  requireLength("videos", rows.videos.length, labels.length);
  const known = [new Map<string, Map<string, number>>(), new Map<string, Map<string, number>>()] as const; // by label
  let count = 0;
  const clusters = new Uint32Array(labels.length);
  for (let frame = 0; frame < labels.length; frame++) {
    const domain = readString("domains", rows.domains, frame);
    const video = readString("videos", rows.videos, frame);
    const byDomain = known[labels[frame] === 1 ? 1 : 0];
    const byVideo = byDomain.get(domain) ?? new Map<string, number>();
    if (byVideo.size === 0) byDomain.set(domain, byVideo);
    const cluster = byVideo.get(video) ?? count++;
    byVideo.set(video, cluster);
    clusters[frame] = cluster;
  }
  return clusters;
}

function readString(path: string, values: ArrayLike<string>, index: number): string {
  const value: unknown = values[index];
  if (typeof value !== "string") throw new InvalidInputError(`${path}[${index}]`, "a string", value);
  return value;
}

/** The scores of each video's frames, in the order of the frames. */
function groupScores(scores: Float64Array, frameVideo: Uint32Array, frames: Uint32Array): Float64Array[] {
  const grouped = Array.from(frames, (length) => new Float64Array(length));
  const filled = new Uint32Array(frames.length);
  frameVideo.forEach((video, frame) => {
    grouped[video]![filled[video]!++] = scores[frame]!;
  });
  return grouped;
}

function readRule(by: VideoRule): (scores: Float64Array) => number {
  if (by === "mean") return mean;
  if (by === "median") return median;
  if (by === "max") return (scores) => scores.reduce((most, score) => Math.max(most, score));
  if (typeof by === "object" && by !== null && "topK" in by) {
    requireInteger("options.by.topK", by.topK, 1);
    return (scores) => mean(scores.slice().sort().subarray(-by.topK));
  }
  if (typeof by === "object" && by !== null && "trimmed" in by) {
    requireInRange("options.by.trimmed", by.trimmed, "[0, 0.5)");
    return (scores) => {
      const cut = Math.floor(by.trimmed * scores.length);
      return mean(
        scores
          .slice()
          .sort()
          .subarray(cut, scores.length - cut),
      );
    };
  }
  throw new InvalidInputError("options.by", '"mean", "median", "max", {topK} or {trimmed}', by);
}

function mean(scores: Float64Array): number {
  return sumOf(scores.length, (i) => scores[i]!) / scores.length;
}

function median(scores: Float64Array): number {
  const sorted = scores.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
