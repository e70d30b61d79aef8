/** The kernels that this package implements, one per file, named as TensorFlow.js names them. */
import type { NativeKernel } from "../register.js";
import { addN } from "./AddN.js";
import { batchMatMul } from "./BatchMatMul.js";
import { batchNormTraining, batchNormTrainingGrad } from "./BatchNormTraining.js";
import { binaryKernels } from "./binary.js";
import { cast } from "./Cast.js";
import { conv2D } from "./Conv2D.js";
import { conv2DBackpropFilter } from "./Conv2DBackpropFilter.js";
import { conv2DBackpropInput } from "./Conv2DBackpropInput.js";
import { concatKernels } from "./concat.js";
import {
  depthwiseConv2dNative,
  depthwiseConv2dNativeBackprop,
  depthwiseConv2dNativeBackpropFilter,
  depthwiseConv2dNativeBackpropInput,
} from "./DepthwiseConv2dNative.js";
import { dilatedConv2DGrad } from "./DilatedConv2DGrad.js";
import { fillKernels } from "./Fill.js";
import { fusedBatchNorm, fusedBatchNormGrad } from "./FusedBatchNorm.js";
import { fusedKernels } from "./fused.js";
import { layoutKernels } from "./layout.js";
import { listKernels } from "./lists.js";
import { multiplyReduce } from "./MultiplyReduce.js";
import { poolingKernels } from "./pooling.js";
import { reductionGrad } from "./ReductionGrad.js";
import { reductionKernels } from "./reduction.js";
import { resizeKernels } from "./resize.js";
import { select } from "./Select.js";
import { softmaxKernels } from "./Softmax.js";
import { transpose } from "./Transpose.js";
import { unaryKernels } from "./unary.js";
import { unaryGradientKernels } from "./unary-gradients.js";

export const kernels: readonly NativeKernel[] = [
  ...reductionKernels,
  ...layoutKernels,
  ...concatKernels,
  transpose,
  ...softmaxKernels,
  ...resizeKernels,
  ...unaryKernels,
  ...unaryGradientKernels,
  ...binaryKernels,
  ...fillKernels,
  addN,
  cast,
  select,
  conv2D,
  conv2DBackpropFilter,
  conv2DBackpropInput,
  dilatedConv2DGrad,
  depthwiseConv2dNative,
  depthwiseConv2dNativeBackprop,
  depthwiseConv2dNativeBackpropFilter,
  depthwiseConv2dNativeBackpropInput,
  batchMatMul,
  batchNormTraining,
  batchNormTrainingGrad,
  fusedBatchNorm,
  fusedBatchNormGrad,
  ...fusedKernels,
  ...poolingKernels,
  ...listKernels,
  multiplyReduce,
  reductionGrad,
];
