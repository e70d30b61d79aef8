/** Dilated convolution layers that can be trained, and are saved as stock ones. */
import { dilatedConv2d } from "@roga/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

/**
 * Makes a stock `Conv2D` layer (stride 1, padding "same") compute through a differentiable operation. Only this instance
 * changes: it is saved as the stock layer that it is, and one made from the saved model gives the same outputs.
 */
export function makeDilatedLayerTrainable(
  layer: LayersModel["layers"][number],
  rate: number,
  activation: "relu" | "linear",
): void {
  layer.call = (inputs) =>
    tf.tidy(() => {
      const x = (Array.isArray(inputs) ? inputs[0]! : inputs) as tf.Tensor4D;
      const [kernel, bias] = layer.weights.map((weight) => weight.read());
      const y = dilatedConv2d(x, kernel as tf.Tensor4D, rate);
      const shifted = bias === undefined ? y : tf.add(y, bias);
      return activation === "relu" ? tf.relu(shifted) : shifted;
    });
}
