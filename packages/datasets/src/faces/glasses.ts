/** Spectacles as thick solid strands: two rims, a bridge, and the arms that run back over the ears. */
import type { GlassesTraits } from "./identity.js";
import type { Strands } from "./strands.js";

const POINTS = 33;

/** Distance in mm from the front of the eyes to the lenses. */
const STAND_OFF = 14;

/** Builds the frame of a person's spectacles; `eyeZ` is the depth of the eyeballs' centres. */
export function buildGlasses(glasses: GlassesTraits, eyeZ: number): Strands {
  const { halfWidth, halfHeight, squareness, thickness } = glasses;
  const centreX = halfWidth + 8.5;
  const lensZ = eyeZ + 12 + STAND_OFF;
  // The frame bends around the face.
  const depthAt = (x: number): number => lensZ - 0.0028 * x * x;
  const rim = (side: number) => (t: number) => {
    const turn = 2 * Math.PI * t;
    const [c, s] = [Math.cos(turn), Math.sin(turn)];
    const radius = (Math.abs(c) ** squareness + Math.abs(s) ** squareness) ** (-1 / squareness);
    const x = side * (centreX + halfWidth * radius * c);
    return [x, -4 + halfHeight * radius * s, depthAt(x)] as const;
  };
  const bridge = (t: number) => {
    const x = (2 * t - 1) * 9;
    return [x, 4 + 2.5 * Math.cos((2 * t - 1) * 1.5), lensZ + 1.5 * Math.cos((2 * t - 1) * 1.5)] as const;
  };
  const arm = (side: number) => (t: number) => {
    const x = centreX + halfWidth - 1 + (76 - centreX - halfWidth) * Math.min(1, 2.2 * t);
    return [side * x, 4 - 3 * t, depthAt(centreX + halfWidth) - 88 * t] as const;
  };
  const parts = [arm(-1), arm(1), rim(-1), rim(1), bridge];
  const positions = new Float32Array(parts.length * POINTS * 3);
  const outward = new Float32Array(positions.length);
  parts.forEach((part, i) => {
    for (let k = 0; k < POINTS; k++) {
      const at = 3 * (i * POINTS + k);
      positions.set(part(k / (POINTS - 1)), at);
      outward.set([0, 0.5, 0.87], at);
    }
  });
  return {
    count: parts.length,
    points: POINTS,
    positions,
    openness: new Float32Array(parts.length * POINTS).fill(1),
    outward,
    halfWidths: new Float32Array(parts.length).fill(thickness / 2),
    tones: new Float32Array(parts.length).fill(1),
    anchors: new Int32Array(parts.length).fill(-1),
    colour: glasses.colour,
    gloss: 1,
    solid: true,
  };
}
