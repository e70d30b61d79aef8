/**
 * Puts fused gradients in the place of TensorFlow.js' own, which are composed of several operations. Gradient functions
 * are registered per kernel and not per backend: ours act while this backend is current and call the original
 * otherwise, and where the gradient is itself differentiated.
 */
import {
  type GradConfig,
  type GradFunc,
  getBackend,
  getGradient,
  registerGradient,
  unregisterGradient,
} from "@tensorflow/tfjs-core";
import { BACKEND } from "../register.js";
import { isRecording } from "./tape.js";

/** Makes a kernel's fused gradient function; `original` is for the cases that it does not take. */
export type Override = (original: GradFunc) => GradFunc;

const ours = new WeakSet<GradConfig>();

/** Puts the overrides in place where they are not. `@tensorflow/tfjs`, imported later, registers its own again. */
export function installGradients(overrides: Readonly<Record<string, Override>>): void {
  for (const [kernelName, override] of Object.entries(overrides)) {
    const config = getGradient(kernelName);
    if (config === undefined || ours.has(config)) continue;
    const fused = override(config.gradFunc);
    const replacement: GradConfig = {
      ...config,
      gradFunc: (dy, saved, attrs) =>
        getBackend() === BACKEND && !isRecording() ? fused(dy, saved, attrs) : config.gradFunc(dy, saved, attrs),
    };
    ours.add(replacement);
    unregisterGradient(kernelName);
    registerGradient(replacement);
  }
}
