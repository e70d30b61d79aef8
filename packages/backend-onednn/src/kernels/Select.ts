/** Select (`tf.where`) with a condition of the shape of both choices. */
import { Select, type SelectInputs } from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { kernel } from "../register.js";
import { sameShape } from "./broadcast.js";

export const select = kernel<SelectInputs>(Select, ({ inputs: { condition, t, e }, backend }) => {
  if (!allFloat32(t, e) || !sameShape(t.shape, e.shape)) return undefined;
  const chosen: unknown = backend.data.get(condition.dataId).values;
  if (!(chosen instanceof Uint8Array)) return undefined;
  if (!sameShape(condition.shape, t.shape)) return undefined;
  const y = backend.make(t.shape);
  backend.addon.select(chosen, backend.floats(t), backend.floats(e), y.values);
  return y.info;
});
