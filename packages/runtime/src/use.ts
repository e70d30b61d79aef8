/**
 * Picks an engine and makes it current. TensorFlow.js itself is imported here, when it is first needed: its package
 * brings the JavaScript backend and the gradients of the operations, which tfjs-core alone does not have.
 */
import { cpuKernelsInstalled, installCpuKernels } from "./cpu-kernels/index.js";
import type { Engine, EngineDescriptor, EngineOptions, EngineReport, Loaded } from "./engine.js";
import { engines } from "./engines/index.js";
import { EngineUnavailableError, UnknownEngineError } from "./errors.js";
import { checkOptions } from "./options.js";

/**
 * Makes an engine the one that TensorFlow.js computes on.
 *
 * @param name an engine's name, or `"auto"` for the first of {@link engineNames} that can be used here
 * @param options see {@link EngineOptions}
 * @returns what was picked, on which device, and why; with "auto" the reason says why each better one was passed over
 * @throws UnknownEngineError when there is no engine of that name
 * @throws EngineUnavailableError when the engine cannot be used here, with the reason and what to do about it
 * @throws EngineOptionError when an option has no such value, or does not apply to the named engine
 */
export async function use(name: string = "auto", options: EngineOptions = {}): Promise<Engine> {
  checkOptions(name, options);
  await import("@tensorflow/tfjs");
  if (name === "auto") return useBest(options);
  const engine = engines.find((candidate) => candidate.name === name);
  if (engine === undefined) throw new UnknownEngineError(name);
  const loaded = await engine.load(options);
  if (!loaded.available) throw new EngineUnavailableError(engine.name, loaded.reason, loaded.remedy);
  return activate(engine, loaded, options, "asked for by name");
}

/**
 * Says of every engine whether it can be used here and why, best first. Packages of engines are loaded to find out;
 * the current backend stays what it is.
 *
 * @param options see {@link EngineOptions}; only `projectDir` and `device` have an effect here
 * @throws EngineOptionError when an option has no such value
 */
export async function listEngines(options: EngineOptions = {}): Promise<EngineReport[]> {
  checkOptions("auto", options);
  await import("@tensorflow/tfjs");
  const reports: EngineReport[] = [];
  // One after another: two of the packages register a backend of the same name.
  for (const engine of engines) {
    reports.push({ name: engine.name, trains: engine.trains, ...(await engine.load(options)) });
  }
  // An engine's package may have brought another copy of TensorFlow.js, which registered its kernels over ours.
  if (cpuKernelsInstalled()) installCpuKernels();
  return reports;
}

async function useBest(options: EngineOptions): Promise<Engine> {
  const passedOver: string[] = [];
  for (const engine of engines) {
    const loaded = await engine.load(options);
    const objection = loaded.available ? await engine.objection?.(options) : loaded.reason;
    if (loaded.available && objection === undefined) {
      const reason = ["the best that can be used here", ...passedOver].join("; ");
      return activate(engine, loaded, options, reason);
    }
    passedOver.push(`${engine.name}: ${objection}`);
  }
  throw new Error("the cpu engine is always available");
}

async function activate(
  engine: EngineDescriptor,
  { device, threads }: Extract<Loaded, { available: true }>,
  options: EngineOptions,
  reason: string,
): Promise<Engine> {
  await engine.activate(options);
  return { name: engine.name, device, threads: engine.threadsInUse?.() ?? threads, reason };
}
