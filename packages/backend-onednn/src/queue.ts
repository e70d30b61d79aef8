/**
 * The addon's kernels behind a queue: a call puts the kernel in and returns, and a thread of the queue's own computes one
 * after another, in order. So memory may be given back and used again in the order of calls, before the kernels that use it
 * are done; but whoever looks into an array, or writes to one, has to wait for the queue first (`finish`).
 */
import type { Addon, Kernels } from "./addon.js";

/** Calls whose arrays are kept together: when so many more were made, at most that many are in the queue. */
const GENERATION = 512;

/** As many bytes of memory of their own may these arrays have, for which the garbage collector cannot account meanwhile. */
const MOST_BYTES = 2 ** 27;

export class Queue {
  /** As the addon, but what reads and writes arrays does so later. */
  readonly addon: Addon;
  /** The arguments of the last calls and of those before: what kernels use must not be collected before they are done. */
  private young: unknown[][] = [];
  private old: unknown[][] = [];
  /** Of the arrays of `young`, without those in the arena. */
  private bytes = 0;

  constructor(private readonly direct: Addon) {
    pauseAtExit(direct);
    this.addon = {
      ...direct,
      ...this.kernels(),
      // In the queue by itself; who writes to the pages has to wait for it as for kernels.
      releasePages: (...values) => {
        // Whoever gives back gets no error of others: here nothing is waited for.
        this.young.push(values);
        direct.releasePages(...values);
      },
      // Settings are of a thread.
      setThreads: (count) => {
        direct.setThreads(count);
        direct.queue.setThreads(count);
      },
      setBfloat16: (on) => {
        direct.setBfloat16(on);
        direct.queue.setBfloat16(on);
      },
    };
    this.addon.setThreads(direct.getThreads());
    this.addon.setBfloat16(direct.usesBfloat16());
  }

  /** Whether no kernel is in the queue. */
  get idle(): boolean {
    return this.young.length === 0 && this.old.length === 0;
  }

  /**
   * Waits until all kernels are done.
   *
   * @throws what a kernel threw since the last time
   */
  finish(): void {
    if (this.idle) return;
    this.young = [];
    this.old = [];
    this.bytes = 0;
    this.direct.queue.finish(0);
  }

  /**
   * Resolves when all kernels are done that are in the queue now; the event loop goes on meanwhile.
   *
   * @throws what a kernel threw since the last time
   */
  async done(): Promise<void> {
    const last = this.young.at(-1);
    await new Promise<void>((resolve) => {
      this.direct.queue.whenDone(resolve);
    });
    if (this.young.at(-1) === last) this.finish();
    else this.direct.queue.finish(Number.MAX_SAFE_INTEGER);
  }

  private kernels(): Kernels {
    const { finish, whenDone, hold, pause, ...kernels } = this.direct.queue;
    const kept = Object.entries(kernels).map(([name, kernel]) => {
      const call = kernel as (...values: unknown[]) => void;
      return [
        name,
        (...values: unknown[]) => {
          this.keep(values);
          call(...values);
        },
      ];
    });
    return Object.fromEntries(kept) as Kernels;
  }

  private keep(values: unknown[]): void {
    if (this.young.length >= GENERATION || this.bytes > MOST_BYTES) {
      // Those of the generation before are done when no more are left than this one has.
      this.direct.queue.finish(this.young.length);
      this.old = this.young;
      this.young = [];
      this.bytes = 0;
    }
    this.young.push(values);
    for (const value of values) if (ArrayBuffer.isView(value)) this.bytes += bytesOf(value);
  }
}

/** Bytes that only this array has; one in the arena is a part of something larger. */
function bytesOf({ byteLength, buffer }: ArrayBufferView): number {
  return byteLength === buffer.byteLength ? byteLength : 0;
}

let paused = false;

/**
 * No kernel may run while the process exits: oneDNN's own memory goes before the addon is told. Other listeners may still
 * read values, and kernels that they wait for are computed.
 */
function pauseAtExit({ queue }: Addon): void {
  if (paused) return;
  paused = true;
  process.once("exit", () => {
    queue.pause();
  });
}
