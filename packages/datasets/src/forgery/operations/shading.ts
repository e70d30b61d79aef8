/**
 * A first-order change of lighting: a luminance gain that is linear in the position on the face, as the first spherical
 * harmonics give on a frontal face (Ramamoorthi, Hanrahan, SIGGRAPH 2001).
 */
import { type FaceFrame, toFrame } from "./face-frame.js";
import { channelsOf, type Raster, zeros } from "./raster.js";

/**
 * The raster times 1 + amplitude · (position along `angle`), positions in eye distances from the nose.
 * @param angle Radians; 0 lights the right of the picture, pi / 2 the bottom.
 */
export function relight(raster: Raster, frame: FaceFrame, amplitude: number, angle: number): Raster {
  const { width, height, data } = raster;
  const channels = channelsOf(raster);
  const [m0, m1, m2, m3] = toFrame(frame);
  const alongA = amplitude * Math.cos(angle);
  const alongB = amplitude * Math.sin(angle);
  const output = zeros(width, height, channels);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const dx = x - frame.origin[0];
      const dy = y - frame.origin[1];
      const gain = 1 + alongA * (m0 * dx + m1 * dy) + alongB * (m2 * dx + m3 * dy - 0.6);
      for (let c = 0; c < channels; c++, i++) output.data[i] = data[i]! * gain;
    }
  }
  return output;
}
