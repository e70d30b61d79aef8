/** Arrays of any elements, the bits of NaNs included. */
import type { DType, NamedArray } from "@roga/weights";
import fc from "fast-check";
import { decodeTensor } from "../../src/decode-tensor.js";
import { bytesPerElement } from "../../src/dtype.js";

/** Arrays of up to three dimensions, of lengths from 0 to 4, of one of the element types. */
export function arbitraryArrays(...dtypes: readonly DType[]): fc.Arbitrary<NamedArray> {
  return fc
    .tuple(
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
      fc.constantFrom(...dtypes),
      fc.infiniteStream(fc.nat(255)),
    )
    .map(([shape, dtype, bytes]) => {
      const length = shape.reduce((product, size) => product * size, bytesPerElement(dtype));
      const content = Uint8Array.from({ length }, () => bytes.next().value);
      if (dtype === "BOOL") for (const index of content.keys()) content[index]! &= 1;
      return decodeTensor("drawn", { dtype, shape }, content.buffer);
    });
}
