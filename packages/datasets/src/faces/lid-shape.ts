/** Outlines of the eye opening in face coordinates (mm), shared by the geometry and by the material of the eye. */
import type { EyeTraits } from "./identity.js";

/** How far the lids are moved from rest. */
export interface LidPose {
  /** 0 open, 1 closed. */
  readonly blink: number;
  /** 0 to 1: how far a smile raises the lower lid. */
  readonly squint: number;
  /** Upward gaze in mm on the eye opening: the upper lid follows it. */
  readonly gazeY: number;
}

/**
 * Heights of the lid margins at `t`, the place along the opening from -1 (inner corner) to 1 (outer corner), relative to
 * the line through the corners. Writes upper, lower to `out[0..1]`; both are 0 at and beyond the corners.
 */
export function lidMargins(eyes: EyeTraits, pose: LidPose, t: number, out: Float64Array): void {
  const arch = Math.max(0, 1 - t * t);
  // The upper arch peaks towards the nose, the lower one towards the temple, as in most eyes.
  const upper = (eyes.openUpper + 0.45 * pose.gazeY) * arch ** 0.72 * (1 - 0.16 * t);
  const lower = -(eyes.openLower - 1.3 * pose.squint - 0.2 * pose.gazeY) * arch ** 0.85 * (1 + 0.2 * t);
  const closed = lower * 0.75;
  out[0] = upper + (closed - upper) * pose.blink - 0.6 * pose.squint * arch;
  out[1] = lower + (closed - lower) * pose.blink;
}

/** Height of the line through the eye's corners at distance `dx` (outwards positive) from the pupil. */
export function cornerLine(eyes: EyeTraits, dx: number): number {
  return -0.4 + (eyes.tilt * dx) / (2 * eyes.halfLength);
}
