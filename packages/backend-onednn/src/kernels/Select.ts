/** Select (`tf.where`): a condition of the shape of the choices, or of their first axis alone. */
import { Select, type SelectInputs, util } from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { kernel } from "../register.js";
import { sameShape } from "./broadcast.js";

export const select = kernel<SelectInputs>(Select, ({ inputs: { condition, t, e }, backend }) => {
  if (!allFloat32(t, e) || !sameShape(t.shape, e.shape)) return undefined;
  const chosen = backend.array(condition);
  if (!(chosen instanceof Uint8Array)) return undefined;
  const rows = condition.shape.length === 1 && condition.shape[0] === t.shape[0];
  if (t.shape.includes(0) || !(rows || sameShape(condition.shape, t.shape))) return undefined;
  const y = backend.make(t.shape);
  backend.addon.select(
    chosen,
    backend.floats(t),
    backend.floats(e),
    y.values,
    util.sizeFromShape(t.shape) / chosen.length,
  );
  return y.info;
});
