/** The inside of an open mouth: upper teeth that belong to the skull, lower ones to the jaw, the tongue, and darkness. */
import { bell, smoothstep } from "./curves.js";
import type { FaceIdentity } from "./identity.js";
import { lipLine } from "./lip-shape.js";
import { noise2 } from "./noise.js";
import type { Surface } from "./surface.js";

/** Right edges of the teeth of one side, in mm from the midline. */
const TOOTH_EDGES = [0, 8.4, 14.8, 21.8, 28];

/**
 * What is seen between the lips at face coordinate u and height y (head coordinates, mm).
 *
 * @param below distance in mm to the upper lip's edge above, `above` to the lower lip's edge below
 * @param jaw opening of the jaw, 0 to 1
 */
export function paintMouth(
  identity: FaceIdentity,
  u: number,
  y: number,
  below: number,
  above: number,
  jaw: number,
  surface: Surface,
): void {
  const { mouth, detailSeed } = identity;
  const side = Math.abs(u);
  const rest = lipLine(mouth, u);
  const edge = TOOTH_EDGES.findIndex((right) => right > side);
  const nearest = Math.min(...TOOTH_EDGES.map((right) => Math.abs(side - right)));
  const wobble = 0.35 * noise2(edge * 3.7 + (u < 0 ? 50 : 0), 0.5, detailSeed + 111);
  const arch = 0.0055 * u * u;
  const upperEdge = rest - 2.6 + arch + wobble - 0.7 * bell((nearest - 3) / 2) + 0.7;
  const lowerEdge = rest - 3.6 + arch - 17 * jaw;

  const upper = smoothstep(upperEdge - 0.35, upperEdge + 0.35, y);
  const lower = smoothstep(lowerEdge + 0.35, lowerEdge - 0.35, y) * 0.75;
  const tooth = Math.max(upper, lower);
  const gap = 1 - 0.3 * bell(nearest / 0.4);
  const shade = smoothstep(-1.5, 2.4, Math.min(below + 0.6, above + 1.5)) * (1 - 0.75 * smoothstep(9, 24, side)) * gap;
  const tongue = smoothstep(9, 3, above) * smoothstep(17, 8, side) * smoothstep(0.25, 0.6, jaw);
  surface.r = 0.055 + 0.14 * tongue + tooth * (0.5 * shade - 0.055);
  surface.g = 0.014 + 0.04 * tongue + tooth * (0.455 * shade - 0.014);
  surface.b = 0.012 + 0.035 * tongue + tooth * (0.37 * shade - 0.012);
  surface.slopeX = 0;
  surface.slopeY = 0;
  surface.gloss = 0.7 * tooth;
  surface.scatter = 0.3;
  surface.hollow = 0.2 * (1 - tooth);
}
