/**
 * Names as they may be shown. Names come from folders and manifests and can hold anything, so control characters,
 * unpaired surrogates and direction overrides are written out: they could steer a terminal, break an XML document
 * or disguise a name. Markup is not escaped here: each output format does that itself.
 */

const UNSAFE = /[\p{Cc}\p{Cs}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

/** Writes invisible and unsafe characters as `\u{…}`. */
export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Number of characters (code points) of the text. */
export function width(text: string): number {
  return [...text].length;
}

/** Shortens to `limit` characters by an ellipsis in the middle, since names of a family differ at either end. */
export function shorten(text: string, limit: number): string {
  const characters = [...text];
  if (characters.length <= limit) return text;
  const head = Math.ceil((limit - 1) / 2);
  return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - (limit - 1 - head)).join("")}`;
}

/**
 * The label to show for each name: visible, at most `limit` characters, and different for different names
 * (names that would look alike get `#2`, `#3` … after them) and from the `reserved` labels.
 */
export function labelsOf(
  names: readonly string[],
  limit: number,
  reserved: readonly string[] = [],
): Map<string, string> {
  const labels = new Map<string, string>();
  const taken = new Set(reserved);
  for (const name of names) {
    if (labels.has(name)) continue;
    const full = visible(name);
    let label = shorten(full, limit);
    for (let i = 2; taken.has(label); i++) label = `${shorten(full, limit - `#${i}`.length)}#${i}`;
    taken.add(label);
    labels.set(name, label);
  }
  return labels;
}
