/**
 * The image files below a folder, in natural order. Files that are not images are reported to the caller, symbolic
 * links to folders are refused: followed, they could list one image twice, or never end.
 */
import { readdir, realpath } from "node:fs/promises";
import { extname, join } from "node:path";
import { DatasetError } from "../errors.js";
import { naturalCompare } from "../natural-order.js";
import type { Root } from "./contained-path.js";

/** File name extensions of images, in lower case. */
export const IMAGE_EXTENSIONS: readonly string[] = [".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"];

/** An image file found below a folder. */
export interface FoundImage {
  /** Real, absolute path. */
  readonly path: string;
  /** Path relative to the folder that was walked, with `/` between its parts. */
  readonly name: string;
}

/**
 * Lists the images in `folder` and below.
 * @param option Option path to name in an error.
 * @param root The folder that nothing may lead out of.
 * @param onIgnored Called with the name of each file that is not an image, relative to `folder`.
 * @throws DatasetError if a symbolic link leaves the root or leads to a folder.
 */
export async function walkImages(
  option: string,
  root: Root,
  folder: string,
  onIgnored: (name: string) => void,
): Promise<FoundImage[]> {
  const start = await realpath(folder);
  if (start !== root.path && !root.contains(start)) {
    throw new DatasetError(option, `${folder} leaves the folder ${root.path}`);
  }
  const images: FoundImage[] = [];
  const pending = [""];
  while (pending.length > 0) {
    const parent = pending.pop()!;
    const entries = await readdir(join(start, parent), { withFileTypes: true });
    for (const entry of entries) {
      const name = parent === "" ? entry.name : `${parent}/${entry.name}`;
      if (entry.isDirectory()) {
        pending.push(name);
        continue;
      }
      // Below a real folder, only what is no plain file itself can lead elsewhere.
      const found = entry.isFile() ? { path: join(start, name) } : await root.resolve(join(start, name));
      if ("refused" in found) throw new DatasetError(option, `${join(folder, name)} ${found.refused}`);
      if (IMAGE_EXTENSIONS.includes(extname(entry.name).toLowerCase())) images.push({ path: found.path, name });
      else onIgnored(name);
    }
  }
  return images.sort((a, b) => naturalCompare(a.name, b.name));
}
