/** Similarity transforms of a picture: about a point, of a point, and as the map that a warp reads through. */
import type { Point } from "../../image/landmarks.js";
import type { Similarity } from "../../image/similarity.js";
import { identityMap, type WarpMap } from "./remap.js";

/** A turn by `angle` radians (clockwise in the picture) and a scaling about `centre`, followed by a shift. */
export function similarityAbout(
  centre: Point,
  scale: number,
  angle: number,
  shiftX: number,
  shiftY: number,
): Similarity {
  const a = scale * Math.cos(angle);
  const b = scale * Math.sin(angle);
  const [x, y] = centre;
  return { a, b, tx: x - (a * x - b * y) + shiftX, ty: y - (b * x + a * y) + shiftY };
}

/** The image of a point. */
export function transformPoint({ a, b, tx, ty }: Similarity, [x, y]: Point): Point {
  return [a * x - b * y + tx, b * x + a * y + ty];
}

/** The map that reads each output pixel at its image under the transform. */
export function similarityMap({ a, b, tx, ty }: Similarity, width: number, height: number): WarpMap {
  const map = identityMap(width, height);
  for (let i = 0; i < map.x.length; i++) {
    const x = map.x[i]!;
    const y = map.y[i]!;
    map.x[i] = a * x - b * y + tx;
    map.y[i] = b * x + a * y + ty;
  }
  return map;
}
