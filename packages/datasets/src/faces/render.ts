/**
 * Renders faces that do not exist: a person, a video of that person, a frame of that video. The order of work is pose and
 * expression, alignment, visibility, occlusion and shadow, materials and light, hair, then the camera.
 */
import { stream } from "@roga/tensor-utils/random";
import type { RgbImage } from "../image/image.js";
import { canonicalLandmarks, type FivePoints, type Point } from "../image/landmarks.js";
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
import { drawStrands, lightStrands } from "./ribbons.js";
import { drawSensor, expose, type Sensor } from "./sensor.js";
import { shade } from "./shade.js";
import { ShadowMap } from "./shadow.js";
import type { Strands } from "./strands.js";
import {
  type Camera,
  fitSimilarity,
  poseRotation,
  projectPoints,
  projectToPlane,
  type Rotation,
  turnPoints,
  unturn,
} from "./view.js";

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
    found = {
      visibility: createVisibility(size),
      occlusion: new Occlusion(size),
      radiance: new Float32Array(3 * size * size),
    };
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
  const count = mesh.follow.length;
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
  const ears = head.mesh.follow.length;
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
  const detected = plane.map(
    (point, i): Point => [point[0] + state.jitter[2 * i]!, point[1] + state.jitter[2 * i + 1]!],
  );
  const fit = fitSimilarity(detected, canonical);
  const cropAt = (side: number) => ({
    a: (fit.a * side) / 256,
    b: (fit.b * side) / 256,
    tx: (fit.tx * side) / 256,
    ty: (fit.ty * side) / 256,
  });
  const camera = { distance, crop: cropAt(raster) };

  const screen = new Float32Array(3 * count);
  projectPoints(camera, turned, count, screen);
  clearVisibility(work.visibility);
  rasterize(work.visibility, screen, mesh.triangles);
  work.occlusion.read(work.visibility);
  shadow.draw(recording.rig.key, turned, count, person.shadowTriangles);
  const hair = person.strands.map((strands) => placeStrands(strands, mesh.positions, local, rotation, camera));
  for (const placed of hair) {
    castHair(placed, work.occlusion, shadow);
  }
  work.occlusion.measure(raster / 256);

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

  for (const { strands, turned: points, outward, screen: places } of hair) {
    const lit = lightStrands(strands, points, outward, recording.rig, shadow);
    drawStrands({ strands, screen: places, radiance: lit }, work.radiance, work.visibility.depth, raster, raster / 256);
  }

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

interface PlacedStrands {
  readonly strands: Strands;
  readonly turned: Float32Array;
  readonly outward: Float32Array;
  readonly screen: Float32Array;
}

/** Moves strands with the skin that they grow on and with the head, and projects them. */
function placeStrands(
  strands: Strands,
  rest: Float32Array,
  local: Float32Array,
  rotation: Rotation,
  camera: Camera,
): PlacedStrands {
  const { count, points, positions, anchors } = strands;
  const turned = positions.slice();
  for (let strand = 0; strand < count; strand++) {
    const vertex = 3 * anchors[strand]!;
    if (vertex < 0) continue;
    for (let axis = 0; axis < 3; axis++) {
      const moved = local[vertex + axis]! - rest[vertex + axis]!;
      if (moved === 0) continue;
      for (let k = 0; k < points; k++) {
        const at = 3 * (strand * points + k) + axis;
        turned[at] = turned[at]! + moved;
      }
    }
  }
  turnPoints(turned, count * points, rotation);
  const outward = new Float32Array(turned.length);
  for (let at = 0; at < turned.length; at += 3) {
    const [x, y, z] = [strands.outward[at]!, strands.outward[at + 1]!, strands.outward[at + 2]!];
    for (let axis = 0; axis < 3; axis++) {
      outward[at + axis] = rotation[3 * axis]! * x + rotation[3 * axis + 1]! * y + rotation[3 * axis + 2]! * z;
    }
  }
  const screen = new Float32Array(turned.length);
  projectPoints(camera, turned, count * points, screen);
  return { strands, turned, outward, screen };
}

/** Tells the ambient occlusion and the shadow map where hair is. */
function castHair({ strands, turned, screen }: PlacedStrands, occlusion: Occlusion, map: ShadowMap): void {
  const { count, points, halfWidths } = strands;
  for (let strand = 0; strand < count; strand++) {
    for (let k = 0; k + 1 < points; k++) {
      const at = 3 * (strand * points + k);
      occlusion.cover(screen[at]!, screen[at + 1]!, screen[at + 2]!);
      const [x, y, z] = [turned[at]!, turned[at + 1]!, turned[at + 2]!];
      const [dx, dy, dz] = [turned[at + 3]! - x, turned[at + 4]! - y, turned[at + 5]! - z];
      // Two pieces per segment, so that long segments leave no holes.
      const area = Math.sqrt(dx * dx + dy * dy + dz * dz) * halfWidths[strand]!;
      map.addHair(x + 0.25 * dx, y + 0.25 * dy, z + 0.25 * dz, area);
      map.addHair(x + 0.75 * dx, y + 0.75 * dy, z + 0.75 * dz, area);
    }
  }
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
  if (!Number.isSafeInteger(frame) || frame < 0)
    throw new FaceRenderError("frame", "expected an integer from 0", frame);
  if (!Number.isInteger(size) || size < SMALLEST || size > LARGEST) {
    throw new FaceRenderError("size", `expected an integer from ${SMALLEST} to ${LARGEST}`, size);
  }
  return { seed, identity, video, frame, size };
}
