/** Activations that native kernels compute together with what precedes them; the numbers are those of native/activation.h. */

const numbers = { linear: 0, relu: 1, relu6: 2, swish: 3, sigmoid: 4, elu: 5, leakyrelu: 6 } as const;

/** The addon's number of an activation; `undefined` for one that it does not have, such as "prelu". */
export function activationNumber(name: string | null | undefined): number | undefined {
  return name == null ? numbers.linear : (numbers as Record<string, number>)[name];
}

/** What follows a sum in a native kernel: a bias for each channel, an activation's number, the slope of leaky relu. */
export interface NativeEpilogue {
  bias?: Float32Array;
  activation?: number;
  alpha?: number;
}
