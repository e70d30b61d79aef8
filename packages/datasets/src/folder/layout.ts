/**
 * Which class folders a data set folder has: `real/` and `fake/` in it, or one pair per forgery method below
 * `domains/`, with reals that all of them share in `real/`. Anything beside them is reported, never passed over.
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatasetError } from "../errors.js";
import { naturalCompare } from "../natural-order.js";
import { type Label, REAL_DOMAIN } from "../sample.js";

/** A folder whose images share label and domain. */
export interface ClassFolder {
  /** Path relative to the root; empty for the root itself. */
  readonly folder: string;
  readonly label: Label;
  readonly domain: string;
}

/** How a layout is read. */
export interface LayoutOptions {
  /** Domain of the fakes of a `real/ fake/` folder. */
  readonly domain: string;
  /** Whether the reals below `domains/<name>` get the shared domain or their own. */
  readonly reals: "shared" | "perDomain";
  /** Called with each entry that belongs to no layout, relative to the root. */
  readonly onIgnored: (name: string) => void;
}

/**
 * The class folders of `root`, in natural order of the domains.
 * @throws DatasetError with option `option` if the two layouts are mixed, or a domain takes the name of the reals.
 */
export async function classFolders(option: string, root: string, options: LayoutOptions): Promise<ClassFolder[]> {
  const { domain, reals, onIgnored } = options;
  const shared: ClassFolder = { folder: "real", label: 0, domain: REAL_DOMAIN };
  if (!(await isFolder(join(root, "domains")))) {
    await subfolders(root, "", ["real", "fake"], onIgnored);
    return [shared, { folder: "fake", label: 1, domain: forgeryDomain(option, domain) }];
  }
  if (await isFolder(join(root, "fake"))) {
    throw new DatasetError(option, `${root} holds both domains/ and fake/: expected every fake in domains/<name>/fake`);
  }
  await subfolders(root, "", ["real", "domains"], onIgnored);
  const folders = [shared];
  for (const name of await subfolders(root, "domains", null, onIgnored)) {
    await subfolders(root, `domains/${name}`, ["real", "fake"], onIgnored);
    const own = reals === "shared" ? REAL_DOMAIN : name;
    folders.push({ folder: `domains/${name}/real`, label: 0, domain: own });
    folders.push({ folder: `domains/${name}/fake`, label: 1, domain: forgeryDomain(option, name) });
  }
  return folders;
}

/** Whether a path is a folder, or a link to one. */
export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

function forgeryDomain(option: string, name: string): string {
  if (name !== REAL_DOMAIN) return name;
  throw new DatasetError(option, `"${REAL_DOMAIN}" names the real images and cannot be a forgery domain`);
}

/** The subfolders of one folder that are `expected` (`null`: any); every other entry goes to `onIgnored`. */
async function subfolders(
  root: string,
  parent: string,
  expected: readonly string[] | null,
  onIgnored: (name: string) => void,
): Promise<string[]> {
  const found: string[] = [];
  for (const name of (await readdir(join(root, parent))).sort(naturalCompare)) {
    const wanted = expected === null || expected.includes(name);
    if (wanted && (await isFolder(join(root, parent, name)))) found.push(name);
    else onIgnored(parent === "" ? name : `${parent}/${name}`);
  }
  return found;
}
