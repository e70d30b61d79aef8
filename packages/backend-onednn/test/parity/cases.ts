/** All cases of the comparison with references, kernel by kernel. */
import { batchNormCases } from "./batch-norm.js";
import type { Case } from "./case.js";
import { convolutionCases } from "./convolution.js";
import { elementwiseCases } from "./elementwise.js";
import { fusedConvolutionCases } from "./fused-convolution.js";
import { gradientCases } from "./gradients.js";
import { layoutCases } from "./layout.js";
import { listCases } from "./lists.js";
import { matmulCases } from "./matmul.js";
import { poolingCases } from "./pooling.js";
import { reductionCases } from "./reduction.js";

export const allCases = (): Case[] => [
  ...elementwiseCases(),
  ...reductionCases(),
  ...layoutCases(),
  ...matmulCases(),
  ...convolutionCases(),
  ...fusedConvolutionCases(),
  ...poolingCases(),
  ...batchNormCases(),
  ...listCases(),
  ...gradientCases(),
];
