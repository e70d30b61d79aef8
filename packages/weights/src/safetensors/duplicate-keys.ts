/**
 * Repeated keys in JSON text. `JSON.parse` keeps the last of them, so that two readers could see two different files;
 * the safetensors format forbids them. Scans by hand, since a header may be 100 MB and a regular expression's stack
 * is not.
 */

/**
 * The first key that an object of the text holds twice; `null` if none does.
 * @param json Text that `JSON.parse` accepts.
 */
export function findDuplicateKey(json: string): string | null {
  // One entry per open bracket: the keys of an object, or null for an array.
  const open: (Set<string> | null)[] = [];
  let lastString = "";
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === "{") open.push(new Set());
    else if (character === "[") open.push(null);
    else if (character === "}" || character === "]") open.pop();
    else if (character === '"') {
      const end = endOfString(json, at);
      lastString = json.slice(at, end);
      at = end - 1;
    } else if (character === ":") {
      const key: string = JSON.parse(lastString);
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return null;
}

/** The position after the closing quote of the string that opens at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}
