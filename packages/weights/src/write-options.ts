/** What every format's writer takes besides the tensors. */

/** How a weight file is written. */
export interface WriteOptions {
  /** Stops the writing, which then throws the signal's reason and leaves the target as it was. */
  readonly signal?: AbortSignal | undefined;
}
