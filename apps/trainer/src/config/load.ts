/**
 * From YAML text and command-line settings to a validated configuration. Errors name the option's path, what was
 * expected and what came, one line each.
 */
import { readFile } from "node:fs/promises";
import { parse, YAMLParseError } from "yaml";
import type { z } from "zod";
import { type Config, configSchema } from "./schema.js";

/** A configuration that cannot be used; its message lists every fault. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

type Tree = { [key: string]: unknown };

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

/** Validates a configuration; what it leaves out takes its default. */
export function resolveConfig(input: unknown, source: string): Config {
  const result = configSchema.safeParse(input ?? {}, { reportInput: true });
  if (result.success) return result.data;
  throw new ConfigError(`${source}:\n${result.error.issues.map((issue) => `  ${describeIssue(issue)}`).join("\n")}`);
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${path === "" ? key : `${path}.${key}`}: unknown option`).join("\n  ");
  }
  const expected = issue.message.replace(/^Invalid input: /, "").replace(/^Invalid option: /, "");
  const got = issue.code === "custom" ? "" : `, got ${JSON.stringify(issue.input)}`;
  return `${path === "" ? "configuration" : path}: ${expected}${got}`;
}

/** Reads a YAML file; an empty one is all defaults. */
export async function readConfigFile(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new ConfigError(`${path}: cannot be read: ${(error as Error).message}`);
  }
  try {
    return parse(text) ?? {};
  } catch (error) {
    if (error instanceof YAMLParseError) throw new ConfigError(`${path}: not valid YAML: ${error.message}`);
    throw error;
  }
}

/** Lays settings over a configuration tree: `{"optimizer.learningRate": 0.01}`. */
export function applySettings(tree: unknown, settings: Readonly<Record<string, unknown>>): unknown {
  if (!isTree(tree)) return tree;
  const result = structuredClone(tree);
  for (const [path, value] of Object.entries(settings)) {
    const keys = path.split(".");
    const last = keys.pop() as string;
    let node = result;
    for (const key of keys) {
      const inner = node[key] ?? {};
      if (!isTree(inner)) throw new ConfigError(`--set ${path}: "${key}" has no options of its own`);
      node[key] = inner;
      node = inner;
    }
    node[last] = value;
  }
  return result;
}

/** Reads `path=value`, the value as YAML. */
export function parseSetting(text: string): [string, unknown] {
  const at = text.indexOf("=");
  if (at <= 0) throw new ConfigError(`--set ${text}: expected <option>=<value>, as in optimizer.learningRate=0.001`);
  return [text.slice(0, at), parse(text.slice(at + 1))];
}
