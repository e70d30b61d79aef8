/** Batch normalisation with the statistics of the batch, and its gradient; the contract is in `@roga/ops`. */
import {
  BatchNormTraining,
  type BatchNormTrainingAttrs,
  BatchNormTrainingGrad,
  type BatchNormTrainingGradInputs,
  type BatchNormTrainingInputs,
} from "@roga/ops";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { OnednnBackend } from "../backend.js";
import { kernel } from "../register.js";
import { activationNumber } from "./activation.js";

export const batchNormTraining = kernel<BatchNormTrainingInputs, BatchNormTrainingAttrs>(
  BatchNormTraining,
  ({ inputs: { x, gamma, beta }, attrs: { epsilon, activation }, backend }) => {
    const channels = x.shape.at(-1)!;
    const [values, number] = [backend.floats(x), activationNumber(activation)!];
    const factors = new Float32Array(3 * channels);
    // The values are for what reads them to compute. That of a swish costs it as much time as reading them would, but
    // they are most of what a step keeps in memory.
    const deferred = backend.defer(x, { factors, channels, activation: number });
    const y = deferred === undefined ? backend.make(x.shape) : undefined;
    const [mean, variance] = [backend.make([channels]), backend.make([channels])];
    backend.addon.batchNormTraining(
      values,
      optional(backend, gamma),
      optional(backend, beta),
      y?.values,
      mean.values,
      variance.values,
      factors,
      epsilon,
      number,
    );
    return [deferred ?? y!.info, mean.info, variance.info];
  },
);

export const batchNormTrainingGrad = kernel<BatchNormTrainingGradInputs, BatchNormTrainingAttrs>(
  BatchNormTrainingGrad,
  ({ inputs: { dy, x, gamma, beta, mean, variance }, attrs: { epsilon, activation }, backend }) => {
    const channels = [x.shape.at(-1)!];
    const [dx, dgamma, dbeta] = [backend.make(x.shape), backend.make(channels), backend.make(channels)];
    backend.addon.batchNormTrainingBackward(
      backend.floats(dy),
      backend.floats(x),
      optional(backend, gamma),
      optional(backend, beta),
      backend.floats(mean),
      backend.floats(variance),
      backend.knownSums(dy, x, activationNumber(activation)!),
      dx.values,
      dgamma.values,
      dbeta.values,
      epsilon,
      activationNumber(activation)!,
    );
    return [dx.info, dgamma.info, dbeta.info];
  },
);

function optional(backend: OnednnBackend, tensor: TensorInfo | undefined): Float32Array | undefined {
  return tensor && backend.floats(tensor);
}
