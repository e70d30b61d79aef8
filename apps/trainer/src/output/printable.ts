/**
 * Text from files as it may be printed. Names of tensors, domains and images can hold anything: control characters that
 * move the cursor, line breaks that pretend to be output, signs that reverse the direction of what follows.
 */
import { WeightConversionError } from "@roga/backbones";
import { WeightsError } from "@roga/weights";

/** Control characters, line and paragraph separators, marks and overrides of direction. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Writes such characters as `\u001b`; everything stays on one line. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The same of each line of a text whose line breaks are its own. What was JSON is the same JSON afterwards. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** What an error says. Those of weight files are of one line and quote names; others may be of several. */
export function messageOf(error: Error): string {
  const ofFile = error instanceof WeightsError || error instanceof WeightConversionError;
  return (ofFile ? printable : printableLines)(error.message);
}
