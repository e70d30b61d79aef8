/**
 * Shoulders and clothes: a surface that runs from the neck down and outwards, and for shirts a standing collar. Only its
 * upper edge is in an aligned crop, so folds and fabric are left to the material, and so is where skin ends.
 */
import { mix, smoothstep } from "./curves.js";
import type { FaceIdentity } from "./identity.js";
import { COAT, gridNormals, gridTriangles, Material, type Mesh } from "./mesh.js";

const COLUMNS = 49;
const ROWS = 12;
const COLLAR_ROWS = 5;
const WIDEST_ANGLE = (165 * Math.PI) / 180;

/** A person's clothes with the layout that their normals need. */
export interface Body {
  readonly mesh: Mesh;
  /** Writes the normals of this mesh's vertices, the first of which is `first`. */
  readonly writeNormals: (positions: Float32Array, normals: Float32Array, first: number) => void;
}

/**
 * Builds the clothes. Face coordinates hold the distance around the neck (mm) and the distance from the neckline (mm,
 * positive on cloth, negative on skin).
 */
export function buildBody(identity: FaceIdentity): Body {
  const { neckline } = identity.clothing;
  const neck = 53 * identity.head.neckWidth;
  const shoulder = mix(165, 195, identity.masculinity);
  const collarRows = neckline === "collar" ? COLLAR_ROWS : 0;
  const rows = collarRows + ROWS;
  const count = rows * COLUMNS;
  const positions = new Float32Array(3 * count);
  const face = new Float32Array(2 * count);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const angle = ((column / (COLUMNS - 1)) * 2 - 1) * WIDEST_ANGLE;
      const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
      const frontal = Math.max(0, cosine);
      const edgeY = -117 - 32 * frontal ** 1.4 + 4 * Math.max(0, -cosine);
      const bare = neckline === "crew" ? 9 : neckline === "open" ? 14 + 42 * frontal ** 3 : -4;
      let radius: number;
      let y: number;
      let depth: number;
      let fromNeckline: number;
      if (row < collarRows) {
        // The collar stands around the neck and opens at the front.
        const up = 1 - row / collarRows;
        const closed = smoothstep(0.95, 0.78, cosine);
        radius = neck + 3 + 5 * Math.sin(up * Math.PI);
        y = edgeY - 6 + 28 * up * (1 - 0.2 * up) * mix(0.2, 1, closed);
        depth = radius;
        fromNeckline = 40 - 30 * up;
      } else {
        const out = (row - collarRows) / (ROWS - 1);
        const reach = out ** 1.3;
        radius = mix(neck - 4, shoulder, reach);
        y = edgeY - (22 + 22 * frontal) * reach - 38 * reach * reach * (1 + frontal);
        depth = mix(neck - 2, 48 + radius * 0.42, Math.sqrt(reach));
        fromNeckline = 150 * reach - bare;
      }
      const index = row * COLUMNS + column;
      positions[3 * index] = sine * radius;
      positions[3 * index + 1] = y;
      positions[3 * index + 2] = -92 + cosine * depth;
      face[2 * index] = angle * 60;
      face[2 * index + 1] = fromNeckline;
    }
  }
  const triangles = gridTriangles(rows, COLUMNS, () => true);
  const above = (row: number): number => Math.max(0, row - 1);
  const below = (row: number): number => Math.min(rows - 1, row + 1);
  return {
    mesh: {
      positions,
      face,
      coat: new Float32Array(COAT * count),
      follow: new Float32Array(count),
      triangles,
      materials: new Uint8Array(triangles.length / 3).fill(Material.cloth),
    },
    writeNormals: (moved, normals, first) => gridNormals(moved, normals, first, rows, COLUMNS, above, below),
  };
}
