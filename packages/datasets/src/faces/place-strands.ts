/** Brings strands into a frame: moved with skin and head, projected, and known to the shadow map and the occlusion. */
import type { Occlusion } from "./occlusion.js";
import type { ShadowMap } from "./shadow.js";
import type { Strands } from "./strands.js";
import { type Camera, projectPoints, type Rotation, turnPoints } from "./view.js";

/** Strands in camera space. */
export interface PlacedStrands {
  readonly strands: Strands;
  /** x, y, z of every point in camera space. */
  readonly turned: Float32Array;
  /** Unit direction away from the head at every point, in camera space. */
  readonly outward: Float32Array;
  /** x, y on the raster and depth in mm of every point. */
  readonly screen: Float32Array;
}

/** Moves strands with the skin that they grow on and with the head, and projects them. */
export function placeStrands(
  strands: Strands,
  rest: Float32Array,
  local: Float32Array,
  rotation: Rotation,
  camera: Camera,
): PlacedStrands {
  const { count, points, positions, anchors } = strands;
  const turned = positions.slice();
  for (let strand = 0; strand < count; strand++) {
    const vertex = 3 * anchors[strand]!;
    if (vertex < 0) continue;
    for (let axis = 0; axis < 3; axis++) {
      const moved = local[vertex + axis]! - rest[vertex + axis]!;
      if (moved === 0) continue;
      for (let k = 0; k < points; k++) {
        const at = 3 * (strand * points + k) + axis;
        turned[at] = turned[at]! + moved;
      }
    }
  }
  turnPoints(turned, count * points, rotation);
  const outward = new Float32Array(turned.length);
  for (let at = 0; at < turned.length; at += 3) {
    const [x, y, z] = [strands.outward[at]!, strands.outward[at + 1]!, strands.outward[at + 2]!];
    for (let axis = 0; axis < 3; axis++) {
      outward[at + axis] = rotation[3 * axis]! * x + rotation[3 * axis + 1]! * y + rotation[3 * axis + 2]! * z;
    }
  }
  const screen = new Float32Array(turned.length);
  projectPoints(camera, turned, count * points, screen);
  return { strands, turned, outward, screen };
}

/** Tells the ambient occlusion and the shadow map where hair is. */
export function castHair({ strands, turned, screen }: PlacedStrands, occlusion: Occlusion, map: ShadowMap): void {
  const { count, points, halfWidths } = strands;
  for (let strand = 0; strand < count; strand++) {
    for (let k = 0; k + 1 < points; k++) {
      const at = 3 * (strand * points + k);
      occlusion.cover(screen[at]!, screen[at + 1]!, screen[at + 2]!);
      const x = turned[at]!;
      const y = turned[at + 1]!;
      const z = turned[at + 2]!;
      const dx = turned[at + 3]! - x;
      const dy = turned[at + 4]! - y;
      const dz = turned[at + 5]! - z;
      const length = Math.sqrt(dx * dx + dy * dy + dz * dz);
      const area = 2 * length * halfWidths[strand]!;
      // A long segment is told in two pieces, so that it leaves no hole.
      if (length < 7) {
        map.addHair(x + 0.5 * dx, y + 0.5 * dy, z + 0.5 * dz, area);
      } else {
        map.addHair(x + 0.25 * dx, y + 0.25 * dy, z + 0.25 * dz, 0.5 * area);
        map.addHair(x + 0.75 * dx, y + 0.75 * dy, z + 0.75 * dz, 0.5 * area);
      }
    }
  }
}
