/** Strict reading of what the package writes: SVG as XML, HTML as a browser would parse it. */

import { type DefaultTreeAdapterTypes, parse } from "parse5";
import { SaxesParser } from "saxes";

/** Names that would break out of markup, scripts, styles, templates, plots and terminals if anything let them. */
export const HOSTILE = [
  '<script>alert("1")</script>',
  `"><img src=x onerror=alert(1)>`,
  "'; alert(1); //</style><svg onload=alert(1)>",
  "&lt;b&gt; ]]> <!-- {{x}}",
  "a.b[0]['c']\\ datum.x \u001b[31m\u0000\u202e",
  "__proto__",
  "constructor",
  "$ref",
];

/** An element with its attributes and direct text. */
export interface Element {
  name: string;
  attributes: Record<string, string>;
  text: string;
}

/** The elements of an XML document; throws unless it is well formed and namespaces resolve. */
export function parseXml(xml: string): Element[] {
  const parser = new SaxesParser({ xmlns: true });
  const elements: Element[] = [];
  const open: Element[] = [];
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const entries = Object.values(attributes).map((attribute): [string, string] => [attribute.name, attribute.value]);
    const element = { name, attributes: Object.fromEntries(entries), text: "" };
    elements.push(element);
    open.push(element);
  });
  parser.on("text", (text) => {
    const current = open.at(-1);
    if (current) current.text += text;
  });
  parser.on("closetag", () => {
    open.pop();
  });
  parser.write(xml).close();
  return elements;
}

/** The elements of an HTML document as a browser builds them. */
export function parseHtml(text: string): Element[] {
  const elements: Element[] = [];
  const walk = (node: DefaultTreeAdapterTypes.Node) => {
    if ("tagName" in node) {
      const attributes = Object.fromEntries(node.attrs.map(({ name, value }) => [name, value]));
      const direct = node.childNodes.map((child) => ("value" in child ? child.value : "")).join("");
      elements.push({ name: node.tagName, attributes, text: direct });
    }
    if ("childNodes" in node) node.childNodes.forEach(walk);
  };
  walk(parse(text));
  return elements;
}
