/**
 * Filters of 1×1 convolutions in the order that the addon's products read them, kept from one call of inference to the
 * next. A filter's panels go when its tensor goes, when a kernel writes over it, or when others need the memory more.
 */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Addon } from "./addon.js";

/** Panels of more bytes than this are not kept: the filter that was used least recently goes first. */
const MOST_BYTES = 2 ** 28;

/** Where panels lie, and where filters do. */
interface Memory {
  allocate(length: number): Float32Array;
  release(values: Float32Array): void;
  owned(tensor: TensorInfo): Float32Array | undefined;
}

interface Panels {
  readonly values: Float32Array;
  readonly k: number;
  readonly n: number;
  readonly bfloat16: boolean;
}

export class FilterPanels {
  /** By the filter's data, the least recently used first. */
  private readonly kept = new Map<object, Panels>();
  private readonly seen = new WeakSet<object>();
  private bytes = 0;

  constructor(
    private readonly addon: Pick<Addon, "panelSize" | "packFilter" | "usesBfloat16">,
    private readonly memory: Memory,
    private readonly mostBytes = MOST_BYTES,
  ) {}

  /** The panels of a float32 filter of k × n numbers, from its second use on. */
  of(filter: TensorInfo, k: number, n: number): Float32Array | undefined {
    const { dataId } = filter;
    const found = this.kept.get(dataId);
    const bfloat16 = this.addon.usesBfloat16();
    if (found !== undefined) {
      this.kept.delete(dataId);
      this.kept.set(dataId, found);
      if (found.k === k && found.n === n && found.bfloat16 === bfloat16) return found.values;
      this.forget(dataId);
    } else if (!this.seen.has(dataId)) {
      this.seen.add(dataId);
      return undefined;
    }
    return this.keep(filter, { k, n, bfloat16 });
  }

  /** Gives up the panels of a filter, whose data goes or is written. */
  forget(dataId: object): void {
    const found = this.kept.get(dataId);
    if (found === undefined) return;
    this.kept.delete(dataId);
    this.bytes -= found.values.byteLength;
    this.memory.release(found.values);
  }

  /** Gives up all panels. */
  clear(): void {
    for (const dataId of [...this.kept.keys()]) this.forget(dataId);
  }

  private keep(filter: TensorInfo, { k, n, bfloat16 }: Omit<Panels, "values">): Float32Array | undefined {
    const size = this.addon.panelSize(k, n);
    if (size === 0 || size * 4 > this.mostBytes) return undefined;
    // What the user could write to would not be seen here.
    const weights = this.memory.owned(filter);
    if (weights === undefined) return undefined;
    for (const dataId of this.kept.keys()) {
      if (this.bytes + size * 4 <= this.mostBytes) break;
      this.forget(dataId);
    }
    const values = this.memory.allocate(size);
    this.addon.packFilter(weights, k, n, values);
    this.kept.set(filter.dataId, { values, k, n, bfloat16 });
    this.bytes += values.byteLength;
    return values;
  }
}
