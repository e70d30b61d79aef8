/** What a Keras file holds: the names of its weights, where each is, and what it is; held against the file's length. */
import { bytesPerElement } from "../dtype.js";
import type { TensorInfo } from "../named-array.js";
import { elementCount } from "../shape.js";
import { KerasError } from "./error.js";
import type { Hdf5File } from "./hdf5-file.js";
import { layoutOf } from "./layout.js";
import type { NamedVariables } from "./numbered-variables.js";

/** All but the numbers. */
export interface KerasContent extends NamedVariables {
  /** Dtype and shape of each weight, by its name. */
  readonly infos: ReadonlyMap<string, TensorInfo>;
}

/**
 * Reads all but the numbers.
 * @param config The model's configuration where it stands beside the file, `null` if it does not.
 * @param limit Bytes that all weights together may take.
 * @throws KerasError if the file is broken, or its weights are no plain numbers or too many.
 */
export function contentOf(file: Hdf5File, config: string | null, limit: number): KerasContent {
  return file.atOnce(() => {
    const { paths, layerNames } = layoutOf(file, config);
    const infos = new Map([...paths].map(([name, dataset]) => [name, file.info(dataset)]));
    checkTotal(infos, limit);
    return { paths, layerNames, infos };
  });
}

/** Each dataset may compress well, and several names may be of one. */
function checkTotal(infos: ReadonlyMap<string, TensorInfo>, limit: number): void {
  let total = 0;
  for (const [name, { dtype, shape }] of infos) {
    total += elementCount(name, shape, KerasError) * bytesPerElement(dtype);
    if (total <= limit) continue;
    throw new KerasError(
      name,
      `it and the tensors before take ${total} bytes together, more than the limit of ${limit}`,
    );
  }
}
