/**
 * Values as JSON for other programs, with what JSON has no numbers for as text: `"Infinity"`, `"-Infinity"`, `"NaN"`, and
 * integers beyond 2^53 by their digits.
 */
import { printableLines } from "./printable.js";

export function toJson(value: unknown): string {
  const text = JSON.stringify(
    value,
    (_, member) => {
      if (typeof member === "number" && !Number.isFinite(member)) return String(member);
      if (typeof member !== "bigint") return member;
      const rounded = Number(member);
      return Number.isSafeInteger(rounded) ? rounded : String(member);
    },
    2,
  );
  return printableLines(text);
}
