/** The engine of this process: the addon, loaded when something first needs it, and what was set about it. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBackend } from "@tensorflow/tfjs-core";
import type { Addon } from "./addon.js";
import type { OnednnBackend } from "./backend.js";
import { SettingError } from "./errors.js";
import { findAddon } from "./load.js";
import { Queue } from "./queue.js";
import { BACKEND } from "./register.js";
import {
  checkedPrecision,
  checkedThreads,
  type OnednnOptions,
  type Precision,
  resolveSettings,
  type Settings,
} from "./settings.js";

/** What computes, for people and for records of runs. */
export interface EngineDescription {
  /** The version of this package. */
  version: string;
  /** The version of oneDNN. */
  oneDNN: string;
  /** The level of instructions that the addon was compiled for; see {@link OnednnOptions.level}. */
  level: string;
  /** The instructions that oneDNN's own kernels use on this machine, by its name for them. */
  isa: string;
  /** Threads that a kernel may use. */
  threads: number;
  /** The precision of products. */
  precision: Precision;
  /** The path of the addon. */
  addon: string;
}

interface Engine {
  /** Its kernels go through the queue, where there is one. */
  addon: Addon;
  queue: Queue | undefined;
  path: string;
  settings: Settings;
  precision: Precision;
}

let options: OnednnOptions = {};
let engine: Engine | undefined;

/** The engine, loaded now if it was not before. */
export function loadedEngine(): Engine {
  if (engine === undefined) {
    const settings = resolveSettings(options);
    const { addon: direct, path } = findAddon(settings);
    const queue = settings.queue ? new Queue(direct) : undefined;
    const addon = queue?.addon ?? direct;
    addon.setThreads(settings.threads);
    applyPrecision(addon, settings.precision);
    engine = { addon, queue, path, settings, precision: settings.precision };
  }
  return engine;
}

function applyPrecision(addon: Addon, precision: Precision): void {
  try {
    addon.setBfloat16(precision === "bfloat16");
  } catch (error) {
    throw new SettingError(`precision: this processor has no products in ${precision} (${(error as Error).message})`);
  }
}

/** The options that may change while the engine runs. */
const CHANGEABLE: ReadonlySet<string> = new Set(["threads", "precision"]);

/**
 * Sets options; those that are not given stay as they are.
 *
 * @param changes see {@link OnednnOptions}; all but `threads` and `precision` only before the engine is first used
 * @throws SettingError when an option has no such value, does not exist, or comes too late
 */
export function configure(changes: OnednnOptions): void {
  const known = ["threads", "precision", "level", "addon", "smallestPooled", "slabBytes", "maxIdleBytes", "queue"];
  for (const name of Object.keys(changes)) {
    if (!known.includes(name)) throw new SettingError(`${name}: no such option; there are ${known.join(", ")}`);
    if (engine !== undefined && !CHANGEABLE.has(name)) {
      throw new SettingError(`${name}: can be set before the backend is first used, not after`);
    }
  }
  const next = { ...options, ...changes };
  const settings = resolveSettings(next);
  if (engine !== undefined) {
    if (changes.precision !== undefined) applyPrecision(engine.addon, settings.precision);
    if (changes.precision !== undefined) engine.precision = settings.precision;
    if (changes.threads !== undefined) engine.addon.setThreads(settings.threads);
  }
  options = next;
}

/**
 * Sets how many threads a kernel may use. Results may differ in rounding from one number of threads to another.
 *
 * @param count 1 to 1024
 * @throws SettingError when it is anything else
 */
export function setThreads(count: number): void {
  configure({ threads: checkedThreads(count) });
}

/** How many threads a kernel may use. */
export function getThreads(): number {
  return engine === undefined ? resolveSettings(options).threads : engine.addon.getThreads();
}

/**
 * Sets the precision of matrix products and convolutions. With `"bfloat16"` their operands are rounded to 8 significant
 * bits, while tensors, sums and all other operations stay float32: faster where the processor has such products, and
 * coarse: gradients of a deep net may change by tens of percent. Loads the engine.
 *
 * @param precision `"float32"`, the default, or `"bfloat16"`
 * @throws SettingError when it is anything else, or the processor has no such products
 * @throws AddonError when the engine cannot be loaded
 */
export function setPrecision(precision: Precision): void {
  checkedPrecision("precision", precision);
  loadedEngine();
  configure({ precision });
}

/** The precision of matrix products and convolutions. */
export function getPrecision(): Precision {
  return engine?.precision ?? resolveSettings(options).precision;
}

/**
 * What computes. Loads the engine, and so tells whether it can be used here.
 *
 * @throws AddonError when it cannot, with the reason and what to do about it
 */
export function describe(): EngineDescription {
  const { addon, path, precision } = loadedEngine();
  const manifest = join(dirname(dirname(fileURLToPath(import.meta.url))), "package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  const { oneDNN, level, isa } = addon;
  return { version, oneDNN, level, isa, threads: addon.getThreads(), precision, addon: path };
}

/**
 * Time spent in native kernels, by this JavaScript thread and by that of its queue, since the start or the last
 * {@link resetNativeTime}.
 */
export interface NativeTime {
  /** Milliseconds. */
  milliseconds: number;
  /** Calls of native functions. */
  calls: number;
}

/** See {@link NativeTime}; zeros where the engine was not used yet. */
export function nativeTime(): NativeTime {
  if (engine === undefined) return { milliseconds: 0, calls: 0 };
  return { milliseconds: engine.addon.kernelMilliseconds(), calls: engine.addon.kernelCalls() };
}

/** Starts the count of {@link nativeTime} anew. */
export function resetNativeTime(): void {
  engine?.addon.resetKernelTime();
}

/** Gives memory of the pool that no tensor uses back to the system. Does nothing where the backend was not used yet. */
export function trimMemory(): void {
  // Looking for a backend starts it.
  if (engine === undefined) return;
  (findBackend(BACKEND) as OnednnBackend | null)?.trim();
}
