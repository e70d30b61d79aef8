/** The kernels that this package implements, one per file, named as TensorFlow.js names them. */
import type { NativeKernel } from "../register.js";
import { conv2D } from "./Conv2D.js";
import { conv2DBackpropFilter } from "./Conv2DBackpropFilter.js";
import { conv2DBackpropInput } from "./Conv2DBackpropInput.js";

export const kernels: readonly NativeKernel[] = [conv2D, conv2DBackpropFilter, conv2DBackpropInput];
