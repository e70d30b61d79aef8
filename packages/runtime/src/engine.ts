/** What an engine is: the public records about one, and the descriptor that each file under `engines/` exports. */

/** The names of the engines, in the order in which "auto" prefers them. */
export const engineNames = ["tfjs-node-gpu", "tfjs-node", "onednn", "cpu"] as const;

/** The name of an engine. */
export type EngineName = (typeof engineNames)[number];

/** The engine that TensorFlow.js runs on after {@link use}. */
export interface Engine {
  /** Which engine it is. */
  name: EngineName;
  /** What computes, for people: a processor's model name, or a GPU. */
  device: string;
  /** Threads that one operation may use, at least 1. */
  threads: number;
  /** Why this engine: asked for by name, or what "auto" passed over for it and why. */
  reason: string;
}

/** Whether an engine can be used here, and why. */
export interface EngineReport {
  /** Which engine it is. */
  name: EngineName;
  /** Whether {@link use} would succeed with this name. */
  available: boolean;
  /** What makes it available, or what stands in the way. */
  reason: string;
  /** What to do about it, where it is not available. */
  remedy?: string;
  /** What computes, where it is available. */
  device?: string;
  /** Threads that one operation may use, where it is available. */
  threads?: number;
  /** Whether it has the gradient kernels that training needs; an engine without them can only infer. */
  trains: boolean;
}

/** Options of {@link use} and {@link listEngines}. */
export interface EngineOptions {
  /**
   * Kernels of the `cpu` engine. `"fast"`, the default: this package's typed-array kernels for what convolutional nets
   * spend their time in, the stock ones for the rest; results differ in rounding alone. `"stock"`: TensorFlow.js' own.
   * Not an option of the other engines.
   */
  kernels?: "fast" | "stock";
  /**
   * Folder whose `node_modules` is searched first for an engine's package, then this package's own surroundings.
   * Default: the working directory.
   */
  projectDir?: string;
}

/** What became of an attempt to load an engine. */
export type Loaded =
  | { available: true; device: string; threads: number; reason: string }
  | { available: false; reason: string; remedy: string };

/** One engine, as a file under `engines/` describes it. */
export interface EngineDescriptor {
  name: EngineName;
  trains: boolean;
  /** Loads what the engine needs and says whether it can be used; it may be called again. */
  load(options: EngineOptions): Promise<Loaded>;
  /** Makes it the current backend; called only where `load` said that it is available. */
  activate(options: EngineOptions): Promise<void>;
}
