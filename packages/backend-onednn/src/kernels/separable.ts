/** Separable convolutions in inference: a depthwise one whose output the product that follows reads from the cache. */
import { FusedSeparable, type FusedSeparableAttrs, type FusedSeparableInputs } from "@roga/ops";
import { allFloat32 } from "../backend.js";
import { kernel } from "../register.js";
import { activationNumber } from "./activation.js";
import { depthwise, depthwiseShape, isOwn } from "./DepthwiseConv2dNative.js";
import { pointwise } from "./pointwise.js";

export const fusedSeparable = kernel<FusedSeparableInputs, FusedSeparableAttrs>(
  FusedSeparable,
  ({ inputs, attrs, backend }) => {
    const { x, filter, addend } = inputs;
    if (!allFloat32(x, filter)) return undefined;
    const [channels, outputs] = filter.shape.slice(-2) as [number, number];
    const shape = depthwiseShape(x.shape, inputs.depthwise.shape, attrs);
    const weights = backend.floats(inputs.depthwise);
    const between = inputs.depthwiseBias && backend.floats(inputs.depthwiseBias);
    const bias = inputs.bias && backend.floats(inputs.bias);
    const [before, after] = [activationNumber(attrs.depthwiseActivation)!, activationNumber(attrs.activation)!];
    if (!isOwn(shape) || backend.addon.panelSize(channels, outputs) === 0) {
      const z = backend.make(shape.info.outShape);
      depthwise(backend, shape, x, weights, z.values, { ...(between && { bias: between }), activation: before });
      const y = pointwise(backend, z.info, filter, { ...(bias && { bias }), activation: after }, { addend });
      backend.disposeData(z.info.dataId);
      return y;
    }
    const y = backend.make([...shape.info.outShape.slice(0, 3), outputs]);
    const operand = backend.operand(x);
    backend.addon.separable(
      shape.numbers,
      operand.values,
      operand.factors,
      operand.before,
      weights,
      between,
      before,
      backend.floats(filter),
      outputs,
      backend.panels.of(filter, channels, outputs),
      bias,
      addend && backend.floats(addend),
      y.values,
      after,
    );
    return y.info;
  },
);
