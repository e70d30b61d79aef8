/**
 * Renders faces that do not exist: a person, a video of that person, a frame of that video. The order of work is pose and
 * expression, alignment, visibility, occlusion and shadow, materials and light, hair, then the camera.
 */
import { stream } from "@roga/tensor-utils/random";
import { canonicalLandmarks, type FivePoints, type Point } from "../image/landmarks.js";
import type { RgbImage } from "../image/image.js";
import { Background } from "./background.js";
import { EAR_VERTICES, writeEarNormals } from "./ears.js";
import { FaceRenderError } from "./errors.js";
import { ACTIONS } from "./head-mesh.js";
import { drawLightRig, type LightRig } from "./lighting.js";
import { drawMotion, type FrameState } from "./motion.js";
import { Occlusion } from "./occlusion.js";
import { type Person, personOf } from "./person.js";
import { skinReflectance } from "./pigments.js";
import { clearVisibility, createVisibility, rasterize, type Visibility } from "./raster.js";
import { drawSensor, expose, type Sensor } from "./sensor.js";
import { shade } from "./shade.js";
import { ShadowMap } from "./shadow.js";
import { fitSimilarity, poseRotation, projectPoints, projectToPlane, turnPoints, unturn } from "./view.js";

/** Which face to render. */
export interface FaceRequest {
  /** Seed of everything; an integer. Another seed is another population. */
  readonly seed: number;
  /** Who: an integer or a name. */
  readonly identity: number | string;
  /** Which video of that person: an integer or a name. Default 0. */
  readonly video?: number | string;
  /** Which frame of that video, 25 to the second; an integer from 0. */
  readonly frame: number;
  /** Side of the picture in pixels, an integer from 48 to 512. Default 128. */
  readonly size?: number;
}

/** A rendered face. */
export interface RenderedFace {
  /** The aligned crop, `size` x `size`, sRGB in 0..1. */
  readonly image: RgbImage;
  /** Where the five facial points are in the picture, in pixels: near `canonicalLandmarks(size)`, not on them. */
  readonly landmarks: FivePoints;
}

/** What is drawn once per video. */
interface Video {
  readonly rig: LightRig;
  readonly sensor: Sensor;
  readonly background: Background;
  readonly motion: (frame: number) => FrameState;
  readonly distance: number;
}

const KEPT_VIDEOS = 12;
const videos = new Map<string, Video>();

function videoOf(seed: number, identity: number | string, video: number | string, person: Person): Video {
  const key = JSON.stringify([seed, identity, video]);
  let found = videos.get(key);
  if (found) {
    videos.delete(key);
  } else {
    const random = stream(seed, "faces", "video", identity, video);
    const reflectance = new Float64Array(3);
    skinReflectance(person.identity.skin.melanin, person.identity.skin.haemoglobin, reflectance);
    const rig = drawLightRig(random.child("light"));
    found = {
      rig,
      sensor: drawSensor(random.child("sensor"), reflectance[1]!),
      background: new Background(random.child("background"), rig),
      motion: drawMotion(random.child("motion")),
      distance: random.child("distance").uniform(620, 1500),
    };
    if (videos.size >= KEPT_VIDEOS) videos.delete(videos.keys().next().value!);
  }
  videos.set(key, found);
  return found;
}

/** Arrays that every frame of one raster size can use again. */
interface Workspace {
  readonly visibility: Visibility;
  readonly occlusion: Occlusion;
  readonly radiance: Float32Array;
}

const workspaces = new Map<number, Workspace>();
const shadow = new ShadowMap();

function workspaceOf(size: number): Workspace {
  let found = workspaces.get(size);
  if (!found) {
    workspaces.clear();
    found = { visibility: createVisibility(size), occlusion: new Occlusion(size), radiance: new Float32Array(3 * size * size) };
    workspaces.set(size, found);
  }
  return found;
}

/**
 * Renders one frame.
 *
 * @throws FaceRenderError if a value is missing, of a wrong type or out of range
 */
export function renderFace(request: FaceRequest): RenderedFace {
  const { seed, identity, video, frame, size } = checked(request);
  const person = personOf(seed, identity);
  const recording = videoOf(seed, identity, video, person);
  const state = recording.motion(frame);
  // Several samples per pixel, so that small pictures are small views of the same raster.
  const samples = Math.max(2, Math.round(256 / size));
  const raster = size * samples;
  const work = workspaceOf(raster);

  const { mesh, head, body } = person;
  const count = mesh.scalp.length;
  const local = mesh.positions.slice();
  for (const action of ACTIONS) {
    const strength = state.expression.actions[action];
    const field = head.actions[action];
    if (strength === 0) continue;
    for (let i = 0; i < field.length; i++) local[i] = local[i]! + strength * field[i]!;
  }
  const rotation = poseRotation(state.pose);
  const turned = local.slice();
  turnPoints(turned, count, rotation, mesh.follow);
  const normals = new Float32Array(3 * count);
  head.writeNormals(turned, normals);
  const ears = head.mesh.scalp.length;
  writeEarNormals(turned, normals, ears);
  writeEarNormals(turned, normals, ears + EAR_VERTICES);
  body.writeNormals(turned, normals, ears + 2 * EAR_VERTICES);

  const { distance } = recording;
  const plane = person.anchors.map(({ vertex, dx, dy }): Point => {
    const at = 3 * vertex;
    return projectToPlane(
      distance,
      turned[at]! + rotation[0]! * dx + rotation[1]! * dy,
      turned[at + 1]! + rotation[3]! * dx + rotation[4]! * dy,
      turned[at + 2]!,
    );
  });
  const canonical = Object.values(canonicalLandmarks(256)) as Point[];
  const detected = plane.map((point, i): Point => [point[0] + state.jitter[2 * i]!, point[1] + state.jitter[2 * i + 1]!]);
  const fit = fitSimilarity(detected, canonical);
  const cropAt = (side: number) => ({ a: (fit.a * side) / 256, b: (fit.b * side) / 256, tx: (fit.tx * side) / 256, ty: (fit.ty * side) / 256 });
  const camera = { distance, crop: cropAt(raster) };

  const screen = new Float32Array(3 * count);
  projectPoints(camera, turned, count, screen);
  clearVisibility(work.visibility);
  rasterize(work.visibility, screen, mesh.triangles);
  work.occlusion.measure(work.visibility, raster / 256);
  shadow.draw(recording.rig.key, turned, count, person.shadowTriangles);

  const eye = new Float64Array(3);
  unturn(rotation, 0, 0, distance, eye);
  const { expression } = state;
  shade(
    {
      person,
      expression,
      rig: recording.rig,
      background: recording.background,
      camera,
      rotation,
      eyes: {
        lids: { blink: expression.blink, squint: expression.squint, gazeY: 12 * expression.gazeY },
        centres: person.eyeCentres,
        gazeX: expression.gazeX,
        gazeY: expression.gazeY,
        camera: eye,
        rotation,
        rig: recording.rig,
      },
      local,
      turned,
      normals,
      visibility: work.visibility,
      occlusion: work.occlusion,
      shadow,
    },
    work.radiance,
  );

  const pixels = downsample(work.radiance, size, samples);
  const noiseSeed = stream(seed, "faces", "frame", identity, video, frame).seed32() | 0;
  const crop = cropAt(size);
  const place = ([x, y]: Point): Point => [crop.a * x - crop.b * y + crop.tx, crop.b * x + crop.a * y + crop.ty];
  return {
    image: { width: size, height: size, data: expose(pixels, size, recording.sensor, noiseSeed) },
    landmarks: {
      leftEye: place(plane[0]!),
      rightEye: place(plane[1]!),
      noseTip: place(plane[2]!),
      leftMouth: place(plane[3]!),
      rightMouth: place(plane[4]!),
    },
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

const SMALLEST = 48;
const LARGEST = 512;

function checked(request: FaceRequest): Required<FaceRequest> {
  const { seed, identity, video = 0, frame, size = 128 } = request;
  const isName = (value: unknown): boolean => typeof value === "string" || Number.isSafeInteger(value);
  if (!Number.isSafeInteger(seed)) throw new FaceRenderError("seed", "expected a safe integer", seed);
  if (!isName(identity)) throw new FaceRenderError("identity", "expected a string or a safe integer", identity);
  if (!isName(video)) throw new FaceRenderError("video", "expected a string or a safe integer", video);
  if (!Number.isSafeInteger(frame) || frame < 0) throw new FaceRenderError("frame", "expected an integer from 0", frame);
  if (!Number.isInteger(size) || size < SMALLEST || size > LARGEST) {
    throw new FaceRenderError("size", `expected an integer from ${SMALLEST} to ${LARGEST}`, size);
  }
  return { seed, identity, video, frame, size };
}
