/**
 * The two errors of this package.
 * `DatasetError` is about what a run was asked to use (a folder, a manifest, a split, a batch plan) and stops it;
 * `ImageError` is about one file, and callers that read many files count and report it.
 */

/** A data set, split or batch plan that cannot be used as asked. The message opens with the option at fault. */
export class DatasetError extends Error {
  /** Path of the option at fault, such as `data.manifest`. */
  readonly option: string;

  /**
   * @param option Path of the option at fault, such as `data.manifest`.
   * @param detail What was expected and what came.
   */
  constructor(option: string, detail: string, options?: ErrorOptions) {
    super(`${option}: ${detail}`, options);
    this.name = "DatasetError";
    this.option = option;
  }
}

/** One image that cannot be read: missing, empty, truncated, of a wrong format, or beyond the limits. */
export class ImageError extends Error {
  /** The file, or a name for the bytes if they came from memory. */
  readonly path: string;
  /** What is wrong with it, without the path. */
  readonly reason: string;

  /**
   * @param path The file at fault.
   * @param reason What is wrong with it.
   */
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path}: ${reason}`, options);
    this.name = "ImageError";
    this.path = path;
    this.reason = reason;
  }
}
