/** Puts a person in front of the camera: facial actions, the turn of the head, and the alignment of the crop. */
import { canonicalLandmarks, type FivePoints, type Point } from "../image/landmarks.js";
import { fitSimilarity, type Similarity } from "../image/similarity.js";
import { EAR_VERTICES, writeEarNormals } from "./ears.js";
import { ACTIONS } from "./head-mesh.js";
import type { FrameState } from "./motion.js";
import type { Person } from "./person.js";
import { poseRotation, projectToPlane, type Rotation, turnPoints } from "./view.js";

/** A person in the pose and with the expression of one frame. */
export interface Staged {
  readonly rotation: Rotation;
  /** Vertices before the head turns, after it, and their normals after it. */
  readonly local: Float32Array;
  readonly turned: Float32Array;
  readonly normals: Float32Array;
  /** From the plane of the face to a crop of the given side. */
  readonly cropAt: (side: number) => Similarity;
  /** The five points on a crop of the given side. */
  readonly landmarksAt: (side: number) => FivePoints;
}

/** Stages a person for a camera at `distance` mm. */
export function stage(person: Person, state: FrameState, distance: number): Staged {
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

  const plane = person.anchors.map(({ vertex, dx, dy }): Point => {
    const at = 3 * vertex;
    return projectToPlane(
      distance,
      turned[at]! + rotation[0]! * dx + rotation[1]! * dy,
      turned[at + 1]! + rotation[3]! * dx + rotation[4]! * dy,
      turned[at + 2]! + rotation[6]! * dx + rotation[7]! * dy,
    );
  });
  // The aligner fits what a detector found, which is never quite where the points are.
  const { jitter } = state;
  const detected = plane.map(([x, y], i): Point => [x + jitter[2 * i]!, y + jitter[2 * i + 1]!]);
  const { leftEye, rightEye, noseTip, leftMouth, rightMouth } = canonicalLandmarks(256);
  const fit = fitSimilarity(detected, [leftEye, rightEye, noseTip, leftMouth, rightMouth]);
  const cropAt = (side: number): Similarity => {
    const scale = side / 256;
    return { a: fit.a * scale, b: fit.b * scale, tx: fit.tx * scale, ty: fit.ty * scale };
  };
  const landmarksAt = (side: number): FivePoints => {
    const { a, b, tx, ty } = cropAt(side);
    const place = ([x, y]: Point): Point => [a * x - b * y + tx, b * x + a * y + ty];
    return {
      leftEye: place(plane[0]!),
      rightEye: place(plane[1]!),
      noseTip: place(plane[2]!),
      leftMouth: place(plane[3]!),
      rightMouth: place(plane[4]!),
    };
  };
  return { rotation, local, turned, normals, cropAt, landmarksAt };
}
