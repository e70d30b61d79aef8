/** How each hair style is combed: the direction, length, lift and fall of a lock from the place of its root. */
import { mix, smoothstep } from "./curves.js";
import type { HairTraits } from "./hair-traits.js";

/** What is the same for all locks of a head. */
export interface Combing {
  readonly count: number;
  readonly halfWidth: number;
  readonly volume: number;
  readonly disorder: number;
  readonly gloss: number;
  readonly parted: boolean;
  /** How far from the midline long hair hangs beside the face, in mm. */
  readonly curtain: number;
}

/** How one lock grows. */
interface Way {
  /** Along the scalp, before the lift. */
  readonly direction: readonly [number, number, number];
  readonly length: number;
  /** How steeply it leaves the scalp: 0 flat, 1 at 45 degrees. */
  readonly lift: number;
  /** Bend downwards in radians per mm. */
  readonly gravity: number;
  /** Share by which every 8 mm bring a lock back to its height over the scalp. */
  readonly cling: number;
  readonly overEars: boolean;
  readonly clearFace: boolean;
  /** How much the tip turns towards the neck. */
  readonly tuck: number;
  /** Drawn over its neighbours: a fringe. */
  readonly inFront: boolean;
}

/** The combing of a person's hair. */
export function combingOf(hair: HairTraits): Combing {
  const long = hair.style === "long" || hair.style === "bob";
  const coiled = hair.curl > 2.8;
  const count = {
    bald: 380,
    buzz: 2600,
    crop: 1500,
    parted: 1150,
    swept: 1150,
    curly: 1150,
    bob: 950,
    long: 950,
    tied: 1000,
  }[hair.style];
  return {
    count: hair.style === "curly" && coiled ? 1500 : count,
    halfWidth:
      hair.style === "buzz" || hair.style === "bald" ? 0.55 : hair.style === "crop" ? 1.1 : coiled ? 1.15 : 1.7,
    volume: hair.volume,
    disorder: hair.disorder * (long || hair.style === "tied" ? 0.45 : 0.8),
    gloss: (coiled ? 0.45 : 1) * (hair.style === "buzz" ? 0.2 : hair.style === "crop" ? 0.6 : 1),
    parted: hair.style === "parted" || long,
    curtain: 57 + 10 * (((hair.seed >>> 8) & 255) / 255),
  };
}

/** The whorl of the crown, from which short hair grows away, and the knot that tied hair runs to. */
const WHORL = [12, 104, -132] as const;
const KNOT = [0, 62, -190] as const;

/**
 * How the lock with its root at `p` grows.
 *
 * @param normal outward direction of the scalp there
 * @param angle around the head in radians, 0 in front
 * @param chance a uniform number of the lock's own
 * @param above height over the hairline in mm
 */
export function combAt(
  hair: HairTraits,
  combing: Combing,
  p: readonly [number, number, number],
  normal: readonly [number, number, number],
  angle: number,
  chance: number,
  above: number,
): Way {
  const { style, length, parting } = hair;
  const front = smoothstep(0.9, 0.35, Math.abs(angle)) * smoothstep(45, 62, p[1]);
  const along = (x: number, y: number, z: number): readonly [number, number, number] => {
    const off = x * normal[0] + y * normal[1] + z * normal[2];
    const [tx, ty, tz] = [x - off * normal[0], y - off * normal[1], z - off * normal[2]];
    const size = Math.sqrt(tx * tx + ty * ty + tz * tz) + 1e-6;
    return [tx / size, ty / size, tz / size];
  };
  const whorl = along(p[0] - WHORL[0], p[1] - WHORL[1], p[2] - WHORL[2]);
  const still = { gravity: 0, cling: 0, overEars: false, clearFace: false, tuck: 0, inFront: false };
  const sides = smoothstep(62, 30, p[1]);
  switch (style) {
    case "bald":
    case "buzz":
      return { ...still, direction: whorl, length: style === "bald" ? 6 : length, lift: 0.9 };
    case "crop": {
      // Short at the sides, longer on top; the front is brushed to one side and a little up.
      const brushed = along(Math.sign(parting) * -0.8, 0.1, 0.5);
      const direction = [0, 1, 2].map((i) => mix(whorl[i]!, brushed[i]!, 0.75 * front)) as [number, number, number];
      return {
        ...still,
        direction,
        length: length * mix(1, 0.42, sides),
        lift: mix(0.55, 0.3, sides) + 0.45 * front,
        gravity: 0.012,
      };
    }
    case "parted": {
      const side = Math.sign(p[0] - parting) || 1;
      const across = along(side, -0.15, -0.35 - 0.4 * front);
      const direction = [0, 1, 2].map((i) => mix(across[i]!, whorl[i]!, 0.8 * sides)) as [number, number, number];
      const near = Math.exp(-(((p[0] - parting) / 12) ** 2));
      return {
        ...still,
        direction,
        length: length * mix(1, 0.34, sides),
        lift: mix(0.5 + 0.3 * front, 0.16, Math.max(sides, 0.6 * near)),
        gravity: 0.012,
        cling: 0.3,
      };
    }
    case "swept": {
      const back = along(0.25 * Math.sign(p[0]) - 0.2 * Math.sign(parting), 0.2, -1);
      return {
        ...still,
        direction: back,
        length: length * mix(1, 0.45, sides),
        lift: 0.3 + 0.75 * front * (1 - sides),
        gravity: 0.006,
        cling: 0.22,
      };
    }
    case "curly":
      return {
        ...still,
        direction: whorl,
        length: length * mix(1, 0.6, sides) * (above < 12 ? 0.75 : 1),
        lift: 0.95,
        gravity: hair.curl > 5 ? 0.016 : 0.004,
        overEars: hair.curl > 5,
        clearFace: hair.length > 60,
      };
    case "tied":
      return {
        ...still,
        direction: along(KNOT[0] - p[0], KNOT[1] - p[1], KNOT[2] - p[2]),
        length,
        lift: 0.06,
        gravity: 0.004,
        cling: 0.6,
      };
    case "bob":
    case "long": {
      if (hair.fringe > 0 && front > 0.35 && p[1] < 94) {
        const direction = along(0.012 * p[0] + 0.3 * (chance - 0.5), -0.3, 1);
        return {
          direction,
          length: 58 + 0.42 * (p[1] - 68),
          lift: 0.35,
          gravity: 0.03,
          cling: 0.25,
          overEars: false,
          clearFace: false,
          tuck: 0,
          inFront: true,
        };
      }
      const side = Math.sign(p[0] - parting * smoothstep(-150, -60, p[2])) || 1;
      const direction = along(side, -0.5, -0.3 - 0.25 * front);
      return {
        direction,
        length: length + (style === "long" ? 0 : 0.6 * (p[1] - 60)),
        lift: 0.28 + 0.012 * combing.volume * front,
        gravity: 0.022,
        cling: 0.16 * smoothstep(-60, 30, p[1]),
        overEars: true,
        clearFace: true,
        tuck: style === "bob" ? 2.2 : 0,
        inFront: false,
      };
    }
  }
}
