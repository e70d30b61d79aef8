/** What can be set about the engine: in code, else through the environment, else by default. */
import { totalmem } from "node:os";
import type { ArenaOptions } from "./arena.js";
import { SettingError } from "./errors.js";
import { defaultThreads } from "./threads.js";

/** In what precision matrix products and convolutions are computed; tensors and sums are float32 in both. */
export type Precision = "float32" | "bfloat16";

/** The options of {@link configure}. Each has a variable of the environment, which counts where the option is not given. */
export interface OnednnOptions {
  /**
   * Threads that a kernel may use, 1 to 1024. `ROGA_ONEDNN_THREADS`, else `OMP_NUM_THREADS`. Default: the processors that
   * this process may use, by the system's scheduler and by the quota of its container.
   */
  threads?: number;
  /** See {@link setPrecision}. `ROGA_ONEDNN_PRECISION`. Default: `"float32"`. */
  precision?: Precision;
  /**
   * The level of instructions of the addon: `"v4"` (AVX-512), `"v3"` (AVX2), `"v2"` (SSE4.2) on x64, `"base"` on arm64.
   * `ROGA_ONEDNN_LEVEL`. Default: the best that the processor has and that was built. Only before the first use.
   */
  level?: string;
  /** Path of an addon, or of a folder of addons, to use and no other. `ROGA_ONEDNN_ADDON`. Only before the first use. */
  addon?: string;
  /**
   * Whether kernels go through a queue: a call returns at once, and a thread of its own computes one kernel after another,
   * while JavaScript prepares the next. What a kernel throws then comes with the next read of values. `ROGA_ONEDNN_QUEUE`
   * (0 or 1). Default: true. Only before the first use.
   */
  queue?: boolean;
  /**
   * Tensors of fewer numbers than this live in ordinary arrays, which the garbage collector frees; larger ones in the
   * pool. At least 0. `ROGA_ONEDNN_SMALLEST_POOLED`. Default: 256. Only before the first use.
   */
  smallestPooled?: number;
  /**
   * Address space that the pool reserves at a time, in bytes, at least 4096; a larger tensor gets a range of its own.
   * `ROGA_ONEDNN_SLAB_BYTES`. Default: 2³⁰. Only before the first use.
   */
  slabBytes?: number;
  /**
   * Free memory that the pool keeps, in bytes, at least 0; what is free beyond goes back to the system.
   * `ROGA_ONEDNN_MAX_IDLE_BYTES`. Default: half of the machine's memory. Only before the first use.
   */
  maxIdleBytes?: number;
}

/** What every setting is in the end. */
export interface Settings {
  readonly threads: number;
  readonly precision: Precision;
  readonly level: string | undefined;
  readonly addon: string | undefined;
  readonly queue: boolean;
  readonly memory: ArenaOptions & { readonly smallest: number };
}

/** Largest number of threads that the addon takes. */
const MOST_THREADS = 1024;

type Environment = Record<string, string | undefined>;

/** @throws SettingError for a value that a setting does not take, named by its option or its variable. */
export function resolveSettings(options: OnednnOptions = {}, environment: Environment = process.env): Settings {
  const variable = (name: string) => environment[name] || undefined;
  const whole = (name: keyof OnednnOptions, variableName: string, least: number, most: number) => {
    const text = variable(variableName);
    if (options[name] !== undefined) return checkedWhole(name, options[name], least, most);
    return text === undefined ? undefined : checkedWhole(variableName, Number(text), least, most, text);
  };
  // OpenMP's own variable may list one number for every level of nesting.
  const openmp = Number(variable("OMP_NUM_THREADS")?.split(",")[0]);
  return {
    threads:
      whole("threads", "ROGA_ONEDNN_THREADS", 1, MOST_THREADS) ??
      (Number.isInteger(openmp) && openmp >= 1 ? Math.min(openmp, MOST_THREADS) : defaultThreads()),
    precision:
      options.precision !== undefined
        ? checkedPrecision("precision", options.precision)
        : checkedPrecision("ROGA_ONEDNN_PRECISION", variable("ROGA_ONEDNN_PRECISION") ?? "float32"),
    level: options.level ?? variable("ROGA_ONEDNN_LEVEL"),
    addon: options.addon ?? variable("ROGA_ONEDNN_ADDON"),
    queue: options.queue ?? checkedSwitch("ROGA_ONEDNN_QUEUE", variable("ROGA_ONEDNN_QUEUE")) ?? true,
    memory: {
      smallest: whole("smallestPooled", "ROGA_ONEDNN_SMALLEST_POOLED", 0, Number.MAX_SAFE_INTEGER) ?? 256,
      slabBytes: whole("slabBytes", "ROGA_ONEDNN_SLAB_BYTES", 4096, Number.MAX_SAFE_INTEGER) ?? 2 ** 30,
      maxIdleBytes:
        whole("maxIdleBytes", "ROGA_ONEDNN_MAX_IDLE_BYTES", 0, Number.MAX_SAFE_INTEGER) ?? Math.floor(totalmem() / 2),
    },
  };
}

/** The settings where neither code nor environment says anything. */
export const defaults: Settings = resolveSettings({}, {});

export function checkedThreads(count: number): number {
  return checkedWhole("threads", count, 1, MOST_THREADS);
}

export function checkedPrecision(name: string, value: string): Precision {
  if (value === "float32" || value === "bfloat16") return value;
  throw new SettingError(`${name}: expected "float32" or "bfloat16", got ${JSON.stringify(value)}`);
}

function checkedSwitch(name: string, text: string | undefined): boolean | undefined {
  if (text === undefined || text === "0" || text === "1") return text === undefined ? undefined : text === "1";
  throw new SettingError(`${name}: expected 0 or 1, got ${text}`);
}

function checkedWhole(name: string, value: unknown, least: number, most: number, got = String(value)): number {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new SettingError(`${name}: expected a whole number ${range}, got ${got}`);
}
