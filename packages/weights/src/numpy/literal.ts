/**
 * Python literals as NumPy writes them into headers: dictionaries, lists, tuples, texts, whole numbers, True, False and
 * None. A parser of that grammar and nothing else: no names, no calls, no expressions; nothing is ever evaluated.
 */

/** A parsed literal: lists and tuples are arrays, dictionaries with texts as keys are maps. */
export type Literal = string | number | boolean | null | readonly Literal[] | ReadonlyMap<string, Literal>;

/** Lists in lists; NumPy's own headers nest three deep. */
const MAX_DEPTH = 16;

const WORDS: Readonly<Record<string, boolean | null>> = { True: true, False: false, None: null };

/** A text that is no such literal. */
export class LiteralError extends Error {}

/**
 * Parses one literal; white space may surround it.
 * @throws LiteralError that says at which character.
 */
export function parseLiteral(text: string): Literal {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Literal {
    if (depth > MAX_DEPTH) throw this.#error("too many brackets");
    const first = this.#peek();
    if (first === "{") return this.#dictionary(depth);
    if (first === "[") return this.#items("]", depth);
    if (first === "(") return this.#tuple(depth);
    if (first === "'" || first === '"') return this.#string();
    return this.#word();
  }

  end(): void {
    if (this.#peek() !== "") throw this.#error("expected the end");
  }

  #dictionary(depth: number): ReadonlyMap<string, Literal> {
    this.#at++;
    const entries = new Map<string, Literal>();
    while (!this.#take("}")) {
      const key = this.#string();
      if (entries.has(key)) throw this.#error(`${JSON.stringify(key)} stands there twice`);
      if (!this.#take(":")) throw this.#error('expected ":"');
      entries.set(key, this.value(depth + 1));
      if (!this.#take(",") && this.#peek() !== "}") throw this.#error('expected "," or "}"');
    }
    return entries;
  }

  #tuple(depth: number): Literal {
    const start = this.#at;
    const items = this.#items(")", depth);
    // `(3)` is the number 3, which no header means.
    if (items.length === 1 && !/,\s*\)$/.test(this.#text.slice(start, this.#at))) throw this.#error('expected ","');
    return items;
  }

  #items(close: string, depth: number): readonly Literal[] {
    this.#at++;
    const items: Literal[] = [];
    while (!this.#take(close)) {
      items.push(this.value(depth + 1));
      if (!this.#take(",") && this.#peek() !== close) throw this.#error(`expected "," or "${close}"`);
    }
    return items;
  }

  /** Without escapes, which no header of an array needs. */
  #string(): string {
    const quote = this.#peek();
    if (quote !== "'" && quote !== '"') throw this.#error("expected a text in quotes");
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (end < 0) throw this.#error("the text has no end");
    const content = this.#text.slice(this.#at + 1, end);
    if (/[\\\n\r]/.test(content)) throw this.#error("the text holds an escape or a line break");
    this.#at = end + 1;
    return content;
  }

  #word(): Literal {
    const [word] = this.#text.slice(this.#at, this.#at + 24).match(/^-?\w*/) as RegExpMatchArray;
    if (Object.hasOwn(WORDS, word)) {
      this.#at += word.length;
      return WORDS[word]!;
    }
    // Python 2 wrote long integers as `3L`.
    if (!/^-?(0|[1-9]\d{0,18})L?$/.test(word)) throw this.#error("expected a literal");
    this.#at += word.length;
    return Number.parseInt(word, 10);
  }

  /** The next character that is no white space; "" at the end. */
  #peek(): string {
    while (/^\s$/.test(this.#text.charAt(this.#at))) this.#at++;
    return this.#text.charAt(this.#at);
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #error(detail: string): LiteralError {
    return new LiteralError(`${detail} at character ${this.#at}`);
  }
}
