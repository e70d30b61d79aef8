/**
 * A TensorFlow.js backend named "onednn". Importing this package registers it; `tf.setBackend("onednn")` makes it current
 * and loads the native addon.
 */
import { registerBackend } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { OnednnBackend } from "./backend.js";
import { loadedEngine } from "./engine.js";
import { registerGradients } from "./gradients/index.js";
import { kernels } from "./kernels/index.js";
import { BACKEND, registerKernels } from "./register.js";

export {
  configure,
  describe,
  type EngineDescription,
  getPrecision,
  getThreads,
  type NativeTime,
  nativeTime,
  resetNativeTime,
  setPrecision,
  setThreads,
  trimMemory,
} from "./engine.js";
export { AddonError, OnednnError, SettingError } from "./errors.js";
export type { OnednnOptions, Precision } from "./settings.js";

registerKernels(kernels);
registerGradients();
registerBackend(BACKEND, () => {
  const { addon, settings, queue } = loadedEngine();
  return new OnednnBackend(addon, settings, queue);
});
