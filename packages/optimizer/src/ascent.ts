/**
 * The ascending direction of one domain and the perturbed point that it leads to.
 *
 *     e = ρ T² g / (‖T g‖ + 1e-12)      p = θ + e − α g
 *
 * With T = I this is the worst-case perturbation of sharpness-aware minimization (Foret et al., ICLR 2021); with
 * T = |θ| + η on weight tensors it is the adaptive one of ASAM (Kwon et al., ICML 2021). No gradient flows through e.
 */
import { scale } from "@roga/tensor-utils";
import * as tf from "@tensorflow/tfjs-core";

/** How far and in which metric to ascend. */
export interface AscentOptions {
  /** Radius ρ. */
  readonly rho: number;
  /** Whether T = |θ| + η on weight tensors, or I everywhere. */
  readonly adaptive: boolean;
  /** η. */
  readonly eta: number;
  /** Which variables are weight tensors; T is I on the others. */
  readonly isWeight: (variable: tf.Variable) => boolean;
}

/**
 * The ascending direction e at the variables' present values, by name. It is zero where g is.
 *
 * @param variables θ
 * @param gradient g by variable name; stays the caller's
 * @param squares ‖g‖² of each variable, in their order; shape [variables]; stays the caller's
 * @param epsilon is added to the norm, so that a zero gradient gives no NaN
 */
export function ascent(
  variables: readonly tf.Variable[],
  gradient: tf.NamedTensorMap,
  squares: tf.Tensor,
  options: AscentOptions,
  epsilon = 1e-12,
): tf.NamedTensorMap {
  const { rho, adaptive, eta, isWeight } = options;
  return tf.tidy(() => {
    const scaling = (variable: tf.Variable) =>
      adaptive && isWeight(variable) ? tf.add(tf.abs(variable), eta) : undefined;
    let squaredNorm = tf.sum(squares);
    if (adaptive) {
      const terms = variables.map((variable) =>
        tf.tidy(() => {
          const g = gradient[variable.name]!;
          const t = scaling(variable);
          return tf.sum(tf.square(t === undefined ? g : tf.mul(t, g)));
        }),
      );
      squaredNorm = tf.addN(terms);
    }
    const factor = tf.div<tf.Scalar>(rho, tf.add(tf.sqrt(squaredNorm), epsilon));
    if (!adaptive) return scale(factor, gradient);
    const direction = (variable: tf.Variable) =>
      tf.tidy(() => {
        const step = tf.mul(gradient[variable.name]!, factor);
        const t = scaling(variable);
        return t === undefined ? step : tf.mul(step, tf.square(t));
      });
    return Object.fromEntries(variables.map((variable) => [variable.name, direction(variable)]));
  });
}

/**
 * The point θ + e − α g by variable name. Disposes `e`, tensor by tensor.
 *
 * @param variables θ
 * @param e the ascending direction
 * @param alpha α
 * @param g the ERM gradient, not needed where α is 0; stays the caller's
 */
export function perturbedPoint(
  variables: readonly tf.Variable[],
  e: tf.NamedTensorMap,
  alpha: number,
  g?: tf.NamedTensorMap,
): tf.NamedTensorMap {
  const point: tf.NamedTensorMap = {};
  for (const variable of variables) {
    const ascending = e[variable.name]!;
    point[variable.name] = tf.tidy(() => {
      const up = tf.add(variable, ascending);
      return g === undefined ? up : tf.sub(up, tf.mul(g[variable.name]!, alpha));
    });
    ascending.dispose();
  }
  return point;
}
