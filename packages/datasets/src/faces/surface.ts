/** What a material says about one place of a surface before it is lit; one object is reused for all samples. */
export interface Surface {
  /** Linear reflectance. */
  r: number;
  g: number;
  b: number;
  /** Slope of fine relief along the face's x and y, added to the normal. */
  slopeX: number;
  slopeY: number;
  /** Strength of the specular highlights; 1 for oily skin. */
  gloss: number;
  /** 1 for skin that scatters light below its surface, 0 for anything else. */
  scatter: number;
  /** Extra occlusion that the mesh is too coarse for, 0 (none) to 1. */
  hollow: number;
}

/** A surface with nothing on it. */
export function createSurface(): Surface {
  return { r: 0, g: 0, b: 0, slopeX: 0, slopeY: 0, gloss: 0, scatter: 0, hollow: 0 };
}

/** Mixes a colour into the reflectance by a share of 0 to 1. */
export function paint(surface: Surface, colour: readonly [number, number, number], share: number): void {
  surface.r += (colour[0] - surface.r) * share;
  surface.g += (colour[1] - surface.g) * share;
  surface.b += (colour[2] - surface.b) * share;
}

/** Multiplies the reflectance. */
export function darken(surface: Surface, factor: number): void {
  surface.r *= factor;
  surface.g *= factor;
  surface.b *= factor;
}
