/**
 * The TensorFlow.js backend: the JavaScript one with large float32 buffers in an arena, so that native kernels write
 * into memory that is warm and aligned. Kernels may run after their call returned (queue.ts), so no array is both the
 * user's and theirs: one that he hands in is copied when a kernel first reads it and never written, one that he gets is a
 * copy, or is copied before a kernel reads it again.
 */
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import {
  type BackendValues,
  type backend_util,
  type DataType,
  engine,
  type TensorInfo,
  util,
} from "@tensorflow/tfjs-core";
import type { Addon } from "./addon.js";
import { Arena } from "./arena.js";
import { computedOnRead, type Deferred, type Operand, type Prologue } from "./deferred.js";
import { FilterPanels } from "./filter-panels.js";
import type { Queue } from "./queue.js";
import type { Settings } from "./settings.js";

/** Kernel inputs are of any shape; float32 ones have their numbers in a Float32Array, or can be given one. */
type TensorData = ReturnType<MathBackendCPU["data"]["get"]> & {
  /** The array of the arena that goes when this data goes. Other data that has the same array does not own it. */
  pooled?: Float32Array;
  /** How its values are computed when they are first read. */
  deferred?: Deferred | undefined;
  /** What a batch normalization needs of these values as the gradient of its output. */
  sums?: NormalizationSums | undefined;
  /** Whether nobody but kernels has its array; a user who has it may write to it at any time. */
  own?: boolean;
  /** Data that is computed from this data's values when it is read. */
  dependents?: Set<TensorData>;
};

/** Sums over a gradient dy that the gradient of batch normalization needs; native/normalization-terms.h says which. */
interface NormalizationSums {
  readonly values: Float64Array;
  /** The input of the normalization, and the number of its activation. */
  readonly source: object;
  readonly activation: number;
}

/** What holds the values of a type, where they are as the user gets them. */
const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/** Below, a pass over the values costs less than the book-keeping. */
const FEWEST_CHANNELS = 16;

export class OnednnBackend extends MathBackendCPU {
  private readonly arena: Arena;
  /** Filters of inference in the order that products read them. */
  readonly panels: FilterPanels;
  /** What kernels call; through the queue, where there is one. */
  readonly addon: Addon;

  constructor(
    addon: Addon,
    private readonly settings: Settings,
    private readonly queue?: Queue,
  ) {
    super();
    this.addon = queue?.addon ?? addon;
    // The advice to install a faster backend is not for users of this one.
    (this as unknown as { firstUse: boolean }).firstUse = false;
    this.arena = new Arena(this.addon, settings.memory);
    this.panels = new FilterPanels(this.addon, this);
  }

  /**
   * Waits until all kernels are done that were called: before that, no array that a kernel writes may be read, and nothing
   * may be written in the arena but by kernels.
   *
   * @throws what a kernel threw meanwhile
   */
  finish(): void {
    this.queue?.finish();
  }

  /** An array for a kernel's output: its contents are arbitrary, and the kernel writes every element. */
  allocate(length: number): Float32Array {
    return length < this.settings.memory.smallest ? new Float32Array(length) : this.arena.allocate(length);
  }

  /** Gives back an array that `allocate` gave and no tensor holds. */
  release(values: Float32Array): void {
    this.arena.release(values);
  }

  /** A float32 tensor over an array that `allocate` gave. */
  output(shape: number[], values: Float32Array): TensorInfo {
    const info = this.makeTensorInfo(shape, "float32", values as unknown as BackendValues as never);
    const data = this.dataOf(info.dataId);
    data.own = true;
    if (this.arena.owns(values)) data.pooled = values;
    return info;
  }

  /** A tensor of another type over an array that a kernel writes and nobody else has. */
  holding(shape: number[], dtype: DataType, values: Int32Array | Uint8Array): TensorInfo {
    const info = this.makeTensorInfo(shape, dtype, values);
    this.dataOf(info.dataId).own = true;
    return info;
  }

  /** A new float32 tensor with a buffer to write. */
  make(shape: number[]): { info: TensorInfo; values: Float32Array } {
    const values = this.allocate(util.sizeFromShape(shape));
    return { info: this.output(shape, values), values };
  }

  /**
   * The numbers of a float32 tensor. The JavaScript backend's casts to float32 relabel a tensor and leave the array of
   * integers or bytes that it had.
   */
  floats(tensor: TensorInfo): Float32Array {
    const data = this.dataOf(tensor.dataId);
    const known = this.arrayOf(data);
    if (known instanceof Float32Array) return known;
    this.finish();
    const values = Float32Array.from(known as ArrayLike<number>);
    if (data.refCount === 1) {
      data.values = values as never;
      data.own = true;
    }
    return values;
  }

  /** The array of a tensor of any type, for kernels. */
  array(tensor: TensorInfo): unknown {
    return this.arrayOf(this.dataOf(tensor.dataId));
  }

  /** The array of a tensor, its values there to be read. */
  readable(tensor: TensorInfo): unknown {
    const { values } = this.dataOf(tensor.dataId);
    this.finish();
    return values;
  }

  /**
   * The array of data, for kernels. One that the user has as well is copied, and the data keeps the copy: he may write to
   * his once the call that reads it returned, which is before the queue comes to its kernel.
   */
  private arrayOf(data: TensorData): unknown {
    if (data.deferred !== undefined) return this.compute(data, data.deferred);
    if (this.queue === undefined || data.own || !ArrayBuffer.isView(data.values)) return data.values;
    const values = data.values as Float32Array;
    // The arena may be written here when no kernel is left; to wait for that would cost more than new memory.
    if (values instanceof Float32Array && this.queue.idle) return this.keepCopy(data, values);
    data.values = values.slice() as never;
    data.own = true;
    return data.values;
  }

  /** Gives data a copy of its array, in the arena where it is large enough. The queue must be empty. */
  private keepCopy(data: TensorData, values: Float32Array): Float32Array {
    const copy = this.allocate(values.length);
    copy.set(values);
    data.values = copy as never;
    data.own = true;
    if (this.arena.owns(copy)) data.pooled = copy;
    return copy;
  }

  /**
   * A float32 tensor of the same shape as x, whose values are computed from those of x when they are read; `undefined`
   * where they should be computed at once: x is an array that the user may write to, or too small.
   */
  defer(x: TensorInfo, prologue: Prologue): TensorInfo | undefined {
    const source = this.dataOf(x.dataId);
    const earlier = source.deferred;
    if (earlier !== undefined) {
      if (prologue.factors !== undefined || earlier.activation !== 0) return undefined;
      return this.deferred(x.shape, { ...earlier, activation: prologue.activation });
    }
    if (!this.isPooled(source) || (prologue.factors !== undefined && prologue.channels < FEWEST_CHANNELS))
      return undefined;
    return this.deferred(x.shape, { ...prologue, source: x.dataId });
  }

  /** What a kernel reads that applies a prologue to a float32 tensor as it reads it. */
  operand(tensor: TensorInfo): Operand {
    const { deferred } = this.dataOf(tensor.dataId);
    if (deferred === undefined) return { values: this.floats(tensor), factors: undefined, before: 0 };
    const values = this.arrayOf(this.dataOf(deferred.source)) as Float32Array;
    return { values, factors: deferred.factors, before: deferred.activation };
  }

  /** How a tensor's values will be computed, where they are not there yet. */
  prologueOf(tensor: TensorInfo): Prologue | undefined {
    return this.dataOf(tensor.dataId).deferred;
  }

  /**
   * Sums for a kernel to write that computes dy, the gradient of what y is: for the normalization that y is to be computed
   * by. `undefined` where y is computed already, or no normalization.
   */
  normalizationSums(dy: TensorInfo, y: TensorInfo): Float64Array | undefined {
    const { deferred } = this.dataOf(y.dataId);
    if (deferred?.factors === undefined) return undefined;
    const { source, channels, activation } = deferred;
    const values = new Float64Array(2 * channels);
    this.dataOf(dy.dataId).sums = { values, source, activation };
    return values;
  }

  /** The sums over dy that were written for the normalization of x with that activation. */
  knownSums(dy: TensorInfo, x: TensorInfo, activation: number): Float64Array | undefined {
    const { sums } = this.dataOf(dy.dataId);
    return sums?.source === x.dataId && sums.activation === activation ? sums.values : undefined;
  }

  private deferred(shape: number[], deferred: Deferred): TensorInfo {
    const info = this.makeTensorInfo(shape, "float32");
    const data = this.dataOf(info.dataId);
    data.deferred = deferred;
    computedOnRead(data as { values?: Float32Array }, () => {
      const values = this.compute(data, deferred);
      this.finish();
      return values;
    });
    this.incRef(deferred.source);
    const source = this.dataOf(deferred.source);
    source.dependents ??= new Set();
    source.dependents.add(data);
    return info;
  }

  /** Computes the values, and makes them the data's. */
  private compute(data: TensorData, deferred: Deferred): Float32Array {
    const source = this.dataOf(deferred.source);
    const x = this.arrayOf(source) as Float32Array;
    // Where nothing else needs x, its memory becomes the result's.
    const inPlace = source.refCount === 1 && this.isPooled(source);
    const y = inPlace ? x : this.allocate(x.length);
    const { factors, channels, activation } = deferred;
    this.addon.prepare(x, factors, factors === undefined ? 1 : channels, activation, undefined, y);
    if (inPlace) delete source.pooled;
    data.values = y as never;
    data.pooled = y;
    data.own = true;
    this.letGo(data, deferred);
    return y;
  }

  /** Ends that data holds the source that it was to be computed from. */
  private letGo(data: TensorData, { source }: Deferred): void {
    data.deferred = undefined;
    this.dataOf(source).dependents?.delete(data);
    // TensorFlow.js counts data until it is told that it went.
    if (this.disposeData(source)) engine().removeDataId(source, this);
  }

  /** Whether nobody but this tensor sees its memory, so that a kernel may write its result there. */
  solelyOwned(tensor: TensorInfo): boolean {
    const data = this.dataOf(tensor.dataId);
    if (data.refCount !== 1 || !this.isPooled(data)) return false;
    data.sums = undefined; // of values that are about to change
    return true;
  }

  /**
   * The numbers of a float32 tensor in memory that nobody else can write; `undefined` for those too few for the arena. An
   * array that the user handed in is copied, and the tensor keeps the copy.
   */
  owned(tensor: TensorInfo): Float32Array | undefined {
    const data = this.dataOf(tensor.dataId);
    const values = this.floats(tensor);
    if (values.length < this.settings.memory.smallest) return undefined;
    if (this.isPooled(data)) return values;
    this.finish();
    return this.keepCopy(data, values);
  }

  /**
   * Replaces the array of a tensor by a copy where it is another tensor's memory in the arena or a view into it, as a
   * JavaScript kernel may leave it. One that is memory of none of the kernel's inputs is the tensor's own.
   */
  detach(tensor: TensorInfo, inputs: readonly TensorInfo[]): void {
    const data = this.dataOf(tensor.dataId);
    if (data.deferred !== undefined) return;
    const values: unknown = data.values;
    if (values instanceof Float32Array && this.arena.contains(values) && !this.isPooled(data)) {
      data.values = values.slice();
      data.own = true;
    } else if (!data.own && ArrayBuffer.isView(values)) {
      const sources = inputs.map(({ dataId }) => this.dataOf(dataId)).flatMap((source) => this.partsOf(source));
      const shared = sources.filter((source) => bufferOf(source.values) === values.buffer);
      data.own = shared.length === 0;
      // What the user gets of this tensor must not be what kernels read of another.
      if (!shared.includes(data) && shared.some(({ own }) => own)) {
        data.values = (values as Float32Array).slice();
        data.own = true;
      }
    }
    if (data.complexTensorInfos) {
      this.detach(data.complexTensorInfos.real, inputs);
      this.detach(data.complexTensorInfos.imag, inputs);
    }
  }

  /** Data, and that of the parts of a complex tensor. */
  private partsOf(data: TensorData): TensorData[] {
    const parts = data.complexTensorInfos;
    return parts ? [data, this.dataOf(parts.real.dataId), this.dataOf(parts.imag.dataId)] : [data];
  }

  private dataOf(dataId: object): TensorData {
    return this.data.get(dataId);
  }

  private isPooled({ values, pooled }: TensorData): boolean {
    return pooled !== undefined && pooled === (values as unknown);
  }

  override readSync(dataId: object): backend_util.BackendValues {
    const data = this.dataOf(dataId);
    if (data.deferred !== undefined) this.compute(data, data.deferred);
    this.finish();
    const values = super.readSync(dataId);
    if (values instanceof Float32Array && this.arena.contains(values)) return values.slice();
    data.own = false;
    return values;
  }

  /** Other work of this JavaScript thread goes on while kernels run. */
  override async read(dataId: object): Promise<backend_util.BackendValues> {
    const { queue } = this;
    const data = this.dataOf(dataId);
    if (queue === undefined || queue.idle) return this.readSync(dataId);
    const values = this.arrayOf(data);
    const plain = ARRAYS[data.dtype as keyof typeof ARRAYS];
    if (plain === undefined || !(values instanceof plain)) return this.readSync(dataId);
    if (!(values instanceof Float32Array && values.length > 0 && this.arena.contains(values))) {
      await queue.done();
      // Kernels that were called meanwhile are to see what is there now, whatever the user writes to what he gets.
      return values.slice();
    }
    // In the queue's order: what comes after may write to the tensor, or give its memory to another.
    const copy = new Float32Array(values.length);
    this.addon.copyRows(values, copy, 1, values.length, 0, values.length, 0, values.length);
    await queue.done();
    return copy;
  }

  override time(f: () => void): ReturnType<MathBackendCPU["time"]> {
    this.finish();
    return super.time(() => {
      f();
      this.finish();
    });
  }

  override dispose(): void {
    this.finish();
    super.dispose();
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.data.has(dataId)) return super.disposeData(dataId, force);
    const data = this.dataOf(dataId);
    if (force) for (const dependent of data.dependents ?? []) void dependent.values;
    if (!super.disposeData(dataId, force)) return false;
    if (data.pooled !== undefined) this.arena.release(data.pooled);
    if (data.deferred !== undefined) this.letGo(data, data.deferred);
    this.panels.forget(dataId);
    return true;
  }

  /** `tf.memory()`: also what the arena holds. */
  override memory(): { unreliable: boolean; reasons: string[]; arena: ReturnType<Arena["use"]> } {
    return { unreliable: false, reasons: [], arena: this.arena.use() };
  }

  /** Gives memory that no tensor uses back to the system. */
  trim(): void {
    this.panels.clear();
    this.arena.trim();
  }
}

function bufferOf(values: unknown): ArrayBufferLike | undefined {
  return ArrayBuffer.isView(values) ? values.buffer : undefined;
}

/** Whether all tensors are float32. */
export function allFloat32(...tensors: { dtype: DataType }[]): boolean {
  return tensors.every(({ dtype }) => dtype === "float32");
}
