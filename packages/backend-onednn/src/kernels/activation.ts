/** Activations that native kernels compute together with what precedes them; the numbers are those of native/activation.h. */
import type { Activation } from "@roga/ops";

export const activationNumber: Readonly<Record<Activation, number>> = { linear: 0, relu: 1, relu6: 2, swish: 3 };
