/**
 * The HDF5 library, compiled to WebAssembly (https://github.com/usnistgov/h5wasm), and loaded when the first HDF5 file is
 * opened. It is the build for browsers, whose file system is its own: an HDF5 file can point to other files, and on this
 * one there are none. The file at hand is read through it piece by piece as the library asks for it.
 */
import { randomUUID } from "node:crypto";
import { createContext, Script } from "node:vm";
import type * as H5wasm from "h5wasm";
import { KerasError } from "./error.js";

/** The library's functions. */
export type Hdf5Module = Awaited<typeof H5wasm.ready>;

/** Reads bytes of a file into a target, from a position on; gives how many there were. */
export type ReadInto = (target: Uint8Array, position: number) => number;

/** What the library's file system has for one file; h5wasm's types leave it out. */
interface FileNode {
  usedBytes: number;
  stream_ops: Record<string, unknown>;
}

interface FileSystem {
  /** Open streams by their numbers. */
  readonly streams: readonly { tty?: { ops: Record<string, unknown> } }[];
  writeFile(path: string, data: Uint8Array): void;
  unlink(path: string): void;
  lookupPath(path: string): { node: FileNode };
}

const STDERR = 2;

/** Milliseconds that one call of the library may take; reading a gigabyte takes a few seconds. */
const CALL_MILLISECONDS = 60_000;

/** A library whose memory grew beyond this is not used for another file: its memory never shrinks. */
const RETIRED_BYTES = 2 ** 28;

/** One instance of the library, in memory of its own. */
export class Hdf5Library {
  readonly module: Hdf5Module;
  readonly #milliseconds: number;
  /** Whether a call is under way. */
  #timed = false;

  private constructor(module: Hdf5Module, milliseconds: number) {
    this.module = module;
    this.#milliseconds = milliseconds;
  }

  /**
   * The library, loaded once in a process, and again after a file has stopped it.
   * @param milliseconds How long one call may take.
   * @throws KerasError if h5wasm is not installed.
   */
  static async load(milliseconds = CALL_MILLISECONDS): Promise<Hdf5Library> {
    loading ??= instantiate();
    return new Hdf5Library(await loading, milliseconds);
  }

  /** Whether no file has stopped it. */
  get usable(): boolean {
    return !stopped.has(this.module);
  }

  /** Makes a file readable to the library; gives its path there, and how to take it away again. */
  mount(size: number, read: ReadInto): { path: string; unmount: () => void } {
    const files = this.module.FS as unknown as FileSystem;
    const path = `/${randomUUID()}.h5`;
    files.writeFile(path, new Uint8Array(0));
    const { node } = files.lookupPath(path);
    node.usedBytes = size;
    node.stream_ops = {
      ...node.stream_ops,
      read(_stream: unknown, buffer: Int8Array, offset: number, length: number, position: number): number {
        const wanted = Math.max(0, Math.min(length, size - position));
        return read(new Uint8Array(buffer.buffer, buffer.byteOffset + offset, wanted), position);
      },
    };
    const unmount = () => {
      files.unlink(path);
      if (this.module.HEAPU8.length > RETIRED_BYTES) this.#replace();
    };
    return { path, unmount };
  }

  /**
   * Calls the library; whatever it throws becomes a {@link KerasError}. Broken files can send it in circles, so that a
   * call has a time limit; a library that was stopped, or that trapped, is in no known state and is not used again.
   * Calls within a call share its limit, and cost less than calls with limits of their own.
   * @param what What could not be read if it throws.
   * @param tensor The tensor at fault, or `null`.
   */
  call<T>(what: string, tensor: string | null, task: () => T): T {
    if (!this.usable) throw new KerasError(tensor, `the HDF5 file is broken: it stopped the library`);
    const outermost = !this.#timed;
    try {
      if (!outermost) return task();
      this.#timed = true;
      timed.task = task;
      return timedCall.runInContext(timed, { timeout: this.#milliseconds }) as T;
    } catch (cause) {
      if (cause instanceof KerasError) throw cause;
      const { name, code } = cause as NodeJS.ErrnoException;
      const endless = code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
      if (endless || name === "RuntimeError" || name === "RangeError") this.#stop();
      const how = endless ? `in ${this.#milliseconds / 1000} s` : "";
      throw new KerasError(tensor, `the HDF5 file is broken: ${what} cannot be read ${how}`.trimEnd(), null, { cause });
    } finally {
      if (outermost) {
        this.#timed = false;
        timed.task = undefined;
      }
    }
  }

  #stop(): void {
    stopped.add(this.module);
    this.#replace();
  }

  /** The next file gets another; files that are open keep theirs. */
  #replace(): void {
    if (current === this.module) loading = undefined;
  }
}

/** Node.js limits the time of scripts alone; this one calls what it is given, in whose own context that then runs. */
const timedCall = new Script("task()");
const timed: { task?: (() => unknown) | undefined } = createContext({});

let loading: Promise<Hdf5Module> | undefined;
/** What {@link loading} gave last. */
let current: Hdf5Module | undefined;
const stopped = new WeakSet<Hdf5Module>();

/** Makes an instance, which is freed with all its memory when the last file of it is. */
async function instantiate(): Promise<Hdf5Module> {
  try {
    // The package itself makes one instance and keeps it; beside its entry lies what it makes it with.
    const url = new URL("./hdf5_util.js", import.meta.resolve("h5wasm"));
    const { default: factory } = (await import(url.href)) as { default: Factory };
    current = silenced(await factory({ noInitialRun: true }));
    return current;
  } catch (cause) {
    loading = undefined;
    throw new KerasError(null, "reading HDF5 files needs the package h5wasm: npm install h5wasm", null, { cause });
  }
}

type Factory = (options: { noInitialRun: boolean }) => Promise<Hdf5Module>;

/** What the library finds wrong it prints as well, line by line; errors say it. */
function silenced(module: Hdf5Module): Hdf5Module {
  const terminal = (module.FS as unknown as FileSystem).streams[STDERR]?.tty;
  if (terminal !== undefined) terminal.ops = { ...terminal.ops, put_char: () => {}, fsync: () => {} };
  return module;
}
