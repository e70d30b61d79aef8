/** AddN: the sum of any number of tensors of one shape. */
import { AddN, type TensorInfo } from "@tensorflow/tfjs-core";
import { allFloat32 } from "../backend.js";
import { kernel } from "../register.js";
import { sameShape } from "./broadcast.js";

export const addN = kernel<Record<string, TensorInfo>>(AddN, ({ inputs, backend }) => {
  const tensors = Object.values(inputs);
  const shape = tensors[0]!.shape;
  if (!allFloat32(...tensors) || !tensors.every((tensor) => sameShape(tensor.shape, shape))) return undefined;
  const y = backend.make(shape);
  backend.addon.addN(
    tensors.map((tensor) => backend.floats(tensor)),
    y.values,
  );
  return y.info;
});
