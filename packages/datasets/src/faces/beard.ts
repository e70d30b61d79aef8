/** Beard and moustache as strands rooted in the face, so that they move with it. */
import { beardDensity } from "./beard-region.js";
import { mix, smoothstep } from "./curves.js";
import type { HeadMesh } from "./head-mesh.js";
import type { FaceIdentity } from "./identity.js";
import { hash2 } from "./noise.js";
import { normalize } from "./skull.js";
import { collect, type Lock, type Strands } from "./strands.js";

/** The beard of a person, if there is one beyond stubble. */
export function growBeard(identity: FaceIdentity, head: HeadMesh): Strands | undefined {
  const { hair, mouth } = identity;
  if (hair.beard === "none" || hair.beard === "stubble") return undefined;
  const { positions, face } = head.mesh;
  const seed = hair.seed + 17;
  const locks: Lock[] = [];
  const points = 4;
  for (let vertex = 0; vertex < face.length / 2; vertex++) {
    const u = face[2 * vertex]!;
    const v = face[2 * vertex + 1]!;
    if (v > -15 || v < -150 || positions[3 * vertex + 2]! < -95) continue;
    const density = beardDensity(hair.beard, mouth, u, v);
    if (density < 0.1) continue;
    const random = (draw: number): number => hash2(vertex, draw, seed);
    const near = Math.abs(u) < 34 && v > mouth.y - 30;
    if (random(0) > density * (near ? 0.55 : 0.8)) continue;
    const upperLip = v > mouth.y && Math.abs(u) < mouth.halfWidth + 8;
    const length =
      hair.beardLength * (upperLip ? 0.55 : near ? 0.7 : 1) * mix(0.6, 1.1, random(1)) * mix(0.45, 1, density);
    const side = Math.sign(u) * smoothstep(0, 22, Math.abs(u));
    const sway = random(2) - 0.5;
    const way: [number, number, number] = upperLip
      ? [0.75 * side + 0.35 * sway, -0.75, 0.35]
      : [0.1 * side + 0.55 * sway, -1, 0.4 + 0.35 * (random(3) - 0.5)];
    normalize(way);
    const lock = new Float32Array(3 * points);
    const openness = new Float32Array(points);
    const outward = new Float32Array(3 * points);
    const facing: [number, number, number] = [
      positions[3 * vertex]! * 0.016,
      upperLip ? 0.1 : 0.012 * (v - mouth.y),
      1,
    ];
    normalize(facing);
    for (let k = 0; k < points; k++) {
      const walked = (length * k) / (points - 1);
      const bend = (walked * walked) / (length * 2.4 + 4);
      lock[3 * k] =
        positions[3 * vertex]! +
        way[0] * walked +
        0.35 * hair.curl * Math.sin(walked * 0.7 + 6 * random(4)) * (k / points);
      lock[3 * k + 1] = positions[3 * vertex + 1]! + way[1] * walked;
      lock[3 * k + 2] = positions[3 * vertex + 2]! + 0.4 + way[2] * walked - bend * 0.6;
      openness[k] = mix(0.42, 1, k / (points - 1));
      outward.set(facing, 3 * k);
    }
    const tone = mix(0.75, 1.3, random(5));
    locks.push({
      points: lock,
      openness,
      outward,
      halfWidth: mix(0.42, 0.68, random(6)),
      tone,
      anchor: vertex,
      order: -v,
    });
  }
  return collect(locks, points, hair.beardColour, 0.25);
}
