/** What the operations compute, in float64 loops: the kernels of the backend that tests make, and references for them. */

/** The activations and their derivatives. */
export const ACTIVATIONS: Record<string, { f: (z: number) => number; derivative: (z: number) => number }> = {
  linear: { f: (z) => z, derivative: () => 1 },
  relu: { f: (z) => (z > 0 ? z : 0 * z), derivative: (z) => (z > 0 ? 1 : 0) },
  relu6: { f: (z) => (z > 6 ? 6 : z > 0 ? z : 0 * z), derivative: (z) => (z > 0 && z <= 6 ? 1 : 0) },
  swish: {
    f: (z) => z / (1 + Math.exp(-z)),
    derivative: (z) => (1 + z * (1 - 1 / (1 + Math.exp(-z)))) / (1 + Math.exp(-z)),
  },
};

/** Values that a batch norm takes: γ and β are absent where the operation has none. */
export interface Normalized {
  readonly x: ArrayLike<number>;
  readonly channels: number;
  readonly gamma?: ArrayLike<number> | undefined;
  readonly beta?: ArrayLike<number> | undefined;
  readonly epsilon: number;
  readonly activation: string;
}

function columns(values: ArrayLike<number>, channels: number): number[][] {
  return Array.from({ length: channels }, (_, c) => Array.from(values).filter((_, i) => i % channels === c));
}

/** y, mean and variance. */
export function batchNorm({ x, channels, gamma, beta, epsilon, activation }: Normalized): number[][] {
  const mean = columns(x, channels).map((column) => column.reduce((sum, v) => sum + v, 0) / column.length);
  const variance = columns(x, channels).map(
    (column, c) => column.reduce((sum, v) => sum + (v - mean[c]!) ** 2, 0) / column.length,
  );
  const y = Array.from(x, (v, i) => {
    const c = i % channels;
    const normalized = (v - mean[c]!) / Math.sqrt(variance[c]! + epsilon);
    return ACTIVATIONS[activation]!.f(normalized * (gamma?.[c] ?? 1) + (beta?.[c] ?? 0));
  });
  return [y, mean, variance];
}

/** dx, dγ and dβ. */
export function batchNormGradient(input: Normalized & { dy: ArrayLike<number> }): number[][] {
  const { x, channels, gamma, beta, epsilon, activation, dy } = input;
  const [, mean, variance] = batchNorm(input);
  const normalized = Array.from(x, (v, i) => {
    const c = i % channels;
    return (v - mean![c]!) / Math.sqrt(variance![c]! + epsilon);
  });
  const dz = Array.from(dy, (d, i) => {
    const c = i % channels;
    return d * ACTIVATIONS[activation]!.derivative(normalized[i]! * (gamma?.[c] ?? 1) + (beta?.[c] ?? 0));
  });
  const sums = (values: number[]) => columns(values, channels).map((column) => column.reduce((sum, v) => sum + v, 0));
  const dBeta = sums(dz);
  const dGamma = sums(dz.map((d, i) => d * normalized[i]!));
  const count = x.length / channels;
  const dx = dz.map((d, i) => {
    const c = i % channels;
    const centred = d - (dBeta[c]! + normalized[i]! * dGamma[c]!) / count;
    return ((gamma?.[c] ?? 1) / Math.sqrt(variance![c]! + epsilon)) * centred;
  });
  return [dx, dGamma, dBeta];
}

/** New value and momentum of one entry. */
export function sgdStep(
  [v, g, m]: readonly [number, number, number],
  options: { learningRate: number; momentum: number; nesterov: boolean; weightDecay: number },
): [number, number] {
  const d = options.weightDecay === 0 ? g : g + options.weightDecay * v;
  if (options.momentum === 0) return [v - options.learningRate * d, 0];
  const momentum = options.momentum * m + d;
  return [v - options.learningRate * (options.nesterov ? d + options.momentum * momentum : momentum), momentum];
}

/** New value, first and second moment of one entry. */
export function adamStep(
  [v, g, m, s]: readonly [number, number, number, number],
  o: { learningRate: number; beta1: number; beta2: number; epsilon: number; weightDecay: number; step: number },
): [number, number, number] {
  const d = o.weightDecay === 0 ? g : g + o.weightDecay * v;
  const first = o.beta1 * m + (1 - o.beta1) * d;
  const second = o.beta2 * s + (1 - o.beta2) * d * d;
  const denominator = Math.sqrt(second / (1 - o.beta2 ** o.step)) + o.epsilon;
  return [v - (o.learningRate * (first / (1 - o.beta1 ** o.step))) / denominator, first, second];
}
