/**
 * The TensorFlow.js backend: the JavaScript one with large float32 buffers in an arena, so that native kernels write
 * into memory that is warm and aligned. Arrays that the user hands in are used where they are and never written; arrays
 * that the user gets are copies, valid after the tensor is gone.
 */
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import { type BackendValues, type backend_util, type DataType, type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { Addon } from "./addon.js";
import { Arena } from "./arena.js";
import { FilterPanels } from "./filter-panels.js";
import type { Settings } from "./settings.js";

/** Kernel inputs are of any shape; float32 ones have their numbers in a Float32Array, or can be given one. */
type TensorData = ReturnType<MathBackendCPU["data"]["get"]> & {
  /** The array of the arena that goes when this data goes. Other data that has the same array does not own it. */
  pooled?: Float32Array;
};

export class OnednnBackend extends MathBackendCPU {
  private readonly arena: Arena;
  /** Filters of inference in the order that products read them. */
  readonly panels: FilterPanels;

  constructor(
    readonly addon: Addon,
    private readonly settings: Settings,
  ) {
    super();
    // The advice to install a faster backend is not for users of this one.
    (this as unknown as { firstUse: boolean }).firstUse = false;
    this.arena = new Arena(addon, settings.memory);
    this.panels = new FilterPanels(addon, this);
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
    if (this.arena.owns(values)) this.dataOf(info.dataId).pooled = values;
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
    const data = this.data.get(tensor.dataId);
    if (data.values instanceof Float32Array) return data.values;
    const values = Float32Array.from(data.values as ArrayLike<number>);
    if (data.refCount === 1) data.values = values;
    return values;
  }

  /** Whether nobody but this tensor sees its memory, so that a kernel may write its result there. */
  solelyOwned(tensor: TensorInfo): boolean {
    const data = this.dataOf(tensor.dataId);
    return data.refCount === 1 && this.isPooled(data);
  }

  /**
   * The numbers of a float32 tensor in memory that nobody else can write; `undefined` for those too few for the arena. An
   * array that the user handed in is copied, and the tensor keeps the copy.
   */
  owned(tensor: TensorInfo): Float32Array | undefined {
    const data = this.dataOf(tensor.dataId);
    if (!this.isPooled(data)) {
      const values = this.floats(tensor);
      const own = this.allocate(values.length);
      if (!this.arena.owns(own)) return undefined;
      own.set(values);
      data.values = own;
      data.pooled = own;
    }
    return data.pooled;
  }

  /**
   * Replaces the array of a tensor by a copy where it is another tensor's memory or a view into it, as a JavaScript kernel
   * may leave it.
   */
  detach(tensor: TensorInfo): void {
    const data = this.dataOf(tensor.dataId);
    const values: unknown = data.values;
    if (values instanceof Float32Array && this.arena.contains(values) && !this.isPooled(data)) {
      data.values = values.slice();
    }
    if (data.complexTensorInfos) {
      this.detach(data.complexTensorInfos.real);
      this.detach(data.complexTensorInfos.imag);
    }
  }

  private dataOf(dataId: object): TensorData {
    return this.data.get(dataId);
  }

  private isPooled({ values, pooled }: TensorData): boolean {
    return pooled !== undefined && pooled === (values as unknown);
  }

  override readSync(dataId: object): backend_util.BackendValues {
    const values = super.readSync(dataId);
    return values instanceof Float32Array && this.arena.contains(values) ? values.slice() : values;
  }

  override disposeData(dataId: object, force = false): boolean {
    const pooled = this.data.has(dataId) ? this.dataOf(dataId).pooled : undefined;
    const gone = super.disposeData(dataId, force);
    if (gone && pooled !== undefined) this.arena.release(pooled);
    if (gone) this.panels.forget(dataId);
    return gone;
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

/** Whether all tensors are float32. */
export function allFloat32(...tensors: { dtype: DataType }[]): boolean {
  return tensors.every(({ dtype }) => dtype === "float32");
}
