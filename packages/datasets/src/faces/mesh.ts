/** Triangle meshes of the renderer: growable parts that are joined into one vertex list, in millimetres. */

/** What a triangle is made of; decides its shading. */
export const Material = { skin: 0, ear: 1, mouth: 2, cloth: 3 } as const;

/** One of {@link Material}. */
export type Material = (typeof Material)[keyof typeof Material];

/** Numbers per vertex in `Mesh.coat`. */
export const COAT = 5;

/** A mesh whose vertices carry a place on the face. */
export interface Mesh {
  /** x, y, z of each vertex. */
  readonly positions: Float32Array;
  /** Face coordinates u, v of each vertex (see `head.ts`), or whatever the material reads there. */
  readonly face: Float32Array;
  /** What the skin carries at each vertex: {@link COAT} numbers, see `coat.ts`. */
  readonly coat: Float32Array;
  /** 1 where a vertex turns with the head, 0 where it stays with the body. */
  readonly follow: Float32Array;
  /** Three vertex indices per triangle, counter-clockwise seen from outside. */
  readonly triangles: Uint32Array;
  /** One {@link Material} per triangle. */
  readonly materials: Uint8Array;
}

/** One mesh of all parts, in order. */
export function joinMeshes(parts: readonly Mesh[]): Mesh {
  const vertices = parts.reduce((sum, part) => sum + part.follow.length, 0);
  const faces = parts.reduce((sum, part) => sum + part.materials.length, 0);
  const joined: Mesh = {
    positions: new Float32Array(3 * vertices),
    face: new Float32Array(2 * vertices),
    coat: new Float32Array(COAT * vertices),
    follow: new Float32Array(vertices),
    triangles: new Uint32Array(3 * faces),
    materials: new Uint8Array(faces),
  };
  let vertex = 0;
  let triangle = 0;
  for (const part of parts) {
    joined.positions.set(part.positions, 3 * vertex);
    joined.face.set(part.face, 2 * vertex);
    joined.coat.set(part.coat, COAT * vertex);
    joined.follow.set(part.follow, vertex);
    for (let i = 0; i < part.triangles.length; i++) joined.triangles[3 * triangle + i] = part.triangles[i]! + vertex;
    joined.materials.set(part.materials, triangle);
    vertex += part.follow.length;
    triangle += part.materials.length;
  }
  return joined;
}

/** Triangle indices of a grid of `rows` by `columns` vertices, rows downwards and columns to the right. */
export function gridTriangles(
  rows: number,
  columns: number,
  keep: (row: number, column: number) => boolean,
): Uint32Array {
  const indices = new Uint32Array(6 * (rows - 1) * (columns - 1));
  let used = 0;
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      if (!keep(row, column)) continue;
      const a = row * columns + column;
      const b = a + columns;
      indices[used++] = a;
      indices[used++] = b;
      indices[used++] = a + 1;
      indices[used++] = a + 1;
      indices[used++] = b;
      indices[used++] = b + 1;
    }
  }
  return indices.slice(0, used);
}

/**
 * Writes the unit normals of a grid of vertices. `above` and `below` give the rows whose difference is the slope at a
 * vertex, so that a grid may be cut: the neighbours then lie on the vertex's own side.
 */
export function gridNormals(
  positions: Float32Array,
  normals: Float32Array,
  first: number,
  rows: number,
  columns: number,
  above: (row: number, column: number) => number,
  below: (row: number, column: number) => number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = 3 * (first + row * columns + column);
      const left = 3 * (first + row * columns + Math.max(0, column - 1));
      const right = 3 * (first + row * columns + Math.min(columns - 1, column + 1));
      const up = 3 * (first + above(row, column) * columns + column);
      const down = 3 * (first + below(row, column) * columns + column);
      const ax = positions[right]! - positions[left]!;
      const ay = positions[right + 1]! - positions[left + 1]!;
      const az = positions[right + 2]! - positions[left + 2]!;
      const bx = positions[up]! - positions[down]!;
      const by = positions[up + 1]! - positions[down + 1]!;
      const bz = positions[up + 2]! - positions[down + 2]!;
      const nx = ay * bz - az * by;
      const ny = az * bx - ax * bz;
      const nz = ax * by - ay * bx;
      const scale = 1 / (Math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-9);
      normals[at] = nx * scale;
      normals[at + 1] = ny * scale;
      normals[at + 2] = nz * scale;
    }
  }
}
