/**
 * A TensorFlow.js backend named "onednn". Importing this package registers it; `tf.setBackend("onednn")` makes it current.
 */
import { registerBackend } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { OnednnBackend } from "./backend.js";
import { kernels } from "./kernels/index.js";
import { loadAddon } from "./load.js";
import { BACKEND, registerKernels } from "./register.js";
import { defaults } from "./settings.js";

const addon = loadAddon();
registerKernels(kernels);
registerBackend(BACKEND, () => new OnednnBackend(addon, defaults));
