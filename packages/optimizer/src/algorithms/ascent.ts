/**
 * The ascending direction of one domain and the perturbed point that it leads to.
 *
 *     e = ρ T² g / (‖T g‖ + 1e-12)      p = θ + e − α g
 *
 * With T = I this is the worst-case perturbation of sharpness-aware minimization (Foret et al., ICLR 2021); with
 * T = |θ| + η on weight tensors it is the adaptive one of ASAM (Kwon et al., ICML 2021). No gradient flows through e.
 */
import { combineLists, type Factor } from "@roga/ops";
import { scale } from "@roga/tensor-utils";
import * as tf from "@tensorflow/tfjs-core";
import { named } from "../step/weighted-sum.js";

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

/** ρ / (norm + epsilon). */
function radius(rho: number, squaredNorm: tf.Tensor, epsilon = 1e-12): tf.Scalar {
  return tf.tidy(() => tf.div<tf.Scalar>(rho, tf.add(tf.sqrt(squaredNorm), epsilon)));
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
  epsilon?: number,
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
    const factor = radius(rho, squaredNorm, epsilon);
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

/** What else moves a perturbed point: down along the ERM gradient g. */
export interface Descent {
  /** α. */
  readonly alpha: number;
  /** g by variable name; stays the caller's. */
  readonly g: tf.NamedTensorMap;
}

/**
 * The point θ + e − α g by variable name.
 *
 * @param variables θ
 * @param e the ascending direction, or what `factor` makes it
 * @param descent α and g; none where α is 0
 * @param factor a factor of `e`
 * @param keep whether `e` stays the caller's; otherwise it is disposed, and its memory becomes the point's
 */
export function perturbedPoint(
  variables: readonly tf.Variable[],
  e: tf.NamedTensorMap,
  descent?: Descent,
  factor: Factor = 1,
  keep = false,
): tf.NamedTensorMap {
  const names = variables.map(({ name }) => name);
  const listed = (map: tf.NamedTensorMap) => names.map((name) => map[name]!);
  const along = descent === undefined ? [] : [listed(descent.g)];
  const factors = [1, factor, ...along.map(() => -descent!.alpha)];
  return named(names, combineLists(factors, [variables, listed(e), ...along], keep ? undefined : 1));
}

/**
 * The point θ + e − α g by variable name, e being the ascending direction of a gradient.
 *
 * @param variables θ
 * @param gradient whose norm and direction e has; disposed unless it is to be kept
 * @param squares as for {@link ascent}
 * @param descent as for {@link perturbedPoint}
 */
export function ascendedPoint(
  variables: readonly tf.Variable[],
  gradient: tf.NamedTensorMap,
  squares: tf.Tensor,
  options: AscentOptions,
  { descent, keep = false, epsilon }: { descent?: Descent | undefined; keep?: boolean; epsilon?: number } = {},
): tf.NamedTensorMap {
  if (options.adaptive) {
    const e = ascent(variables, gradient, squares, options, epsilon);
    if (!keep) tf.dispose(gradient);
    return perturbedPoint(variables, e, descent);
  }
  const factor = tf.tidy(() => radius(options.rho, tf.sum(squares), epsilon));
  const point = perturbedPoint(variables, gradient, descent, factor, keep);
  factor.dispose();
  return point;
}
