/** Checks the options of an engine: that each has a value it can have, and that the named engine has the option. */
import type { EngineName, EngineOptions } from "./engine.js";
import { EngineOptionError } from "./errors.js";

interface Rule {
  engine: EngineName;
  expected: string;
  allows(value: unknown): boolean;
}

const rules: { readonly [option in keyof EngineOptions]: Rule } = {
  kernels: { engine: "cpu", expected: '"fast" or "stock"', allows: (value) => value === "fast" || value === "stock" },
  device: { engine: "tfjs-node-gpu", expected: "a GPU's index from 0", allows: (value) => isWhole(value, 0) },
  threads: { engine: "onednn", expected: "a whole number from 1", allows: (value) => isWhole(value, 1) },
  precision: {
    engine: "onednn",
    expected: '"float32" or "bfloat16"',
    allows: (value) => value === "float32" || value === "bfloat16",
  },
};

/**
 * @param name the engine that was asked for; with "auto" every engine's options may be given
 * @throws EngineOptionError that names the option, what it takes and what came
 */
export function checkOptions(name: string, options: EngineOptions): void {
  for (const [option, { engine, expected, allows }] of Object.entries(rules)) {
    const value = options[option as keyof EngineOptions];
    if (value === undefined) continue;
    if (!allows(value)) throw new EngineOptionError(`${option}: expected ${expected}, got ${JSON.stringify(value)}`);
    if (name !== "auto" && name !== engine) {
      throw new EngineOptionError(`${option}: only the engine "${engine}" has this option, got it with "${name}"`);
    }
  }
}

function isWhole(value: unknown, least: number): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= least;
}
