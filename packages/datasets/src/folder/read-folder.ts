/**
 * Folders of images as samples: `real/` and `fake/`, or `domains/<name>/{real,fake}`, or real photographs alone.
 * Within a class folder, images directly in it are videos of their own, and a subfolder is one video whose images are
 * its frames. Files that are not images are passed to `onIgnored`; an image is never opened here.
 */
import { join } from "node:path";
import { DatasetError } from "../errors.js";
import { Root } from "../io/contained-path.js";
import { IMAGE_EXTENSIONS, walkImages } from "../io/walk.js";
import { REAL_DOMAIN, type Sample } from "../sample.js";
import { type ClassFolder, classFolders, isFolder } from "./layout.js";

/** How the names of a folder become samples. */
export interface ReadFolderOptions {
  /** The forgery method of the fakes of a `real/ fake/` folder, which has no name for it. Default `"fake"`. */
  readonly domain?: string;
  /**
   * Whether the reals of `domains/<name>/real` stand against the fakes of every domain (`"shared"`) or of their own
   * only (`"perDomain"`, where the domains come from different sources). Default `"shared"`.
   */
  readonly reals?: "shared" | "perDomain";
  /**
   * The person shown in a video, from the video's name. Default: the video's name itself. Where a fake's video is
   * named after its sources (`071_054`), say so here, or fakes and reals of one person may end in different splits.
   */
  readonly identity?: (video: string) => string;
  /** Called with the path, relative to the root, of each file or folder that is not read. */
  readonly onIgnored?: (name: string) => void;
}

/**
 * Reads a folder of real and fake images: `root/real` and `root/fake`, or `root/domains/<name>/fake` for each forgery
 * method with reals in `root/domains/<name>/real`, in `root/real`, or in both.
 * Sample ids are paths relative to the root; `split` is `null`.
 * @returns Samples by class folder, in natural order of their names within it.
 * @throws DatasetError with option `data.root` if the folder has neither layout, a class or domain has no images, one
 *   image is listed twice, or a symbolic link leaves the root.
 */
export async function readFolder(root: string, options: ReadFolderOptions = {}): Promise<Sample[]> {
  const { domain = "fake", reals = "shared", onIgnored = () => {} } = options;
  const option = "data.root";
  const opened = await openRoot(option, root);
  const folders = await classFolders(option, opened.path, { domain, reals, onIgnored });
  const samples: Sample[] = [];
  for (const folder of folders) {
    const images = await readClass(option, opened, folder, options);
    if (folder.label === 1 && images.length === 0) throw noImages(option, join(root, folder.folder));
    samples.push(...images);
  }
  const found = (label: number) => samples.some((sample) => sample.label === label);
  if (!found(1)) throw noImages(option, join(root, "domains/<name>/fake"));
  if (!found(0)) {
    const places = folders.filter((folder) => folder.label === 0).map((folder) => join(root, folder.folder));
    throw noImages(option, places.join(", "));
  }
  refuseTwice(option, samples);
  return samples;
}

/**
 * Reads a folder of real face photographs: every image in it and below, label 0, domain `"real"`.
 * Each photograph is a video and an identity of its own, unless it lies in a subfolder, whose name both then are.
 * @returns Samples in natural order of their names, with paths relative to the root as ids.
 * @throws DatasetError with option `data.real` if the folder does not exist or holds no images, one image is listed
 *   twice, or a symbolic link leaves it.
 */
export async function readPhotographs(
  root: string,
  options: Pick<ReadFolderOptions, "identity" | "onIgnored"> = {},
): Promise<Sample[]> {
  const option = "data.real";
  const opened = await openRoot(option, root);
  const samples = await readClass(option, opened, { folder: "", label: 0, domain: REAL_DOMAIN }, options);
  if (samples.length === 0) throw noImages(option, root);
  refuseTwice(option, samples);
  return samples;
}

async function readClass(
  option: string,
  root: Root,
  { folder, label, domain }: ClassFolder,
  { identity = (video) => video, onIgnored = () => {} }: ReadFolderOptions,
): Promise<Sample[]> {
  const path = join(root.path, folder);
  if (!(await isFolder(path))) return [];
  const prefix = folder === "" ? "" : `${folder}/`;
  const images = await walkImages(option, root, path, (name) => onIgnored(prefix + name));
  return images.map((image) => {
    const video = videoOf(image.name);
    return { id: prefix + image.name, path: image.path, label, domain, video, identity: identity(video), split: null };
  });
}

function videoOf(name: string): string {
  const slash = name.lastIndexOf("/");
  return slash >= 0 ? name.slice(0, slash) : name.slice(0, name.lastIndexOf("."));
}

async function openRoot(option: string, path: string): Promise<Root> {
  if (!(await isFolder(path))) throw new DatasetError(option, `expected a folder, got ${path}, which is none`);
  return Root.open(path);
}

function noImages(option: string, place: string): DatasetError {
  return new DatasetError(option, `no images in ${place} (looked for ${IMAGE_EXTENSIONS.join(" ")})`);
}

function refuseTwice(option: string, samples: readonly Sample[]): void {
  const seen = new Map<string, string>();
  for (const { id, path } of samples) {
    const other = seen.get(path);
    if (other !== undefined) throw new DatasetError(option, `"${other}" and "${id}" are the same file`);
    seen.set(path, id);
  }
}
