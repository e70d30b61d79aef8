/**
 * A donor's face laid onto the target's: a thin-plate spline through the five points, or nothing to do where they agree.
 */
import type { FivePoints, Point } from "../../image/landmarks.js";
import type { Raster } from "./raster.js";
import { remap } from "./remap.js";
import { resize } from "./resize.js";
import { splineMap, thinPlateSpline } from "./thin-plate.js";

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
  return remap(sized, splineMap(thinPlateSpline(from, to), size, size), "bicubic");
}
