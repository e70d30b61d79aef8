/** Lights every visible sample of the head and body: finds its material, its normal and its share of light. */
import type { Background } from "./background.js";
import { paintCloth } from "./cloth.js";
import { clamp, smoothstep } from "./curves.js";
import type { EyeFrame } from "./eye.js";
import { irradiance, type LightRig, skinHighlight } from "./lighting.js";
import { COAT, Material } from "./mesh.js";
import type { Expression } from "./motion.js";
import { paintMouth } from "./mouth.js";
import type { Occlusion } from "./occlusion.js";
import type { Person } from "./person.js";
import type { Visibility } from "./raster.js";
import type { ShadowMap } from "./shadow.js";
import { createSurface } from "./surface.js";
import type { Camera, Rotation } from "./view.js";

/** All that the light of one frame depends on. */
interface Scene {
  readonly person: Person;
  readonly expression: Expression;
  readonly rig: LightRig;
  readonly background: Background;
  readonly camera: Camera;
  readonly rotation: Rotation;
  readonly eyes: EyeFrame;
  /** Vertices before the head turns, after it, and their normals after it. */
  readonly local: Float32Array;
  readonly turned: Float32Array;
  readonly normals: Float32Array;
  readonly visibility: Visibility;
  readonly occlusion: Occlusion;
  readonly shadow: ShadowMap;
}

/** Writes the linear radiance of every sample to `radiance`. */
export function shade(scene: Scene, radiance: Float32Array): void {
  const {
    person,
    expression,
    rig,
    background,
    camera,
    rotation: r,
    eyes,
    local,
    turned,
    normals,
    visibility,
    occlusion,
    shadow,
  } = scene;
  const { identity, mesh, head, skin } = person;
  const { face, coat, triangles, materials } = mesh;
  const { size, triangle, second, third } = visibility;
  const { smile, brow, jaw } = expression.actions;
  const surface = createSurface();
  const light = new Float64Array(3);
  const worn = new Float64Array(COAT);
  const blockDepth = new Float32Array((size >> 1) ** 2 + size).fill(Infinity);
  const blockLit = new Float32Array(blockDepth.length);
  const cutStart = head.cutRow * head.columns;
  const { a, b, tx, ty } = camera.crop;
  const norm = 1 / (a * a + b * b);

  for (let sample = 0; sample < size * size; sample++) {
    const t = triangle[sample]!;
    const x = sample % size;
    const y = (sample / size) | 0;
    const out = 3 * sample;
    if (t < 0) {
      // The background is smooth: a sample takes its neighbour's value where that was looked up already.
      const from =
        (x & 1) === 1 && triangle[sample - 1]! < 0 ? 1 : (y & 1) === 1 && triangle[sample - size]! < 0 ? size : 0;
      if (from > 0) {
        radiance[out] = radiance[out - 3 * from]!;
        radiance[out + 1] = radiance[out - 3 * from + 1]!;
        radiance[out + 2] = radiance[out - 3 * from + 2]!;
        continue;
      }
      const cx = x + 0.5 - tx;
      const cy = y + 0.5 - ty;
      background.read((a * cx + b * cy) * norm, -(a * cy - b * cx) * norm, radiance, out);
      continue;
    }
    const i = triangles[3 * t]!;
    const j = triangles[3 * t + 1]!;
    const k = triangles[3 * t + 2]!;
    const wj = second[sample]!;
    const wk = third[sample]!;
    const wi = 1 - wj - wk;
    const at = (values: Float32Array, stride: number, offset: number): number =>
      wi * values[stride * i + offset]! + wj * values[stride * j + offset]! + wk * values[stride * k + offset]!;

    const u = at(face, 2, 0);
    const v = at(face, 2, 1);
    const px = at(turned, 3, 0);
    const py = at(turned, 3, 1);
    const pz = at(turned, 3, 2);
    // Shadows are soft: the samples of a 2 x 2 block at about the same depth share one look-up.
    const block = (y >> 1) * (size >> 1) + (x >> 1);
    if (Math.abs(blockDepth[block]! - pz) > 3) {
      blockDepth[block] = pz;
      blockLit[block] = shadow.lit(px, py, pz, rig.softness);
    }
    const lit = blockLit[block]!;
    let open = occlusion.at(x, y);
    const material = materials[t]!;
    if (material === Material.skin) {
      for (let c = 0; c < COAT; c++) worn[c] = at(coat, COAT, c);
      skin.face(u, v, worn, brow, smile, surface);
      if (Math.abs(v) < 20 && u * u < 3000) {
        const lidShade = person.eyes.lids(u, v, eyes, surface);
        if (lidShade >= 0) {
          person.eyes.ball(u < 0 ? 0 : 1, at(local, 3, 0), at(local, 3, 1), at(local, 3, 2), lidShade, lit, open, eyes);
          radiance.set(person.eyes.radiance, out);
          continue;
        }
      }
    } else if (material === Material.ear) {
      skin.plain(0.45, surface);
      surface.hollow = 0.7 * smoothstep(2.4, -2.5, v);
    } else if (material === Material.mouth) {
      const column = i % head.columns;
      const upperEdge = local[3 * (cutStart + column) + 1]!;
      const lowerEdge = local[3 * (cutStart + head.columns + column) + 1]!;
      const height = at(local, 3, 1);
      paintMouth(identity, u, height, upperEdge - height, height - lowerEdge, jaw, surface);
    } else if (v < 0) {
      skin.plain(0, surface);
    } else {
      paintCloth(identity, u, v, surface);
    }

    let nx = at(normals, 3, 0) - surface.slopeX * r[0]! - surface.slopeY * r[1]!;
    let ny = at(normals, 3, 1) - surface.slopeX * r[3]! - surface.slopeY * r[4]!;
    let nz = at(normals, 3, 2) - surface.slopeX * r[6]! - surface.slopeY * r[7]!;
    const length = 1 / Math.sqrt(nx * nx + ny * ny + nz * nz);
    nx *= length;
    ny *= length;
    nz *= length;
    open *= 1 - surface.hollow;
    irradiance(rig, nx, ny, nz, lit, open, surface.scatter, light);
    const shine = surface.gloss * lit * skinHighlight(rig, nx, ny, nz);
    // Skin reflects its surroundings where it is seen at a grazing angle.
    const sheen = 0.3 * surface.gloss * open * clamp(1 - nz, 0, 1) ** 3;
    radiance[out] = surface.r * light[0]! + shine * rig.keyColour[0] + sheen * rig.sky[0];
    radiance[out + 1] = surface.g * light[1]! + shine * rig.keyColour[1] + sheen * rig.sky[1];
    radiance[out + 2] = surface.b * light[2]! + shine * rig.keyColour[2] + sheen * rig.sky[2];
  }
}
