/**
 * The addon's kernels behind a queue: a call puts the kernel in and returns, and a thread of the queue's own computes one
 * after another, in order. So memory may be given back and used again in the order of calls, before the kernels that use it
 * are done; but whoever looks into an array, or writes to one, has to wait for the queue first (`finish`).
 */
import type { Addon, Kernels } from "./addon.js";

/** Calls whose arrays are kept together: when so many more were made, at most that many are in the queue. */
const GENERATION = 512;

let waitsAtExit = false;

/** What the process takes down with it must not go while a kernel uses it. */
function waitAtExit({ queue }: Addon): void {
  if (waitsAtExit) return;
  waitsAtExit = true;
  process.once("exit", () => {
    try {
      queue.finish(0);
    } catch {
      // Nobody is left to read what failed.
    }
  });
}

export class Queue {
  /** As the addon, but what reads and writes arrays does so later. */
  readonly addon: Addon;
  /** The arguments of the last calls and of those before: what kernels use must not be collected before they are done. */
  private young: unknown[][] = [];
  private old: unknown[][] = [];

  constructor(private readonly direct: Addon) {
    this.addon = {
      ...direct,
      ...this.kernels(),
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
    waitAtExit(direct);
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
    const { finish, whenDone, hold, ...kernels } = this.direct.queue;
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
    if (this.young.length === GENERATION) {
      // Those of the generation before are done when no more are left than this one has.
      this.direct.queue.finish(GENERATION);
      this.old = this.young;
      this.young = [];
    }
    this.young.push(values);
  }
}
