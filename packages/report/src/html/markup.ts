/**
 * HTML text that is safe by construction: the `html` template escapes every string put into it, and only what it made
 * itself, or what `trusted` vouches for, passes as markup.
 */

import { visible } from "../labels.js";

/** A piece of HTML. */
export class Markup {
  /** @param text well-formed HTML, all foreign text in it escaped */
  constructor(readonly text: string) {}
}

type Part = Markup | string | number | readonly Part[];

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function written(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(written).join("");
  return visible(String(part)).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** A template for HTML. Strings and numbers are escaped for text and for quoted attributes; arrays are joined. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(strings.reduce((text, string, i) => text + written(parts[i - 1]!) + string));
}

/** Takes text as HTML as it stands: for charts and style sheets of this package, never for names or notes. */
export function trusted(text: string): Markup {
  return new Markup(text);
}
