/**
 * One entry for every format: a weight file is opened by what it holds, whatever it is called, and written in the format
 * that its name asks for.
 */
import { FileSource } from "../files/byte-source.js";
import { KerasFile } from "../keras/read.js";
import type { NamedArray, NamedArrays, TensorInfo } from "../named-array.js";
import { NpzFile } from "../numpy/npz-read.js";
import { PyTorchFile, type PyTorchOptions } from "../pytorch/read.js";
import { readAll } from "../read-all.js";
import { SafetensorsFile } from "../safetensors/read.js";
import { TensorFlowJsFile } from "../tensorflowjs/read.js";
import { WeightsError } from "../weights-error.js";
import { detectFormat, type WeightsFormat } from "./detect.js";

/** An open weight file of any format. Close it when done. */
export interface WeightsFile {
  /** The format. */
  readonly format: WeightsFormat;
  /** What the file holds, by name, in its order. */
  readonly infos: ReadonlyMap<string, TensorInfo>;
  /**
   * Texts that stand beside the tensors: safetensors' `__metadata__`, the plain values of a PyTorch checkpoint such as
   * its epoch, TensorFlow.js' `format`. Empty for formats without.
   */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Reads one tensor.
   * @throws WeightsError if the file has none of that name, or its data are broken; it names the file and the tensor.
   */
  tensor(name: string): Promise<NamedArray>;
  /**
   * Reads several tensors, all by default; in PyTorch files each storage once, however many of them share it.
   * @throws WeightsError as {@link tensor}.
   */
  all(names?: Iterable<string>): Promise<NamedArrays>;
  /** Closes the file. */
  close(): Promise<void>;
}

/**
 * Opens a weight file; its format is told by its content.
 * @param options For PyTorch files: which state dict to read, and what to do about objects that are none.
 * @throws WeightsError if the format is unknown or the file breaks it: the subclass is the format's. The system's error
 *   if the file cannot be opened.
 */
export async function openWeights(path: string, options: PyTorchOptions = {}): Promise<WeightsFile> {
  const format = await formatOf(path);
  switch (format) {
    case "safetensors": {
      const file = await SafetensorsFile.open(path);
      return withFormat(format, file, file.metadata);
    }
    case "pytorch": {
      const file = await PyTorchFile.open(path, options);
      const values = [...file.values].map(([key, value]) => [key, String(value)]);
      return withFormat(format, file, Object.fromEntries(values));
    }
    case "npz":
      return withFormat(format, await NpzFile.open(path));
    case "keras":
      return withFormat(format, await KerasFile.open(path));
    case "tensorflowjs": {
      const file = await TensorFlowJsFile.open(path);
      return withFormat(format, file, file.format === null ? {} : { format: file.format });
    }
  }
}

/**
 * Reads a weight file of any format, or some of its tensors.
 * @param names The tensors to read. Default: all.
 * @throws WeightsError as {@link openWeights}, or if the file lacks a name.
 */
export async function readWeights(
  path: string,
  { names, ...options }: PyTorchOptions & { readonly names?: Iterable<string> | undefined } = {},
): Promise<NamedArrays> {
  const file = await openWeights(path, options);
  try {
    return await file.all(names);
  } finally {
    await file.close();
  }
}

async function formatOf(path: string): Promise<WeightsFormat> {
  const source = await FileSource.open(path, WeightsError);
  try {
    return await detectFormat(source);
  } catch (error) {
    throw error instanceof WeightsError ? error.in(path) : error;
  } finally {
    await source.close();
  }
}

function withFormat(
  format: WeightsFormat,
  file: Pick<WeightsFile, "infos" | "tensor" | "close"> & Partial<Pick<WeightsFile, "all">>,
  metadata: Readonly<Record<string, string>> = {},
): WeightsFile {
  return {
    format,
    metadata,
    infos: file.infos,
    tensor: (name) => file.tensor(name),
    all: (names) => (file.all === undefined ? readAll(file, names) : file.all(names)),
    close: () => file.close(),
  };
}
