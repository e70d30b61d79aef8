/** A cache of byte arrays with a bound on their total size: what was used longest ago goes first. */
export class ByteCache {
  readonly #limit: number;
  readonly #entries = new Map<string, Uint8Array>();
  #bytes = 0;

  /** @param limit Bytes to hold at most; 0 holds nothing. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Total size of what is held. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Uint8Array | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      // A map iterates in order of insertion, so the first entry is the one unused for longest.
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  /** Holds `value`, unless it alone is larger than the limit. */
  set(key: string, value: Uint8Array): void {
    const old = this.#entries.get(key);
    if (old !== undefined) {
      this.#entries.delete(key);
      this.#bytes -= old.length;
    }
    if (value.length > this.#limit) return;
    this.#entries.set(key, value);
    this.#bytes += value.length;
    for (const [oldest, bytes] of this.#entries) {
      if (this.#bytes <= this.#limit) break;
      this.#entries.delete(oldest);
      this.#bytes -= bytes.length;
    }
  }
}
