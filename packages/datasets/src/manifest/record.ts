/**
 * One line of a manifest: its columns, and what each may hold. Both formats come down to this record of strings.
 */
import { z } from "zod";
import type { Sample } from "../sample.js";

/** Columns that every manifest has. */
export const REQUIRED_COLUMNS = ["path", "label", "domain", "video", "split"] as const;

/** All columns that a manifest may have. */
export const COLUMNS: readonly string[] = [...REQUIRED_COLUMNS, "id", "identity", "mask"];

/** A manifest line before its paths are resolved. */
export interface ManifestRecord {
  readonly path: string;
  readonly label: "real" | "fake";
  readonly domain: string;
  readonly video: string;
  readonly split: Sample["split"];
  readonly id?: string | undefined;
  readonly identity?: string | undefined;
  readonly mask?: string | undefined;
}

const required = (column: string) =>
  z
    .string({ error: (issue) => `${column} must be text, got ${show(issue.input)}` })
    .min(1, `${column} must not be empty`);

/** CSV has no way to leave a field out but to leave it empty. */
const optional = (column: string) =>
  z
    .string({ error: (issue) => `${column} must be text, got ${show(issue.input)}` })
    .transform((text) => (text === "" ? undefined : text))
    .optional();

const schema = z
  .strictObject({
    path: required("path"),
    label: z.enum(["real", "fake"], {
      error: (issue) => `label must be "real" or "fake", got ${show(issue.input)}`,
    }),
    domain: required("domain"),
    video: required("video"),
    split: z
      .enum(["train", "val", "test", ""], {
        error: (issue) => `split must be "train", "val", "test" or empty, got ${show(issue.input)}`,
      })
      .nullable()
      .transform((split) => (split === "" ? null : split)),
    id: optional("id"),
    identity: optional("identity"),
    mask: optional("mask"),
  })
  .refine((record) => record.label === "real" || record.domain !== "real", {
    message: 'domain of a fake must name its forgery method, got "real"',
  });

/** The record that `value` is, or what is wrong with it. */
export function parseRecord(value: unknown): { record: ManifestRecord } | { problem: string } {
  const result = schema.safeParse(value);
  if (result.success) return { record: result.data };
  const issue = result.error.issues[0];
  if (issue === undefined) return { problem: "is not a valid record" };
  if (issue.code === "unrecognized_keys") return { problem: unknownColumn(issue.keys[0] ?? "") };
  if (issue.code === "invalid_type" && issue.path.length === 0)
    return { problem: `expected an object, got ${show(value)}` };
  return { problem: issue.message };
}

/** The message for a column that no manifest has. */
export function unknownColumn(name: string): string {
  return `unknown column ${show(name)}, expected ${COLUMNS.join(", ")}`;
}

/** A value as a message shows it. */
export function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
