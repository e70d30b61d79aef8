/**
 * Renders faces that do not exist: a person, a video of that person, a frame of that video. The order of work is pose and
 * expression, alignment, visibility, occlusion and shadow, materials and light, hair, then the camera.
 */
import { stream } from "@roga/tensor-utils/random";
import type { RgbImage } from "../image/image.js";
import type { FivePoints } from "../image/landmarks.js";
import { Occlusion } from "./occlusion.js";
import { personOf } from "./person.js";
import { castHair, placeStrands } from "./place-strands.js";
import { clearVisibility, createVisibility, rasterize, type Visibility } from "./raster.js";
import { checkRequest, type FaceRequest } from "./request.js";
import { drawStrands, lightStrands } from "./ribbons.js";
import { expose } from "./sensor.js";
import { shade } from "./shade.js";
import { ShadowMap } from "./shadow.js";
import { stage } from "./stage.js";
import { videoOf } from "./video.js";
import { projectPoints, unturn } from "./view.js";

/** A rendered face. */
export interface RenderedFace {
  /** The aligned crop, `size` x `size`, sRGB in 0..1. */
  readonly image: RgbImage;
  /** Where the five facial points are in the picture, in pixels: near `canonicalLandmarks(size)`, not on them. */
  readonly landmarks: FivePoints;
}

/** Arrays that every frame of one raster size uses again. */
interface Workspace {
  readonly size: number;
  readonly visibility: Visibility;
  readonly occlusion: Occlusion;
  readonly radiance: Float32Array;
}

const shadow = new ShadowMap();
let workspace: Workspace | undefined;

function workspaceOf(size: number): Workspace {
  if (workspace?.size !== size) {
    workspace = {
      size,
      visibility: createVisibility(size),
      occlusion: new Occlusion(size),
      radiance: new Float32Array(3 * size * size),
    };
  }
  return workspace;
}

/**
 * Renders one frame of a video of a person as an aligned crop, as a face detector and DeepfakeBench's aligner would
 * deliver it: eyes, nose and mouth near their canonical places (within 9/256 of the side, the nose tip of a turned head
 * within 12/256), hair and chin in the picture, a little background around.
 *
 * The seed and identity decide the person; the video decides light, camera and background; the frame decides pose,
 * expression and noise, all continuous in time but the noise. The same request always gives the same picture on one
 * machine; on others the last bits of `Math.exp` and the like may differ. There is no compression: apply it after.
 *
 * @throws FaceRenderError if a value is missing, of a wrong type or out of range
 * @example
 * ```ts
 * const { image, landmarks } = renderFace({ seed: 7, identity: "ada", video: 1, frame: 12, size: 128 });
 * ```
 */
export function renderFace(request: FaceRequest): RenderedFace {
  const { seed, identity, video, frame, size } = checkRequest(request);
  const person = personOf(seed, identity);
  const { rig, sensor, background, motion, distance } = videoOf(seed, identity, video, person);
  const state = motion(frame);
  const { rotation, local, turned, normals, cropAt, landmarksAt } = stage(person, state, distance);

  // Several samples per pixel, so that small pictures are small views of the same raster.
  const samples = Math.max(2, Math.round(256 / size));
  const raster = size * samples;
  const { visibility, occlusion, radiance } = workspaceOf(raster);
  const { mesh } = person;
  const count = mesh.follow.length;
  const camera = { distance, crop: cropAt(raster) };
  const screen = new Float32Array(3 * count);
  projectPoints(camera, turned, count, screen);
  clearVisibility(visibility);
  rasterize(visibility, screen, mesh.triangles);
  occlusion.read(visibility);
  shadow.draw(rig.key, turned, count, person.shadowTriangles);
  const hair = person.strands.map((strands) => placeStrands(strands, mesh.positions, local, rotation, camera));
  for (const placed of hair) castHair(placed, occlusion, shadow);
  shadow.settleHair();
  occlusion.measure(raster / 256);

  const { expression } = state;
  const eyes = {
    lids: { blink: expression.blink, squint: expression.squint, gazeY: 12 * expression.gazeY },
    centres: person.eyeCentres,
    gazeX: expression.gazeX,
    gazeY: expression.gazeY,
    camera: new Float64Array(3),
    rotation,
    rig,
  };
  unturn(rotation, 0, 0, distance, eyes.camera);
  const scene = { person, expression, rig, background, camera, rotation, eyes, local, turned, normals };
  shade({ ...scene, visibility, occlusion, shadow }, radiance);
  for (const placed of hair) {
    const lit = lightStrands(placed, rig, shadow);
    drawStrands(placed, lit, radiance, visibility.depth, raster);
  }

  const noiseSeed = stream(seed, "faces", "frame", identity, video, frame).seed32() | 0;
  const pixels = downsample(radiance, size, samples);
  return {
    image: { width: size, height: size, data: expose(pixels, size, sensor, noiseSeed) },
    landmarks: landmarksAt(size),
  };
}

/** The mean of each `samples` x `samples` block. */
function downsample(radiance: Float32Array, size: number, samples: number): Float32Array {
  const pixels = new Float32Array(3 * size * size);
  const stride = 3 * size * samples;
  const share = 1 / (samples * samples);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let j = 0; j < samples; j++) {
          const row = (y * samples + j) * stride + 3 * x * samples + c;
          for (let i = 0; i < samples; i++) sum += radiance[row + 3 * i]!;
        }
        pixels[3 * (y * size + x) + c] = sum * share;
      }
    }
  }
  return pixels;
}
