/** The configuration as annotated YAML: every option with its default, its type and what it does. */
import { z } from "zod";
import { configSchema } from "./schema.js";

interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
}

/** The annotated default configuration; itself a valid configuration file. */
export function annotatedDefaults(): string {
  const schema = z.toJSONSchema(configSchema, { io: "input" }) as Schema;
  return `${section(schema, "").join("\n")}\n`;
}

function section(schema: Schema, indent: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, option]) => {
    const note = option.description ?? "";
    if (option.properties) return [`${indent}${key}: # ${note}`, ...section(option, `${indent}  `)];
    const choices = alternatives(option);
    const value = JSON.stringify(option.default);
    const setting = `${indent}${key}: ${value}`;
    return [`${setting.padEnd(44)} # ${note}${choices ? ` (${choices})` : ""}`];
  });
}

function alternatives(option: Schema): string {
  if (option.enum) return option.enum.join(" | ");
  const choices = (option.anyOf ?? []).flatMap((one) => one.enum ?? (one.const === undefined ? [] : [one.const]));
  return choices.join(" | ");
}
