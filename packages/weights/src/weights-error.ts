/** The error that every format's own error extends: what is wrong, in which file and in which tensor. */

/** A weight file that breaks its format, or arrays that no file can hold. Each format throws its own subclass. */
export class WeightsError extends Error {
  /** The class' name. */
  override name = "WeightsError";
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
    const parts = [path, tensor === null ? null : `tensor ${quote(tensor)}`, detail];
    super(parts.filter((part) => part !== null).join(": "), options);
    this.tensor = tensor;
    this.path = path;
    this.#detail = detail;
  }

  /** The same error, of the same class, said of a file. An error that names a file already stays as it is. */
  in(path: string): WeightsError {
    if (this.path !== null) return this;
    return new (this.constructor as WeightsErrorClass)(this.tensor, this.#detail, path, { cause: this.cause });
  }
}

/** The class of a format's errors, for code that formats share. */
export type WeightsErrorClass = new (
  tensor: string | null,
  detail: string,
  path?: string | null,
  options?: ErrorOptions,
) => WeightsError;

/** A name from a file in quotes, cut where it is absurdly long. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}

/** A value from a file as JSON, cut where it is absurdly long; it may be nested deeper than can be written. */
export function show(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? "nothing";
  } catch {
    return "a value of too many levels";
  }
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/**
 * Runs a task on a file; its {@link WeightsError}s then name the file.
 * @param path The file.
 */
export async function namingFile<T>(path: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof WeightsError) throw error.in(path);
    throw error;
  }
}
