/** The one error of this package: what is wrong with a file or with what should be written, and in which tensor. */

/** A safetensors file that breaks the format, or arrays that no file can hold. */
export class SafetensorsError extends Error {
  /** Name of the tensor at fault; `null` if it is the header or the file as a whole. */
  readonly tensor: string | null;
  /** The file at fault; `null` for bytes in memory. */
  readonly path: string | null;
  readonly #detail: string;

  /**
   * @param tensor Name of the tensor at fault, or `null`.
   * @param detail What was expected and what came.
   * @param path The file, or `null`.
   */
  constructor(tensor: string | null, detail: string, path: string | null = null, options?: ErrorOptions) {
    const parts = [path, tensor === null ? null : `tensor ${JSON.stringify(tensor)}`, detail];
    super(parts.filter((part) => part !== null).join(": "), options);
    this.name = "SafetensorsError";
    this.tensor = tensor;
    this.path = path;
    this.#detail = detail;
  }

  /** The same error, said of a file. */
  in(path: string): SafetensorsError {
    return new SafetensorsError(this.tensor, this.#detail, path, { cause: this.cause });
  }
}
