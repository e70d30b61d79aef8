/** What an engine is: the public records about one, and the descriptor that each file under `engines/` exports. */

/**
 * The names of the engines, in the order in which "auto" prefers them: a GPU before the processor, CUDA before WebGPU,
 * native code before JavaScript. `webgpu` counts for "auto" only on a real GPU that passes a test of its gradients.
 */
export const engineNames = ["tfjs-node-gpu", "webgpu", "onednn", "tfjs-node", "cpu"] as const;

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
   * Which GPU the engine `tfjs-node-gpu` sees, as an index from 0: the rank of a process among those that share a
   * machine. It counts within `CUDA_VISIBLE_DEVICES` where that is set. Default: every GPU is visible. It must be given
   * before the engine is first loaded, and in the main thread. Not an option of the other engines.
   */
  device?: number;
  /** Threads of the engine `onednn`, at least 1. Default: the package's own. Not an option of the other engines. */
  threads?: number;
  /**
   * What the engine `onednn` multiplies in where the processor has bfloat16; tensors and sums stay float32. Default:
   * `"float32"`. Not an option of the other engines.
   */
  precision?: "float32" | "bfloat16";
  /**
   * Folder whose `node_modules` is searched first for an engine's package, then those of the program that runs and of
   * this package.
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
  /** Why "auto" should pass over the engine although it can be used; `undefined` where nothing speaks against it. */
  objection?(options: EngineOptions): Promise<string | undefined>;
  /** Makes it the current backend; called only where `load` said that it is available. */
  activate(options: EngineOptions): Promise<void>;
  /** Threads that one operation may use now that it is current, where the options decide that. */
  threadsInUse?(): number;
}
