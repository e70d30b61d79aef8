/**
 * Penalty weights that begin small and jump, as in DomainBed: a strong penalty from the first step would hold a network
 * near its initial weights.
 */
import { atLeast, count, flag } from "../options.js";

/** Options of algorithms with an annealed penalty. */
export interface AnnealingOptions {
  /** How many steps at the start have the small penalty weight. An integer of 0 or more. */
  readonly annealSteps?: number;
  /**
   * Whether the base optimizer begins anew at the step that first has the full weight: its moments are those of another
   * objective and would let that step overshoot. True by default. It needs a base optimizer whose state can be saved,
   * which a stock TensorFlow.js one cannot; the first step says so.
   */
  readonly resetOptimizer?: boolean;
}

/** The same with their defaults filled in, and the penalty's weight. */
export interface ResolvedAnnealing {
  /** λ. */
  readonly lambda: number;
  /** See {@link AnnealingOptions.annealSteps}. */
  readonly annealSteps: number;
  /** See {@link AnnealingOptions.resetOptimizer}. */
  readonly resetOptimizer: boolean;
}

/** Checks of these options. */
export const annealingChecks = { lambda: atLeast(0), annealSteps: count, resetOptimizer: flag };

/** The penalty's weight in a step, from 0. */
export function penaltyWeight({ lambda, annealSteps }: ResolvedAnnealing, step: number, initial: number): number {
  return step < annealSteps ? initial : lambda;
}

/** The step that finds the base optimizer as if it were new, if one does. */
export function resetStep({ annealSteps, resetOptimizer }: ResolvedAnnealing): { readonly resetStep?: number } {
  return resetOptimizer && annealSteps > 0 ? { resetStep: annealSteps } : {};
}
