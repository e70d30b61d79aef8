/**
 * Ears: an egg-shaped plate that stands off the side of the head, with the raised helix and antihelix, the hollow of the
 * concha and the lobe as relief. Seen from the front they are a narrow outline, so this much shape is enough.
 */
import { bell } from "./curves.js";
import type { FaceIdentity } from "./identity.js";
import { COAT, gridNormals, gridTriangles, Material, type Mesh } from "./mesh.js";

const RINGS = 9;
const SPOKES = 26;

/** The two ears of a person, left of the picture first. Face coordinates hold (radius, relief). */
export function buildEars(identity: FaceIdentity, headX: number): readonly Mesh[] {
  return [-1, 1].map((side) => buildEar(identity, side, headX));
}

/** Writes the normals of an ear whose vertices start at `first`. */
export function writeEarNormals(positions: Float32Array, normals: Float32Array, first: number): void {
  const above = (row: number): number => Math.max(0, row - 1);
  const below = (row: number): number => Math.min(RINGS - 1, row + 1);
  gridNormals(positions, normals, first, RINGS, SPOKES, above, below);
}

/** Vertices of one ear. */
export const EAR_VERTICES = RINGS * SPOKES;

function buildEar(identity: FaceIdentity, side: number, headX: number): Mesh {
  const { size, flare } = identity.ears;
  const positions = new Float32Array(3 * EAR_VERTICES);
  const face = new Float32Array(2 * EAR_VERTICES);
  // In the ear's plane: `back` points away from the face and outwards, `up` leans back a little.
  const back = [side * Math.sin(flare), 0, -Math.cos(flare)] as const;
  const out = [side * Math.cos(flare), 0, Math.sin(flare)] as const;
  const lean = 0.16;
  for (let ring = 0; ring < RINGS; ring++) {
    const radius = ring / (RINGS - 1);
    for (let spoke = 0; spoke < SPOKES; spoke++) {
      // Spokes run against the clock seen from outside, on both sides.
      const turn = (2 * Math.PI * spoke) / (SPOKES - 1);
      const height = Math.cos(turn);
      const depth = -side * Math.sin(turn);
      const along = 12 * size - 2 * (1 - height) + depth * (15.5 + 3.5 * height) * size * radius;
      const up = height * 31 * size * radius - 2;
      const rim = (0.55 + 0.45 * depth) * (0.5 + 0.5 * height) ** 0.3;
      const relief =
        4.2 * rim * bell((radius - 0.88) / 0.11) +
        2.6 * bell((radius - 0.52) / 0.13) * (0.4 + 0.6 * Math.max(0, depth)) -
        5.5 * bell(radius / 0.34) +
        2.5 * bell((radius - 0.5) / 0.16) * Math.max(0, -depth) -
        4 * Math.max(0, radius - 0.9) * 8 * (depth < 0 ? 1 : 0.45);
      const index = ring * SPOKES + spoke;
      const base = [side * (headX - 2.5), -16, -84] as const;
      positions[3 * index] = base[0] + back[0] * along + out[0] * relief;
      positions[3 * index + 1] = base[1] + up;
      positions[3 * index + 2] = base[2] + back[2] * (along + lean * up) + out[2] * relief;
      face[2 * index] = radius;
      face[2 * index + 1] = relief;
    }
  }
  const triangles = gridTriangles(RINGS, SPOKES, () => true);
  return {
    positions,
    face,
    coat: new Float32Array(COAT * EAR_VERTICES),
    follow: new Float32Array(EAR_VERTICES).fill(1),
    triangles,
    materials: new Uint8Array(triangles.length / 3).fill(Material.ear),
  };
}
