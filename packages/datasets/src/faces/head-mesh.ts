/**
 * The mesh of a head: the lofted skull with the relief of the face, cut open along the lips, and the displacement of
 * each vertex per unit of every facial action (`motion.ts` says how far each one goes). Built once per person.
 */
import { writeCoat } from "./coat.js";
import { bell, bell2, mix, smoothstep } from "./curves.js";
import { FaceRelief } from "./features.js";
import { HeadSurface, meshColumns, meshRows } from "./head.js";
import type { FaceIdentity } from "./identity.js";
import { lipLine } from "./lip-shape.js";
import { COAT, gridNormals, gridTriangles, Material, type Mesh } from "./mesh.js";
import { noise2 } from "./noise.js";

/** Facial actions that move the mesh; the lids move in the material instead. */
export const ACTIONS = ["smile", "jaw", "part", "brow"] as const;

/** A facial action that moves the mesh. */
export type Action = (typeof ACTIONS)[number];

/** A head's mesh with what animates it. */
export interface HeadMesh {
  readonly mesh: Mesh;
  readonly rows: number;
  readonly columns: number;
  /** Angle around the vertical axis of each column, radians, and row parameter of each row. */
  readonly columnAngles: readonly number[];
  /** Row of the upper copy of the cut between the lips; the lower copy is the next row. */
  readonly cutRow: number;
  /** Displacements x, y, z of each vertex at full strength of each action, in mm. */
  readonly actions: Readonly<Record<Action, Float32Array>>;
  /** Depth of the centres of the eyeballs. */
  readonly eyeZ: number;
  /** Writes the normals of deformed `positions` of this mesh. */
  readonly writeNormals: (positions: Float32Array, normals: Float32Array) => void;
}

/** Builds the head of a person. */
export function buildHead(identity: FaceIdentity): HeadMesh {
  const surface = new HeadSurface(identity);
  const { rows: plainRows, mouthRow } = meshRows();
  const rowParameters = [...plainRows.slice(0, mouthRow + 1), ...plainRows.slice(mouthRow)];
  const angles = meshColumns();
  const rows = rowParameters.length;
  const columns = angles.length;
  const count = rows * columns;
  const { mouth, eyes, head } = identity;

  const bare = new Float64Array(3);
  const relief = new FaceRelief(identity, bareDepth(surface, eyes.x, 0));
  const positions = new Float32Array(3 * count);
  const face = new Float32Array(2 * count);
  const coat = new Float32Array(COAT * count);
  const follow = new Float32Array(count);
  const cut: boolean[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const index = row * columns + column;
      const angle = angles[column]!;
      surface.at(rowParameters[row]!, angle, bare);
      const [x, z] = [bare[0]!, bare[2]!];
      let y = bare[1]!;
      const front = smoothstep(0.12, 0.4, Math.cos(angle));
      // Rows near the mouth bend to the lip line, so that the cut and the red of the lips follow it.
      const inMouth = Math.abs(x) < mouth.halfWidth;
      if (front > 0) {
        const side = 1 - smoothstep(mouth.halfWidth, mouth.halfWidth + 9, Math.abs(x));
        y += (lipLine(mouth, x) - mouth.y) * side * bell((y - mouth.y) / 9);
        if (row === mouthRow || row === mouthRow + 1) y = mix(y, lipLine(mouth, x), side);
      }
      if (row === mouthRow) cut[column] = inMouth && front === 1;
      const u = x + 0.9 * noise2(x / 42, y / 42, head.asymmetrySeed);
      const v = y + 0.8 * noise2(x / 38 + 9, y / 38, head.asymmetrySeed);
      positions[3 * index] = x;
      positions[3 * index + 1] = y;
      positions[3 * index + 2] = front > 0 ? z + front * relief.at(u, v, z) : z;
      // Unrolled behind the silhouette, so that front and back of the head never share coordinates.
      face[2 * index] = Math.cos(angle) >= 0 ? u : Math.sign(x) * (150 - Math.abs(u));
      face[2 * index + 1] = v;
      writeCoat(identity, face[2 * index]!, v, angle, y, coat, COAT * index);
      follow[index] = smoothstep(-172, -118, y);
    }
  }

  const above = (row: number, column: number): number =>
    row === mouthRow + 1 ? (cut[column] ? row : row - 2) : Math.max(0, row - 1);
  const below = (row: number, column: number): number =>
    row === mouthRow ? (cut[column] ? row : row + 2) : Math.min(rows - 1, row + 1);
  const inStrip = (row: number): boolean => row === mouthRow;
  const skin = gridTriangles(rows, columns, (row) => !inStrip(row));
  const strip = gridTriangles(rows, columns, (row, column) => inStrip(row) && (cut[column]! || cut[column + 1]!));
  const triangles = new Uint32Array(skin.length + strip.length);
  triangles.set(skin);
  triangles.set(strip, skin.length);
  const materials = new Uint8Array(triangles.length / 3).fill(Material.skin);
  materials.fill(Material.mouth, skin.length / 3);

  return {
    mesh: { positions, face, coat, follow, triangles, materials },
    rows,
    columns,
    columnAngles: angles,
    cutRow: mouthRow,
    actions: buildActions(identity, positions, face, (index) => Math.floor(index / columns) <= mouthRow),
    eyeZ: relief.eyeZ,
    writeNormals: (moved, normals) => gridNormals(moved, normals, 0, rows, columns, above, below),
  };
}

/** Depth of the bare surface at frontal (x, y), by stepping along the row that passes there. */
function bareDepth(surface: HeadSurface, x: number, y: number): number {
  const point = new Float64Array(3);
  let row = 7;
  let angle = 0.4;
  for (let step = 0; step < 24; step++) {
    surface.at(row, angle, point);
    angle += (x - point[0]!) / 80;
    row += (point[1]! - y) / 20;
  }
  return point[2]!;
}

/** The displacement fields of all actions. */
function buildActions(
  identity: FaceIdentity,
  positions: Float32Array,
  face: Float32Array,
  isAbove: (index: number) => boolean,
): Record<Action, Float32Array> {
  const { mouth, brows, skin } = identity;
  const count = face.length / 2;
  const actions = {
    smile: new Float32Array(3 * count),
    jaw: new Float32Array(3 * count),
    part: new Float32Array(3 * count),
    brow: new Float32Array(3 * count),
  };
  const add = (field: Float32Array, index: number, dx: number, dy: number, dz: number): void => {
    field[3 * index] = field[3 * index]! + dx;
    field[3 * index + 1] = field[3 * index + 1]! + dy;
    field[3 * index + 2] = field[3 * index + 2]! + dz;
  };
  for (let index = 0; index < count; index++) {
    const u = face[2 * index]!;
    const v = face[2 * index + 1]!;
    const side = Math.abs(u);
    const outward = Math.sign(u);
    const [y, z] = [positions[3 * index + 1]!, positions[3 * index + 2]!];
    if (z < -100 || v > 90 || v < -176) continue;
    const above = isAbove(index);

    const corner = bell2(side, v, mouth.halfWidth + 1, mouth.y, 13, 11);
    const cheek = bell2(side, v, 40, -37, 16, 13);
    const along = ((side - 16) * 14 + (v + 44) * -27) / 925;
    const across = ((side - 16) * 27 + (v + 44) * 14) / 30.4;
    const fold = bell((along - 0.5) / 0.6) * bell((across - 1) / 2.6);
    add(
      actions.smile,
      index,
      outward * (5.2 * corner + 1.4 * cheek),
      4.8 * corner + 3.2 * cheek,
      -3.4 * corner + 2.8 * cheek - (0.6 + skin.wrinkles) * fold,
    );

    // The jaw turns about its joint below the ears; the upper lip stays, the corners go half the way.
    const sideways = smoothstep(0.42, 1.02, side / mouth.halfWidth);
    const swing = smoothstep(-40, -96, v) * smoothstep(-176, -128, v);
    const weight = mix(above ? 0 : smoothstep(-176, -128, v), swing, sideways);
    add(actions.jaw, index, -outward * 1.6 * corner, -0.2 * (z + 78) * weight, 0.2 * (y + 10) * weight);

    const lip = Math.max(0, 1 - (u / mouth.halfWidth) ** 2);
    const reach = bell((v - mouth.y) / 13) * lip;
    add(actions.part, index, 0, above ? 2.4 * reach : -2.8 * reach, above ? 0.3 * reach : 0);

    const forehead = bell2(side, v, 26, brows.y + 1, 34, 13);
    add(actions.brow, index, 0, 5.5 * forehead, 0.6 * forehead);
  }
  return actions;
}
