/** A PyTorch file of either format after its pickle was read: its content, and the way to its storages. */
import type { StorageRecord, Value } from "./values.js";

/** The limit on the length of a pickle: it holds no numbers of tensors, so that real ones have a few megabytes. */
export const MAX_PICKLE_BYTES = 2 ** 28;

/** An opened file. */
export interface Container {
  /** `"zip"` as PyTorch writes since 1.6, `"legacy"` as it did before. */
  readonly format: PyTorchFormat;
  /** What was saved. */
  readonly root: Value;
  /**
   * The bytes of a storage, little-endian, in a buffer of their own.
   * @param tensor The tensor that asks, for the error.
   */
  read(storage: StorageRecord, tensor: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** The two formats of `torch.save`. */
export type PyTorchFormat = "zip" | "legacy";
