/**
 * A donor's face laid onto the target's: a similarity transform of the five points, and on top of it a thin-plate spline
 * that brings each point home, or nothing to do where they agree. The spline bends by at most a part of the eye distance
 * at each point: what two heads and expressions differ by, and no more, so that one misplaced point tears no face apart.
 */
import type { FivePoints, Point } from "../../image/landmarks.js";
import { fitSimilarity } from "../../image/similarity.js";
import { faceFrame } from "./face-frame.js";
import type { Raster } from "./raster.js";
import { remap } from "./remap.js";
import { resize } from "./resize.js";
import { transformPoint } from "./similarity.js";
import { splineMap, thinPlateSpline } from "./thin-plate.js";

/** Largest bend at a point, in eye distances of the donor. */
const LARGEST_BEND = 0.3;

/** The five points in a fixed order. */
export function pointList(points: FivePoints): Point[] {
  return [points.leftEye, points.rightEye, points.noseTip, points.leftMouth, points.rightMouth];
}

/** The donor warped so that its five points lie on the target's, in a raster of `size` x `size`. */
export function alignDonor(donor: Raster, donorPoints: FivePoints, targetPoints: FivePoints, size: number): Raster {
  const scale = size / donor.width;
  // Resampling first keeps a larger donor from aliasing. Positions scale as `canonicalLandmarks` scales them.
  const sized = donor.width === size ? donor : resize(donor, size, size, "bicubic");
  const from = pointList(targetPoints);
  const to = pointList(donorPoints).map(([x, y]): Point => [x * scale, y * scale]);
  const moved = from.some(([x, y], i) => Math.hypot(x - to[i]![0], y - to[i]![1]) > 1e-6);
  if (!moved) return sized;
  const rigid = fitSimilarity(from, to);
  const limit = LARGEST_BEND * scale * faceFrame(donorPoints).unit;
  const bent = from.map((point, i): Point => {
    const [x, y] = transformPoint(rigid, point);
    const dx = to[i]![0] - x;
    const dy = to[i]![1] - y;
    const bend = Math.hypot(dx, dy);
    const share = bend > limit ? limit / bend : 1;
    return [x + share * dx, y + share * dy];
  });
  return remap(sized, splineMap(thinPlateSpline(from, bent), size, size), "bicubic");
}
