/**
 * The bare head and neck as a lofted surface: a front, a side and a back profile joined by quarter ellipses, row by row
 * from the crown to the base of the neck. Coordinates in mm: x to the right of the picture, y up, z towards the viewer,
 * origin between the pupils at the depth of the corneas. Features (nose, orbits, lips) are displacements on top, see
 * `features.ts`; before them, (x, y) of the front serve as the face coordinates that skin, brows and lips are drawn in.
 */
import { mix, spline } from "./curves.js";
import type { FaceIdentity } from "./identity.js";

/** Profile rows from crown to neck: front (y, z), side (x, y, z), back (y, z), and the number of mesh rows that follow. */
const PROFILE: readonly (readonly [number, number, number, number, number, number, number, number])[] = [
  // front y, z    side x,  y,   z     back y,  z    rows
  [112, -88, 0.5, 112, -90, 112, -92, 4],
  [107, -46, 33, 106, -92, 106, -138, 4],
  [96, -20, 52, 94, -94, 92, -166, 4],
  [79, -4, 64.5, 76, -94, 68, -182, 5],
  [60, 4, 71.5, 55, -93, 44, -187, 6],
  [40, 8.5, 74, 36, -90, 20, -186, 8],
  [22, 10.5, 73, 18, -87, 0, -180, 10],
  [6, 6.5, 71.5, 2, -85, -20, -170, 13],
  [-14, 6.5, 70.5, -16, -83, -40, -160, 12],
  [-32, 8.5, 69, -32, -82, -55, -152, 13],
  [-50, 9.5, 66.5, -46, -80, -65, -148, 9],
  [-62, 10, 64, -56, -78, -75, -147, 9],
  [-72, 9.5, 62, -65, -76, -85, -147, 9],
  [-84, 7.5, 59, -73, -74, -95, -147, 8],
  [-98, 6, 55.5, -80, -72, -104, -147, 7],
  [-110, 3, 51.5, -87, -74, -112, -147, 6],
  [-117.5, -5, 47.5, -94, -78, -120, -148, 5],
  [-120, -18, 46, -101, -82, -128, -149, 4],
  [-122, -34, 46.5, -109, -86, -135, -150, 3],
  [-128, -44, 49, -118, -90, -142, -152, 3],
  [-142, -46, 53, -132, -94, -150, -154, 3],
  [-168, -42, 60, -160, -98, -166, -158, 0],
];

/** Index in PROFILE of the row that holds the line between the lips; the mesh is cut there. */
const MOUTH_KNOT = 12;

/** Row parameters of the mesh: each is a place between profile rows; the cut between the lips is at `mouthRow`. */
export function meshRows(): { readonly rows: readonly number[]; readonly mouthRow: number } {
  const rows: number[] = [];
  let mouthRow = 0;
  for (let knot = 0; knot < PROFILE.length; knot++) {
    const count = PROFILE[knot]![7];
    if (knot === MOUTH_KNOT) mouthRow = rows.length;
    for (let i = 0; i < Math.max(1, count); i++) rows.push(knot + i / Math.max(1, count));
  }
  return { rows, mouthRow };
}

/** Column angles of the mesh from -160 to 160 degrees around the vertical axis, 0 at the front; finest there. */
export function meshColumns(): readonly number[] {
  const half: number[] = [];
  const limit = (160 * Math.PI) / 180;
  for (let angle = 0.0185; angle < limit; ) {
    half.push(angle);
    angle += angle < 0.66 ? 0.0185 : angle < 1.8 ? 0.045 : 0.12;
  }
  return [...half.map((a) => -a).reverse(), 0, ...half];
}

/** The surface of one person's bare head. */
export class HeadSurface {
  readonly #channels: readonly Float64Array[];
  readonly #jawPoint: number;
  /** The profile at the row that was asked for last: front y, z, side x, y, z, back y, z. */
  readonly #profile = new Float64Array(7);
  #row = Number.NaN;

  constructor(identity: FaceIdentity) {
    const { head, mouth } = identity;
    const channels = Array.from({ length: 7 }, () => new Float64Array(PROFILE.length));
    const mouthShift = mouth.y + 71.6;
    PROFILE.forEach((row, knot) => {
      const tall = (y: number): number => {
        if (y > 22) return 22 + (y - 22) * head.forehead;
        // The mouth row moves with the mouth, the chin hangs from it, and the neck only follows.
        if (y > -72) return y + (mouthShift * Math.max(0, -y - 22)) / 50;
        const chin = (Math.max(y, -120) + 72) * head.chin - 72 + mouthShift;
        return chin + Math.min(0, y + 120);
      };
      const width =
        knot <= 5
          ? head.skullWidth
          : knot <= 10
            ? mix(head.skullWidth, head.cheekWidth, (knot - 5) / 3.5)
            : knot <= 15
              ? mix(head.cheekWidth, head.jawWidth, Math.min(1, (knot - 9.5) / 3.5))
              : mix(head.jawWidth, head.neckWidth, Math.min(1, (knot - 15) / 3));
      const forward = knot >= 13 && knot <= 17 ? head.chinForward * (knot === 13 ? 0.35 : 1) : 0;
      const thin = knot >= 18 ? (head.neckWidth - 1) * 40 : 0;
      const values = [
        tall(row[0]),
        row[1] + forward + thin,
        row[2] * width,
        tall(row[3]),
        row[4],
        tall(row[5]),
        row[6],
      ];
      values.forEach((value, channel) => {
        channels[channel]![knot] = value;
      });
    });
    this.#channels = channels;
    this.#jawPoint = head.jawPoint;
  }

  /** Writes the point at a row parameter and an angle (radians, 0 front, positive to the right) to `out[0..2]`. */
  at(row: number, angle: number, out: Float64Array): void {
    const profile = this.#profile;
    if (row !== this.#row) {
      this.#row = row;
      for (let i = 0; i < profile.length; i++) profile[i] = spline(this.#channels[i]!, row);
    }
    const cosine = Math.cos(angle);
    const sideY = profile[3]!;
    const sideZ = profile[4]!;
    out[0] = profile[2]! * Math.sin(angle);
    if (cosine >= 0) {
      const jaw = row > 11 && row < 19 ? 1 - Math.abs(row - 15) / 4 : 0;
      out[1] = sideY + (profile[0]! - sideY) * cosine ** mix(1.6, this.#jawPoint, Math.max(0, jaw));
      out[2] = sideZ + (profile[1]! - sideZ) * cosine;
    } else {
      out[1] = sideY + (profile[5]! - sideY) * -cosine;
      out[2] = sideZ + (profile[6]! - sideZ) * -cosine;
    }
  }
}
