/**
 * The relief of a face over its bare head: how far the surface stands out towards the viewer at a place (x, y) of the
 * face, in mm. Nose, orbits, lids, cheeks, lips and chin are sums and smooth maxima of analytic bumps, so the surface is
 * smooth at every resolution.
 */
import { bell, bell2, clamp, mix, smoothMax, smoothstep, spline } from "./curves.js";
import type { FaceIdentity, NoseTraits } from "./identity.js";
import { lipLine, lowerLipHeight, upperLipHeight } from "./lip-shape.js";

/** Radius of an eyeball, and of the lids over it, in mm. */
export const EYE_RADIUS = 12;
const LID_RADIUS = 13.4;

/** Depth of the eyeball's front behind the bare head at the pupil. */
const EYE_DEPTH = 5;

/** Height of the nose ridge from tip (first) to root (last), and from tip down to the lip, as shares of its projection. */
const RIDGE = [0.96, 0.93, 0.84, 0.72, 0.61, 0.47, 0.35, 0.23, 0.13, 0.05, 0, 0];
const UNDERSIDE = [0.96, 0.95, 0.87, 0.71, 0.42, 0.12, 0, 0];

/** Relief of the nose over the face. */
function noseRelief(nose: NoseTraits, x: number, y: number): number {
  const side = x - nose.bend * bell((y + 20) / 14);
  const { tipY, projection } = nose;
  let height: number;
  let spread: number;
  if (y >= tipY) {
    const up = (y - tipY) / (6 - tipY);
    if (up >= 1.1) return 0;
    const bridge = mix(1, nose.bridgeHeight, smoothstep(0.1, 0.5, up));
    height = projection * spline(RIDGE, Math.min(10.99, up * 10)) * bridge + nose.hump * bell((up - 0.5) / 0.2);
    spread = mix(6.6 * nose.tipWidth, 5 * nose.bridgeWidth, smoothstep(0, 0.55, up)) + 2.6 * smoothstep(0.7, 1.05, up);
  } else {
    const down = (tipY - y) / (13.5 + nose.upturn);
    if (down >= 1.15) return 0;
    height = projection * spline(UNDERSIDE, Math.min(6.99, down * 6));
    spread = mix(6.6 * nose.tipWidth, 7, smoothstep(0, 0.8, down));
  }
  const flank = side / spread;
  // A narrow ridge on a wide foot.
  let z = height * (0.74 * Math.exp(-0.75 * flank * flank) + 0.26 * Math.exp(-0.18 * flank * flank));
  z += 2.2 * bell2(side, y, 0, tipY + 0.5, 6.2 * nose.tipWidth, 6);

  // The wings of the nose: domes whose steep rim makes the crease towards cheek and tip.
  const wing = Math.abs(side) - (nose.alarWidth - 5.4);
  const lift = y - (tipY - 6.2);
  const r2 = (wing / 6.2) ** 2 + (lift / (lift > 0 ? 8 : 5.8)) ** 2;
  if (r2 < 1) z = smoothMax(z, 9.2 * (1 - r2) ** 0.7, 3);

  z += 1.2 * bell2(side, y, 0, tipY - 9.5, 2.2, 3.5);
  return z - 2.6 * bell2(Math.abs(side), y, 7, tipY - 9.6, 3.4, 2);
}

/** Relief of the lips and of the skin between nose and chin. */
function mouthRelief(identity: FaceIdentity, x: number, y: number): number {
  const { mouth } = identity;
  const t = Math.abs(x) / mouth.halfWidth;
  let z = 2.2 * bell2(x, y, 0, mouth.y, 30, 19);
  z -= 1.2 * bell2(x, y, 0, mouth.y + 14.5, 2.6, 5) - 0.7 * bell2(Math.abs(x), y, 4.6, mouth.y + 13.5, 1.8, 5.5);
  z -= 3.4 * bell2(x, y, 0, mouth.y - 16.5, 17, 5.5);
  z -= 1.4 * bell2(Math.abs(x), y, mouth.halfWidth + 1.5, mouth.y - 0.5, 4.5, 4.5);
  if (t < 1.15) {
    const line = lipLine(mouth, x);
    const above = y - line;
    const centre = Math.max(0, 1 - t * t);
    const upper = Math.max(1, upperLipHeight(mouth, x));
    const lower = Math.max(1, lowerLipHeight(mouth, x));
    if (above >= 0) {
      const d = above / upper;
      const swell = d < 1 ? 1 - (1.6 * d - 0.6) ** 2 : 0;
      z += (1.7 + mouth.protrusion) * centre ** 0.6 * Math.max(0, swell);
    } else {
      const d = -above / lower;
      const swell = d < 1.3 ? 1 - ((d - 0.45) / 0.85) ** 2 : 0;
      z += (2.9 + mouth.protrusion) * centre ** 0.5 * Math.max(0, swell);
    }
    z -= 1.5 * Math.min(1, 2.5 * centre + 0.3) * bell(above / 1.1);
  }
  return z;
}

/** The relief of one person's face. */
export class FaceRelief {
  /** Depth of the centre of both eyeballs. */
  readonly eyeZ: number;
  readonly #identity: FaceIdentity;

  /** @param bareZ depth of the bare head at the pupils */
  constructor(identity: FaceIdentity, bareZ: number) {
    this.#identity = identity;
    this.eyeZ = bareZ - EYE_DEPTH - EYE_RADIUS;
  }

  /** How far the face stands out at (x, y) over the bare head, whose depth there is `bareZ`. */
  at(x: number, y: number, bareZ: number): number {
    const { head, eyes, mouth, skin, age } = this.#identity;
    const side = Math.abs(x);
    const old = clamp((age - 30) / 45, 0, 1);
    let z = 0;

    // Forehead, brow ridge, temples.
    z += head.browRidge * bell2(side, y, 22, 15.5, 22, 6.5) - 0.35 * head.browRidge * bell2(side, y, 20, 28, 26, 6);
    z -= 1.2 * bell2(side, y, 62, 28, 10, 20);
    z += 0.8 * bell2(side, y, 24, 52, 18, 14);

    // Orbits: a wide hollow, deepest beside the root of the nose.
    z -= eyes.socket * bell2(side, y, eyes.x + 0.5, 2.5, 16.5, 9.5);
    z -= 0.55 * eyes.socket * bell2(side, y, 15.5, 3.5, 5, 7.5);

    // The trough from the inner corner of the eye, cheekbones, cheeks, the fold from nose to mouth, jowls.
    z -= 1.1 * bell2(0.8 * (side - 19) - 0.6 * (y + 13), 0.6 * (side - 19) + 0.8 * (y + 13), 0, 0, 11, 2.6);
    z += head.cheekbone * bell2(side, y, 44, -22, 15, 11);
    z -= 0.9 * bell2(side, y, 50, -52, 11, 15);
    z += head.cheekFullness * bell2(side, y, 36, -52, 17, 18);
    z += (1.4 + 0.6 * head.cheekFullness) * bell2(side, y, 29, -33, 12, 11);
    const along = ((side - 16) * 14 + (y + 44) * -27) / 925;
    const across = ((side - 16) * 27 + (y + 44) * 14) / 30.4;
    const crease = bell((along - 0.5) / 0.55);
    z +=
      crease *
      ((0.4 + 0.9 * old) * smoothstep(-2, 5, across) * bell((across - 5) / 9) -
        (0.12 + 0.9 * skin.wrinkles) * bell(across / 2.3));
    z += 1.8 * old * bell2(side, y, 38, -92, 10, 10);
    z -= 0.5 * eyes.bag * bell2(side, y, eyes.x - 4, -15, 13, 3) - 0.9 * eyes.bag * bell2(side, y, eyes.x, -10, 11, 3);

    z += mouthRelief(this.#identity, x, y);
    z += (3.5 + 0.4 * head.chinForward) * bell2(x, y, 0, mouth.y - 33, 15, 10);
    z -= head.chinCleft * bell2(x, y, 0, mouth.y - 34, 2.4, 7);
    z += noseRelief(this.#identity.nose, x, y);

    // The lids lie on the eyeball.
    const dx = side - eyes.x;
    const r2 = dx * dx + y * y;
    if (r2 < LID_RADIUS * LID_RADIUS) {
      const lid = this.eyeZ + Math.sqrt(LID_RADIUS * LID_RADIUS - r2) - bareZ;
      z = smoothMax(z, lid, 4);
    }
    return z;
  }
}
