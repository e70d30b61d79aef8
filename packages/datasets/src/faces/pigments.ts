/**
 * Colour of skin and hair from their pigments: the linear-light reflectance as an exponential of pigment amounts.
 * The form (melanin and haemoglobin as the two axes of skin colour) follows Tsumura et al., "Image-based skin color and
 * texture analysis/synthesis by extracting hemoglobin and melanin information in the skin" (SIGGRAPH 2003); the
 * coefficients are fitted by eye to sRGB colours of skin and hair over the human range, not to spectra.
 */

/** Linear-light RGB. */
export type Colour = readonly [red: number, green: number, blue: number];

/**
 * Reflectance of skin.
 *
 * @param melanin 0 (palest) to 1 (darkest)
 * @param haemoglobin 1 for a cheek at rest; 0 is bloodless, 2.5 the red of lips
 * @param out receives linear red, green, blue in 0..1
 */
export function skinReflectance(melanin: number, haemoglobin: number, out: Float64Array): void {
  const blood = haemoglobin - 1;
  const thick = melanin * melanin;
  // Dark skin hides its blood: less light returns from below the melanin.
  const seen = blood * (1 - 0.45 * melanin);
  out[0] = 0.66 * Math.exp(-0.62 * melanin - 1.5 * thick - 0.05 * seen);
  out[1] = 0.46 * Math.exp(-1.12 * melanin - 1.2 * thick - 0.34 * seen);
  out[2] = 0.37 * Math.exp(-1.6 * melanin - 0.8 * thick - 0.3 * seen);
}

/**
 * Reflectance of hair.
 *
 * @param eumelanin 0 (white) to about 5 (black)
 * @param pheomelanin 0 to about 1.2 (red)
 * @param grey 0 to 1, share of unpigmented hair
 */
export function hairReflectance(eumelanin: number, pheomelanin: number, grey: number): Colour {
  const channel = (white: number, brown: number, red: number): number => {
    const pigmented = 0.007 + white * Math.exp(-brown * eumelanin - red * pheomelanin);
    return pigmented + grey * (0.85 * white - pigmented);
  };
  return [channel(0.58, 0.78, 0.2), channel(0.53, 0.98, 1.15), channel(0.45, 1.2, 2)];
}
