/**
 * TensorFlow.js models on disk: `model.json`, which is read and validated first, and the weight files beside it, of which
 * only the bytes of the tensors that are asked for are read. Works for models of layers and for graphs.
 */
import { realpath, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { allocate, FileSource } from "../files/byte-source.js";
import type { NamedArray, NamedArrays } from "../named-array.js";
import { readAndClose } from "../read-all.js";
import { namingFile, quote } from "../weights-error.js";
import { decodeWeight } from "./decode.js";
import { TensorFlowJsError } from "./error.js";
import { type Manifest, type ManifestEntry, parseManifest } from "./manifest.js";

/** The topology is in there as well; a graph of a thousand nodes takes a megabyte. */
const MAX_JSON_BYTES = 2 ** 26;

/** A weight file: where it is, and which bytes of its group it has. */
interface Shard {
  readonly path: string;
  readonly begin: number;
  readonly end: number;
}

/** An open TensorFlow.js model whose manifest is valid and whose files are there. */
export class TensorFlowJsFile {
  /** What the model holds, by name, in the order of the manifest. Quantized weights are `F32` or `I32` here. */
  readonly infos: ReadonlyMap<string, ManifestEntry>;
  /** `layers-model` or `graph-model`; `null` if the file does not say. */
  readonly format: string | null;
  readonly #path: string;
  readonly #shards: readonly (readonly Shard[])[];

  private constructor(path: string, manifest: Manifest, shards: readonly (readonly Shard[])[]) {
    this.#path = path;
    this.#shards = shards;
    this.infos = manifest.weights;
    this.format = manifest.format;
  }

  /**
   * Opens a model.
   * @param path Its `model.json`.
   * @throws TensorFlowJsError if the manifest breaks the format, points out of its folder, or its files are missing or of
   *   another length.
   */
  static async open(path: string): Promise<TensorFlowJsFile> {
    return namingFile(path, async () => {
      const manifest = parseManifest(await readText(path));
      const folder = await realpath(dirname(path));
      const shards: Shard[][] = [];
      for (const group of manifest.groups) shards.push(await locate(folder, group));
      return new TensorFlowJsFile(path, manifest, shards);
    });
  }

  /**
   * Reads one tensor.
   * @throws TensorFlowJsError if the model has none of that name, or its files have changed.
   */
  async tensor(name: string): Promise<NamedArray> {
    return namingFile(this.#path, async () => {
      const entry = this.infos.get(name);
      if (entry === undefined) throw new TensorFlowJsError(name, "there is none of that name");
      const bytes = allocate(entry.end - entry.begin, name, TensorFlowJsError);
      for (const { path, begin, end } of this.#shards[entry.group]!) {
        const from = Math.max(begin, entry.begin);
        const to = Math.min(end, entry.end);
        if (from < to) bytes.set(await readPart(path, from - begin, to - from, name), from - entry.begin);
      }
      return decodeWeight(name, entry, bytes.buffer);
    });
  }

  /** Ends the use of the model; no file is held open between reads. */
  async close(): Promise<void> {}
}

/**
 * Reads a model's weights, or some of them.
 * @param path Its `model.json`.
 * @param names The tensors to read. Default: all.
 * @throws TensorFlowJsError as {@link TensorFlowJsFile.open}, or if it lacks a name; it names the file and the tensor.
 */
export async function readTensorFlowJs(path: string, names?: Iterable<string>): Promise<NamedArrays> {
  return readAndClose(await TensorFlowJsFile.open(path), names);
}

async function readText(path: string): Promise<string> {
  const file = await FileSource.open(path, TensorFlowJsError);
  try {
    if (file.size > MAX_JSON_BYTES) {
      throw new TensorFlowJsError(null, `${file.size} bytes of JSON are more than the limit of ${MAX_JSON_BYTES}`);
    }
    const bytes = await file.read(0, file.size);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof TensorFlowJsError) throw cause;
    throw new TensorFlowJsError(null, "the text is not UTF-8", null, { cause });
  } finally {
    await file.close();
  }
}

/** Finds the files of a group and holds their lengths against the manifest. */
async function locate(folder: string, { paths, bytes }: Manifest["groups"][number]): Promise<Shard[]> {
  const shards: Shard[] = [];
  let end = 0;
  for (const name of paths) {
    const path = await realpath(join(folder, name)).catch((cause) => {
      throw new TensorFlowJsError(null, `the weight file ${quote(name)} is missing`, null, { cause });
    });
    // The name is harmless; a link of that name need not be.
    if (!path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
      throw new TensorFlowJsError(null, `the weight file ${quote(name)} is a link out of the folder`);
    }
    const begin = end;
    end += (await stat(path)).size;
    shards.push({ path, begin, end });
  }
  if (end !== bytes) {
    const files = paths.slice(0, 3).map(quote).join(", ") + (paths.length > 3 ? ", …" : "");
    throw new TensorFlowJsError(null, `the weights take ${bytes} bytes, the files ${files || "(none)"} have ${end}`);
  }
  return shards;
}

async function readPart(path: string, position: number, length: number, tensor: string): Promise<Uint8Array> {
  const file = await FileSource.open(path, TensorFlowJsError);
  try {
    return await file.read(position, length, tensor);
  } finally {
    await file.close();
  }
}
