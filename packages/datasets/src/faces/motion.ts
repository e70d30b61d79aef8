/**
 * What changes from frame to frame of one video: head pose, facial actions, gaze, blinks and the aligner's jitter, all
 * continuous functions of time (frame / 25 s) made of smooth noise whose seeds and strengths one stream per video gives.
 */
import type { RandomStream } from "@roga/tensor-utils/random";
import { clamp, mix, smoothstep } from "./curves.js";
import type { Action } from "./head-mesh.js";
import { hash2, noise1 } from "./noise.js";
import type { Pose } from "./view.js";

/** The state of a face in one frame. */
export interface Expression {
  /** Strength of each facial action that moves the mesh, 0 to 1 (`part` and `brow` may be slightly negative). */
  readonly actions: Readonly<Record<Action, number>>;
  readonly blink: number;
  readonly squint: number;
  /** Direction of gaze relative to the head in radians: right and up in the picture. */
  readonly gazeX: number;
  readonly gazeY: number;
}

/** Pose, expression and alignment error of one frame. */
export interface FrameState {
  readonly pose: Pose;
  readonly expression: Expression;
  /** Offset of the aligner's five points, x and y of each, in 1/256 of the crop's side. */
  readonly jitter: Float64Array;
}

/** Frames in a second of video. */
const FRAME_RATE = 25;

/** The largest turn of the head about each axis. */
const MAX_TURN = (15 * Math.PI) / 180;

/** The motion of one video, as a function of the frame index. */
export function drawMotion(random: RandomStream): (frame: number) => FrameState {
  const draw = (name: string, low: number, high: number): number => random.child(name).uniform(low, high);
  const seed = (name: string): number => random.child(name).seed32() | 0;

  const base = {
    yaw: random.child("yaw").normal(0, 0.085),
    pitch: random.child("pitch").normal(0, 0.05),
    roll: random.child("roll").normal(0, 0.04),
  };
  const liveliness = draw("liveliness", 0.25, 1);
  const mood = draw("mood", 0, 1);
  // Neutral, smiling or talking: how much of each is a trait of the video.
  const smileLevel = smoothstep(0.3, 0.95, mood) * draw("smile", 0.45, 0.95);
  const talk = draw("talk", 0, 1) < 0.45 ? draw("talking", 0.4, 1) : 0;
  const parted = draw("parted", 0, 1);
  const seeds = Object.fromEntries(
    ["yaw", "pitch", "roll", "smile", "jaw", "syllable", "brow", "gazeX", "gazeY", "blink", "jitter"].map((name) => [
      name,
      seed(`${name} seed`),
    ]),
  ) as Record<string, number>;
  const offset = draw("offset", 0, 1000);

  return (frame) => {
    const t = offset + frame / FRAME_RATE;
    const wave = (name: string, rate: number): number => noise1(t * rate, seeds[name]!);
    const turn = (at: number, name: string, reach: number): number => {
      const slow = wave(name, 0.55) + 0.35 * noise1(t * 1.7, seeds[name]! + 1);
      return clamp(at + reach * liveliness * slow, -MAX_TURN, MAX_TURN);
    };
    const pose: Pose = {
      yaw: turn(base.yaw, "yaw", 0.15),
      pitch: turn(base.pitch, "pitch", 0.075),
      roll: turn(base.roll, "roll", 0.055),
    };
    const smile = clamp(smileLevel * (0.8 + 0.35 * wave("smile", 0.4)), 0, 1);
    const speaking = talk * smoothstep(-0.35, 0.35, wave("jaw", 0.8));
    const syllable = 0.5 + 0.5 * wave("syllable", 4.2);
    const jaw = clamp(0.62 * speaking * syllable + 0.05 * smile, 0, 1);
    const part = clamp(1.05 * smile * smoothstep(0.25, 0.6, parted) + 0.35 * speaking * syllable, 0, 1);
    return {
      pose,
      expression: {
        actions: { smile, jaw, part, brow: 0.45 * liveliness * wave("brow", 0.7) + 0.1 * speaking },
        blink: blinkAt(t, seeds.blink!),
        squint: 0.9 * smile,
        gazeX: clamp(-0.75 * pose.yaw, -0.2, 0.2) + 0.1 * steadyGaze(t, seeds.gazeX!),
        gazeY: clamp(-0.75 * pose.pitch, -0.15, 0.15) + 0.05 * steadyGaze(t, seeds.gazeY!),
      },
      jitter: Float64Array.from({ length: 10 }, (_, i) => 1.1 * noise1(t * 2.3, seeds.jitter! + 7 * i)),
    };
  };
}

/** Gaze rests on a place and jumps to the next in a tenth of a second (saccades). */
function steadyGaze(t: number, seed: number): number {
  const place = Math.floor(t * 1.1);
  const from = hash2(place - 1, 1, seed);
  const to = hash2(place, 1, seed);
  return 2 * mix(from, to, smoothstep(0, 0.12, t * 1.1 - place)) - 1;
}

/** A blink of about a third of a second at a random time in every four seconds. */
function blinkAt(t: number, seed: number): number {
  const slot = Math.floor(t / 4);
  const start = 0.2 + 3.3 * hash2(slot, 2, seed);
  const since = t - 4 * slot - start;
  return smoothstep(0, 0.1, since) * smoothstep(0.34, 0.14, since);
}
