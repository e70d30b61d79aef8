/**
 * Paths that stay below a root. Manifests and folders come from elsewhere; a line with `../../` or a symbolic link
 * must not make a run read, and later list or copy, files that its owner never meant to give it.
 */
import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

/** Resolves names below one root and says why a name is refused. */
export class Root {
  /** The root's own path, with symbolic links resolved: the root itself may be one. */
  readonly path: string;
  readonly #folders = new Map<string, Promise<string>>();

  private constructor(path: string) {
    this.path = path;
  }

  /** Opens a root; rejects with the file system's error if it does not exist. */
  static async open(path: string): Promise<Root> {
    return new Root(await realpath(path));
  }

  /**
   * The real path of the file that `name` stands for, or the reason why there is none.
   * @param name Relative to the root, or absolute.
   */
  async resolve(name: string): Promise<{ path: string } | { refused: string }> {
    const target = isAbsolute(name) ? resolve(name) : resolve(this.path, name);
    try {
      const { path, isFile } = await this.#real(target);
      if (!this.contains(path)) return { refused: `leaves the folder ${this.path}` };
      return isFile ? { path } : { refused: "is not a file" };
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
      // A name that leads outside is refused as such, whether or not a file is there.
      return { refused: this.contains(target) ? "does not exist" : `leaves the folder ${this.path}` };
    }
  }

  /** Whether a resolved path lies below the root. */
  contains(path: string): boolean {
    const below = relative(this.path, path);
    return below !== "" && below !== ".." && !below.startsWith(`..${sep}`) && !isAbsolute(below);
  }

  /** Most files share few folders and are no links: one system call a file instead of one per path component. */
  async #real(target: string): Promise<{ path: string; isFile: boolean }> {
    const folder = dirname(target);
    let real = this.#folders.get(folder);
    if (real === undefined) {
      real = realpath(folder);
      this.#folders.set(folder, real);
    }
    const path = join(await real, basename(target));
    const status = await lstat(path);
    if (!status.isSymbolicLink()) return { path, isFile: status.isFile() };
    const linked = await realpath(path);
    return { path: linked, isFile: (await lstat(linked)).isFile() };
  }
}

function isMissing(cause: unknown): boolean {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR";
}
