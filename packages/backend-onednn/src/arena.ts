/**
 * Memory of tensors. Fresh pages from the operating system cost more than most kernels, so buffers are cut from large
 * slabs of address space and used again: the smallest free block that fits is taken, what is left of it stays free, and
 * neighbouring free blocks are joined, also with the part of a slab that was never used: what then takes the joined block
 * needs new pages for no more than the memory lacks. Pages are taken from the system when they are first written; what is
 * free beyond a bound is given back.
 */
import { constants } from "node:buffer";
import { totalmem } from "node:os";
import type { Addon } from "./addon.js";

/** Blocks start at multiples of this, as vector instructions like it; two blocks never share a cache line. */
const ALIGNMENT = 64;
/** What is left of a block is split off only if it is at least this long. */
const SMALLEST_REST = 4096;
/** Free blocks shorter than this are not worth a call to give their pages back. */
const SMALLEST_RELEASE = 1 << 20;

interface Slab {
  readonly buffer: ArrayBuffer;
  readonly size: number;
}

/** A range of a slab, in the list of its neighbours in address order. */
interface Block {
  readonly slab: Slab;
  offset: number;
  size: number;
  free: boolean;
  /** How many bytes from its start on may have pages; after them none were written since they were last given back. */
  resident: number;
  before: Block | undefined;
  after: Block | undefined;
}

/** What the arena holds, in bytes. */
export interface ArenaUse {
  /** In live tensors. */
  inUse: number;
  /** Free, but not given back to the system. */
  idle: number;
  /** The most that was ever in use at once. */
  peak: number;
}

export interface ArenaOptions {
  /** Address space reserved at a time; a larger buffer gets a slab of its own. */
  slabBytes: number;
  /** Free memory beyond this is given back to the system. */
  maxIdleBytes: number;
}

export class Arena {
  private readonly slabs = new Set<ArrayBufferLike>();
  private readonly used = new Map<Float32Array, Block>();
  /** Free blocks, in classes by size; see `classOf`. */
  private readonly free: Set<Block>[] = [];
  private inUse = 0;
  private idle = 0;
  private peak = 0;

  constructor(
    private readonly addon: Pick<Addon, "reserveSlab" | "releasePages">,
    private readonly options: ArenaOptions,
  ) {}

  /** An array of `length` numbers with arbitrary contents. `release` gives it back. */
  allocate(length: number): Float32Array {
    const size = Math.max(ALIGNMENT, Math.ceil((length * 4) / ALIGNMENT) * ALIGNMENT);
    const block = this.bestFit(size) ?? this.newSlab(size);
    // There are arrays longer than Node.js makes them: then the block stays free.
    const values = new Float32Array(block.slab.buffer, block.offset, length);
    this.unlist(block);
    if (block.size - size >= SMALLEST_REST) this.split(block, size);
    this.idle -= block.resident;
    block.free = false;
    block.resident = block.size;
    this.inUse += block.size;
    this.peak = Math.max(this.peak, this.inUse);
    this.used.set(values, block);
    return values;
  }

  /** Whether `allocate` gave this array and it was not released. */
  owns(values: unknown): boolean {
    return this.used.has(values as Float32Array);
  }

  /** Whether an array looks into the arena's memory, be it one that `allocate` gave or a view of its buffer. */
  contains(values: ArrayBufferView): boolean {
    return this.slabs.has(values.buffer);
  }

  /** Gives back an array that `allocate` gave. Nothing may use it afterwards. */
  release(values: Float32Array): void {
    const block = this.used.get(values);
    if (block === undefined) return;
    this.used.delete(values);
    this.inUse -= block.size;
    this.idle += block.size;
    block.free = true;
    this.enlist(this.joined(block));
    if (this.idle > this.options.maxIdleBytes) this.trim(this.options.maxIdleBytes);
  }

  /** Gives free memory back to the system until at most `bytes` of it are kept. */
  trim(bytes = 0): void {
    for (let index = this.free.length - 1; index >= 0 && this.idle > bytes; index--) {
      for (const block of this.free[index] ?? []) {
        if (this.idle <= bytes) break;
        if (block.resident < SMALLEST_RELEASE) continue;
        this.addon.releasePages(block.slab.buffer, block.offset, block.resident);
        this.idle -= block.resident;
        block.resident = 0;
      }
    }
  }

  use(): ArenaUse {
    return { inUse: this.inUse, idle: this.idle, peak: this.peak };
  }

  /** The smallest free block of at least `size` bytes; among equals the one with most of its pages there already. */
  private bestFit(size: number): Block | undefined {
    for (let index = classOf(size); index < this.free.length; index++) {
      let best: Block | undefined;
      for (const block of this.free[index] ?? []) {
        if (block.size >= size && (best === undefined || better(block, best))) best = block;
      }
      if (best !== undefined) return best;
    }
    return undefined;
  }

  private newSlab(size: number): Block {
    // Address space can be had for more than there is memory; who writes to it is ended by the system.
    const most = totalmem();
    if (size > most) throw new RangeError(`no memory for a tensor of ${size} bytes: this machine has ${most}`);
    const bytes = Math.max(size, this.options.slabBytes);
    // Some versions of Node.js bound what an addon can make by the longest Buffer.
    const buffer = bytes <= constants.MAX_LENGTH ? this.addon.reserveSlab(bytes) : new ArrayBuffer(bytes);
    const slab = { buffer, size: bytes };
    this.slabs.add(slab.buffer);
    const block: Block = {
      slab,
      offset: 0,
      size: bytes,
      free: true,
      resident: 0,
      before: undefined,
      after: undefined,
    };
    this.enlist(block);
    return block;
  }

  /** Cuts a block that is in no list to `size` bytes and enlists the rest. */
  private split(block: Block, size: number): void {
    const rest: Block = {
      slab: block.slab,
      offset: block.offset + size,
      size: block.size - size,
      free: true,
      resident: Math.max(0, block.resident - size),
      before: block,
      after: block.after,
    };
    if (block.after !== undefined) block.after.before = rest;
    block.after = rest;
    block.size = size;
    block.resident = Math.min(block.resident, size);
    this.enlist(rest);
  }

  /**
   * The block, which is in no list and has all its pages, together with its free neighbours. One before it that lacks
   * pages stays apart: what has pages would no longer come first.
   */
  private joined(block: Block): Block {
    const { before, after } = block;
    if (after?.free) {
      this.unlist(after);
      append(block, after);
    }
    if (!before?.free || before.resident < before.size) return block;
    this.unlist(before);
    append(before, block);
    return before;
  }

  private enlist(block: Block): void {
    const index = classOf(block.size);
    this.free[index] ??= new Set();
    this.free[index].add(block);
  }

  private unlist(block: Block): void {
    this.free[classOf(block.size)]?.delete(block);
  }
}

/** Makes `next` a part of the block before it. */
function append(block: Block, next: Block): void {
  block.size += next.size;
  block.resident += next.resident;
  block.after = next.after;
  if (next.after !== undefined) next.after.before = block;
}

function better(block: Block, than: Block): boolean {
  return block.size < than.size || (block.size === than.size && block.resident > than.resident);
}

/** Four classes for every doubling of the size. */
function classOf(size: number): number {
  const exponent = 31 - Math.clz32(Math.floor(size / ALIGNMENT) || 1);
  const quarter = Math.floor(size / ALIGNMENT / 2 ** exponent / 0.25) - 4;
  return exponent * 4 + quarter;
}
