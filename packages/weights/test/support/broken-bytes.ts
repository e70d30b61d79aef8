/** Ways to break a file: cut anywhere, bits turned over, bytes changed, removed or added. */
import fc from "fast-check";

/** Every beginning of some bytes, from none of them to all but one. */
export function* truncations(bytes: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < bytes.length; length++) yield bytes.slice(0, length);
}

/** The bytes with each of their bits turned over, one at a time. */
export function* bitFlips(bytes: Uint8Array, every = 1): Generator<Uint8Array> {
  for (let bit = 0; bit < bytes.length * 8; bit += every) {
    const flipped = bytes.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    yield flipped;
  }
}

/** The bytes with one to three runs of them changed, removed or added. */
export function edits(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({
    at: fc.nat(bytes.length - 1),
    remove: fc.integer({ min: 0, max: 12 }),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      // Numbers at their limits, where fields of 2, 4 or 8 bytes may stand.
      fc.constantFrom(2, 4, 8).map((length) => new Uint8Array(length).fill(0xff)),
    ),
  });
  return fc.array(edit, { minLength: 1, maxLength: 3 }).map((changes) => {
    const edited = [...bytes];
    for (const { at, remove, insert } of changes) edited.splice(at, remove, ...insert);
    return Uint8Array.from(edited);
  });
}
