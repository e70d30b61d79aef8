/** Cast between float32 and the other numeric types. A cast to float32 gives an array of floats. */
import { Cast, type CastAttrs, type CastInputs } from "@tensorflow/tfjs-core";
import { kernel } from "../register.js";

export const cast = kernel<CastInputs, CastAttrs>(
  Cast,
  ({ inputs: { x }, attrs: { dtype }, backend }) => {
    if (x.dtype === dtype) {
      backend.incRef(x.dataId);
      return { dataId: x.dataId, shape: x.shape, dtype };
    }
    const values = backend.array(x);
    if (x.dtype !== "float32" && dtype === "float32") {
      const integers = values instanceof Int32Array;
      if (!integers && !(values instanceof Uint8Array)) return undefined;
      const y = backend.make(x.shape);
      if (integers) backend.addon.intsToFloats(values, y.values);
      else backend.addon.bytesToFloats(values, y.values);
      return y.info;
    }
    if (x.dtype !== "float32") return undefined;
    const floats = backend.floats(x);
    if (dtype === "int32") {
      const integers = new Int32Array(floats.length);
      backend.addon.floatsToInts(floats, integers);
      return backend.holding(x.shape, dtype, integers);
    }
    if (dtype === "bool" && floats.length > 0) {
      const bytes = new Uint8Array(floats.length);
      const notEqual = 1;
      backend.addon.compare(notEqual, floats, new Float32Array(1), bytes, Int32Array.of(floats.length, 1, 0));
      return backend.holding(x.shape, dtype, bytes);
    }
    return undefined;
  },
  { types: "all casts but those between float32 and int32 or bool" },
);
