/** Writes a weight file in the format that its name asks for. */
import { extname } from "node:path";
import { writeNpz } from "../numpy/npz-write.js";
import { writePyTorch } from "../pytorch/write.js";
import { writeSafetensors } from "../safetensors/write.js";
import type { TensorInput } from "../tensor-source.js";
import { WeightsError } from "../weights-error.js";
import type { WriteOptions } from "../write-options.js";

/** How {@link writeWeights} writes. */
export interface WriteWeightsOptions extends WriteOptions {
  /**
   * Texts to store beside the tensors, such as those of an open file. Only safetensors files have a place for them; the
   * other formats are written without. Default: none.
   */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

type Writer = (path: string, tensors: TensorInput, options: WriteWeightsOptions) => Promise<void>;

const WRITERS: Readonly<Record<string, Writer>> = {
  ".safetensors": (path, tensors, { metadata, ...options }) => writeSafetensors(path, tensors, metadata, options),
  ".npz": writeNpz,
  ".pth": writePyTorch,
  ".pt": writePyTorch,
};

/**
 * Writes tensors, whole or not at all, one at a time where they come from a source or a stream.
 * @param path Ends with `.safetensors`, `.npz`, `.pth` or `.pt`, which is the format.
 * @param tensors Arrays, an open weight file, or a stream of tensors.
 * @throws WeightsError if the name asks for no such format, or the format cannot hold the tensors; a file that was there
 *   is then untouched.
 */
export async function writeWeights(
  path: string,
  tensors: TensorInput,
  options: WriteWeightsOptions = {},
): Promise<void> {
  await writerOf(path)(path, tensors, options);
}

/**
 * Refuses a path that {@link writeWeights} has no format for, before anything is read for it.
 * @throws WeightsError if it has none.
 */
export function checkWritable(path: string): void {
  writerOf(path);
}

function writerOf(path: string): Writer {
  const extension = extname(path).toLowerCase();
  const writer = Object.hasOwn(WRITERS, extension) ? WRITERS[extension] : undefined;
  if (writer !== undefined) return writer;
  const known = Object.keys(WRITERS).join(", ");
  throw new WeightsError(null, `the name should end with one of ${known}, which says the format to write`, path);
}
