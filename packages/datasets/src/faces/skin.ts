/**
 * Skin: pigments that vary over the face, and what lies on it (lips, brows, nostrils, freckles, moles, stubble, wrinkles,
 * the shadow of cut hair on the scalp), all as functions of the face coordinates, so that they move with the surface.
 */
import { browCover } from "./brow.js";
import { Coat } from "./coat.js";
import { bell, bell2, clamp, smoothstep } from "./curves.js";
import type { FaceIdentity } from "./identity.js";
import { lipLine, lowerLipHeight, upperLipHeight } from "./lip-shape.js";
import { hash2, noise2 } from "./noise.js";
import { skinReflectance } from "./pigments.js";
import { darken, paint, type Surface } from "./surface.js";

/** Linear reflectance of a mole. */
const MOLE = [0.06, 0.028, 0.02] as const;

/** The skin of one person. */
export class Skin {
  readonly #identity: FaceIdentity;
  readonly #reflectance = new Float64Array(3);

  constructor(identity: FaceIdentity) {
    this.#identity = identity;
  }

  /** Skin without marks, such as an ear's or the neck's. `blood` is added to the haemoglobin. */
  plain(blood: number, surface: Surface): void {
    const { skin } = this.#identity;
    this.#lay(skin.melanin, skin.haemoglobin + blood, surface);
    surface.gloss = 0.35 * skin.oil;
  }

  /**
   * The face at (u, v).
   *
   * @param coat the coat there, see `coat.ts`
   * @param raised strength of the raised brows, which wrinkle the forehead
   * @param smile strength of the smile, which wrinkles the corners of the eyes
   */
  face(u: number, v: number, coat: Float64Array, raised: number, smile: number, surface: Surface): void {
    const { skin, mouth, hair, brows, detailSeed } = this.#identity;
    const side = Math.abs(u);
    const scalp = coat[Coat.scalp]!;
    const whiskers = coat[Coat.whiskers]!;
    const grain = noise2(u / 1.3, v / 1.3, detailSeed + 11);
    let melanin = coat[Coat.melanin]! + 0.035 * skin.melanin * grain;
    if (skin.freckles > 0) melanin += this.#freckles(u, v) * skin.freckles;
    this.#lay(melanin, coat[Coat.blood]! + 0.1 * grain + this.#blemishes(u, v), surface);
    surface.gloss = coat[Coat.gloss]!;
    surface.slopeX = 0.035 * noise2(u / 0.9, v / 0.9, detailSeed + 21);
    surface.slopeY = 0.035 * noise2(u / 0.9, v / 0.9, detailSeed + 22);

    for (let mole = 0; mole < skin.moles.length; mole++) {
      const [x, y, radius] = skin.moles[mole]!;
      const d2 = ((u - x) ** 2 + (v - y) ** 2) / (radius * radius);
      if (d2 < 4) paint(surface, MOLE, 0.75 * bell(d2 * 0.7));
    }
    if (scalp < 0.9) this.#wrinkles(u, v, side, raised, smile, surface);
    if (whiskers > 0) {
      const speckle = 0.55 + 0.45 * noise2(u * 1.4, v * 1.4, detailSeed + 31);
      paint(surface, hair.beardColour, 0.62 * whiskers * speckle);
      surface.gloss *= 1 - 0.4 * whiskers;
    }
    if (side < mouth.halfWidth + 4 && Math.abs(v - mouth.y) < 20) this.#lips(u, v, side, smile, surface);
    this.#nostrils(side, v, surface);
    if (v > brows.y - 14 && v < brows.y + 16) {
      const brow = browCover(brows, side, v, detailSeed + 41);
      paint(surface, hair.browColour, brow);
      surface.gloss *= 1 - 0.8 * brow;
    }
    if (scalp > 0) this.#scalp(u, v, scalp, surface);
  }

  #nostrils(side: number, v: number, surface: Surface): void {
    const [dx, dy] = [side - 7.2, v - this.#identity.nose.tipY + 9.9];
    if (Math.abs(dx) > 7 || Math.abs(dy) > 5) return;
    const nostril = bell2(dx * 0.95 + dy * 0.3, dy * 0.95 - dx * 0.3, 0, 0, 3.7, 1.7);
    darken(surface, 1 - 0.88 * smoothstep(0.15, 0.8, nostril));
    surface.gloss *= 1 - nostril;
  }

  /** The roots of hair on the scalp, or what is left of them. */
  #scalp(u: number, v: number, scalp: number, surface: Surface): void {
    const { hair, detailSeed } = this.#identity;
    const ragged = scalp < 1 ? 0.3 * noise2(u * 0.8, v * 0.8, detailSeed + 51) * (1 - scalp) : 0;
    const roots = clamp(scalp * 1.25 - 0.18 + ragged, 0, 1);
    const cover = hair.style === "bald" ? 0.16 : hair.style === "buzz" ? 0.8 : 0.95;
    const stubbly = hair.style === "buzz" ? 0.82 + 0.18 * noise2(u * 1.5, v * 1.5, detailSeed + 52) : 1;
    paint(surface, hair.colour, cover * roots * stubbly);
    surface.gloss *= 1 - 0.85 * roots * cover;
  }

  #lay(melanin: number, haemoglobin: number, surface: Surface): void {
    const out = this.#reflectance;
    skinReflectance(clamp(melanin, 0, 1.25), haemoglobin, out);
    surface.r = out[0]!;
    surface.g = out[1]!;
    surface.b = out[2]!;
    surface.slopeX = 0;
    surface.slopeY = 0;
    surface.scatter = 1;
    surface.hollow = 0;
  }

  /** Extra melanin of the freckle, if any, of the cell around (u, v). */
  #freckles(u: number, v: number): number {
    const region = Math.max(bell2(Math.abs(u), v, 24, -22, 26, 16), 0.5 * bell2(u, v, 0, 45, 50, 22));
    if (region < 0.05) return 0;
    const cell = 3.1;
    const [cx, cy] = [Math.floor(u / cell), Math.floor(v / cell)];
    const seed = this.#identity.detailSeed + 61;
    if (hash2(cx, cy, seed) > 0.75 * region) return 0;
    const x = (cx + 0.1 + 0.8 * hash2(cx, cy, seed + 1)) * cell;
    const y = (cy + 0.1 + 0.8 * hash2(cx, cy, seed + 2)) * cell;
    const radius = 0.35 + 0.6 * hash2(cx, cy, seed + 3);
    return 0.26 * bell(Math.hypot(u - x, v - y) / radius);
  }

  /** Extra blood of spots and uneven redness. */
  #blemishes(u: number, v: number): number {
    const { skin, detailSeed } = this.#identity;
    const cell = 15;
    const [cx, cy] = [Math.floor(u / cell), Math.floor(v / cell)];
    const seed = detailSeed + 71;
    if (hash2(cx, cy, seed) > 0.35 * skin.blemishes) return 0;
    const x = (cx + 0.2 + 0.6 * hash2(cx, cy, seed + 1)) * cell;
    const y = (cy + 0.2 + 0.6 * hash2(cx, cy, seed + 2)) * cell;
    return 0.9 * bell(Math.hypot(u - x, v - y) / (0.8 + 0.9 * hash2(cx, cy, seed + 3)));
  }

  /** Lines of forehead, crow's feet, frown, and under the eyes. */
  #wrinkles(u: number, v: number, side: number, raised: number, smile: number, surface: Surface): void {
    const { skin, eyes, brows, mouth, detailSeed } = this.#identity;
    const aged = skin.wrinkles;
    const forehead = v > brows.y - 5 ? bell2(side, v, 0, brows.y + 28, 42, 16) : 0;
    if (forehead > 0.03) {
      const depth = forehead * (0.3 * aged + 0.35 * Math.max(0, raised) * (0.3 + aged));
      const wave = (v + 2.5 * noise2(u / 26, 3.3, detailSeed + 81) - 0.0022 * u * u) / 7.2;
      const line = wave - Math.floor(wave) - 0.5;
      const broken = smoothstep(-0.5, 0.3, noise2(u / 15, Math.floor(wave) * 3.1, detailSeed + 82));
      surface.slopeY += depth * broken * 9 * line * bell(line * 5);
      darken(surface, 1 - 0.3 * depth * broken * bell(line * 6));
    }
    const crow = side > eyes.x + 8 && Math.abs(v) < 25 ? bell2(side, v, eyes.x + 21, -2, 6.5, 9) : 0;
    if (crow > 0.03) {
      const depth = crow * (0.28 * aged + 0.4 * smile * (0.25 + aged));
      const fan = Math.atan2(v + 1, side - eyes.x - 6) * 7 + 0.6 * noise2(side / 5, v / 5, detailSeed + 83);
      darken(surface, 1 - 0.35 * depth * bell((fan - Math.round(fan)) * 4));
    }
    const frown = bell2(side, v, 5, brows.y + 1, 2, 8);
    if (frown > 0.03) darken(surface, 1 - 0.16 * aged * frown);
    if (v > -38 || v < -105 || side > 45) return;
    // The folds from nose to mouth, and from the mouth's corners down.
    const along = ((side - 17) * 14 + (v + 45) * -27) / 925;
    const across = ((side - 17) * 27 + (v + 45) * 14) / 30.4;
    const fold = bell((along - 0.5) / 0.55) * bell(across / 1.3);
    const drop = bell2(side, v, mouth.halfWidth + 4.5, mouth.y - 11, 1.6, 8);
    darken(surface, 1 - fold * (0.16 * aged + 0.14 * smile) - 0.14 * aged * drop);
  }

  #lips(u: number, v: number, side: number, smile: number, surface: Surface): void {
    const { mouth, skin, detailSeed } = this.#identity;
    const above = v - lipLine(mouth, u);
    const height = above >= 0 ? upperLipHeight(mouth, u) : lowerLipHeight(mouth, u);
    const soft = 0.9 - 0.35 * skin.lipstick;
    const red =
      smoothstep(height + soft * 0.8, height - soft, Math.abs(above)) *
      smoothstep(mouth.halfWidth + 0.6, mouth.halfWidth - 2.5, side);
    if (red > 0) {
      const { r, g, b, gloss } = surface;
      this.#lay(skin.melanin * 0.92 + 0.05, skin.haemoglobin + 1.75, surface);
      const upper = above > 0 ? 0.8 : 0.92;
      const creases = noise2(u * 0.85, above * 0.12, detailSeed + 91);
      const tone = upper * (1 + 0.09 * creases + 0.05 * noise2(u / 3, v / 3, detailSeed + 92));
      paint(surface, [skin.lipstickColour[0], skin.lipstickColour[1], skin.lipstickColour[2]], skin.lipstick * 0.7);
      surface.slopeX = 0.09 * creases * red * (1 - 0.5 * smile);
      surface.r = r + (surface.r * tone - r) * red;
      surface.g = g + (surface.g * tone - g) * red;
      surface.b = b + (surface.b * tone - b) * red;
      surface.gloss = gloss + (0.75 + 0.6 * skin.lipstick - gloss) * red;
    }
    // Where the lips meet, and the dimple of the corners.
    const line = bell(above / 0.75) * smoothstep(mouth.halfWidth + 2, mouth.halfWidth - 4, side);
    const corner = bell2(side, above, mouth.halfWidth - 0.3, 0, 2.4, 1.5);
    darken(surface, 1 - 0.72 * line - 0.5 * corner * (1 - line));
  }
}
