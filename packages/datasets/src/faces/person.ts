/** Everything that is built once per person: traits, meshes, materials and hair, with the last few people kept at hand. */
import { stream } from "@roga/tensor-utils/random";
import { growBeard } from "./beard.js";
import { type Body, buildBody } from "./body.js";
import { drawIdentity } from "./draw-identity.js";
import { buildEars } from "./ears.js";
import { Eyes } from "./eye.js";
import { buildGlasses } from "./glasses.js";
import { buildHead, type HeadMesh } from "./head-mesh.js";
import type { FaceIdentity } from "./identity.js";
import { lipLine } from "./lip-shape.js";
import { joinMeshes, type Mesh } from "./mesh.js";
import { Skin } from "./skin.js";
import { growHair, type Strands } from "./strands.js";

/** A vertex and the offset in mm from it that hold one of the five facial points. */
interface Anchor {
  readonly vertex: number;
  readonly dx: number;
  readonly dy: number;
}

/** A person, ready to be rendered. */
export interface Person {
  readonly identity: FaceIdentity;
  readonly head: HeadMesh;
  readonly body: Body;
  /** Head, left ear, right ear, body. */
  readonly mesh: Mesh;
  /** Every second row and column of the head: enough for its shadow. */
  readonly shadowTriangles: Uint32Array;
  readonly skin: Skin;
  readonly eyes: Eyes;
  /** Beard, spectacles and hair, in the order in which they are drawn. */
  readonly strands: readonly Strands[];
  /** Left eye, right eye, nose tip, left and right mouth corner. */
  readonly anchors: readonly Anchor[];
  /** Centres of the eyeballs at rest, left of the picture first. */
  readonly eyeCentres: readonly (readonly [number, number, number])[];
}

function buildPerson(identity: FaceIdentity): Person {
  const head = buildHead(identity);
  const body = buildBody(identity);
  const mesh = joinMeshes([head.mesh, ...buildEars(identity, 70.5 * identity.head.cheekWidth), body.mesh]);
  const { eyes, nose, mouth } = identity;
  const corner = mouth.halfWidth - 0.4;
  const anchors = [
    anchorAt(head, -eyes.x, 0),
    anchorAt(head, eyes.x, 0),
    anchorAt(head, nose.bend * 0.3, nose.tipY),
    anchorAt(head, -corner, lipLine(mouth, -corner)),
    anchorAt(head, corner, lipLine(mouth, corner)),
  ];
  const eyeCentres = anchors.slice(0, 2).map(({ vertex, dx, dy }) => {
    const at = 3 * vertex;
    return [head.mesh.positions[at]! + dx, head.mesh.positions[at + 1]! + dy, head.eyeZ] as const;
  });
  const beard = growBeard(identity, head);
  const hair = growHair(identity);
  const frame = identity.glasses ? buildGlasses(identity.glasses, head.eyeZ) : undefined;
  return {
    identity,
    head,
    body,
    mesh,
    shadowTriangles: coarseTriangles(head),
    skin: new Skin(identity),
    eyes: new Eyes(identity),
    strands: [beard, frame, hair].filter((strands) => strands !== undefined),
    anchors,
    eyeCentres,
  };
}

/** The place of the head with face coordinates (u, v). */
function anchorAt(head: HeadMesh, u: number, v: number): Anchor {
  const { face, positions } = head.mesh;
  let vertex = 0;
  let nearest = Infinity;
  for (let i = 0; i < face.length / 2; i++) {
    const distance = (face[2 * i]! - u) ** 2 + (face[2 * i + 1]! - v) ** 2;
    if (distance < nearest && positions[3 * i + 2]! > -60) {
      nearest = distance;
      vertex = i;
    }
  }
  return { vertex, dx: u - face[2 * vertex]!, dy: v - face[2 * vertex + 1]! };
}

function coarseTriangles({ rows, columns }: HeadMesh): Uint32Array {
  const indices: number[] = [];
  for (let row = 0; row + 2 < rows; row += 2) {
    for (let column = 0; column + 2 < columns; column += 2) {
      const a = row * columns + column;
      const b = a + 2 * columns;
      indices.push(a, b, a + 2, a + 2, b, b + 2);
    }
  }
  return Uint32Array.from(indices);
}

/** People kept: building one takes longer than rendering a frame, and videos ask for the same one again and again. */
const KEPT = 4;
const people = new Map<string, Person>();

/** The person of a seed and an identity; the same inputs always give an equal person. */
export function personOf(seed: number, identity: number | string): Person {
  const key = JSON.stringify([seed, identity]);
  let person = people.get(key);
  if (person) {
    people.delete(key);
  } else {
    person = buildPerson(drawIdentity(stream(seed, "faces", "identity", identity)));
    if (people.size >= KEPT) people.delete(people.keys().next().value!);
  }
  people.set(key, person);
  return person;
}
