/**
 * The contract between an algorithm, a base optimizer and their caller.
 *
 * An algorithm sees variables and one loss closure per domain, evaluates the closures at points of its choosing, and
 * hands one gradient to a base optimizer. It knows nothing of models or data, so it works on any `tf.Variable[]`.
 */
import type { NamedTensorMap, Scalar, Tensor, Variable } from "@tensorflow/tfjs-core";

/** What a joint forward over all domains is told about the pass it is part of. */
export interface JointPass {
  /** At θ, or at a perturbed point. */
  readonly kind: "clean" | "perturbed";
  /** The step, from 0. */
  readonly step: number;
  /**
   * An unsigned 32-bit seed for whatever is random in the closure. It is the same in the clean and the perturbed passes
   * of a step unless the algorithm was told to draw afresh. `Math.random` is seeded with it while the closure runs.
   */
  readonly seed: number;
}

/** What a loss closure is told about the pass it is part of. */
export interface LossPass extends JointPass {
  /** The domain that the closure belongs to. */
  readonly domain: string;
}

/**
 * The mean loss of one domain's batch at the current values of the variables, as a float32 scalar. It is evaluated
 * several times a step, so it must compute the same from the same variables and seed, and change nothing but `buffers`.
 */
export type DomainLoss = (pass: LossPass) => Scalar;

/**
 * What a forward over one domain's batch of n samples gave, for algorithms that penalize more than its loss. Which of
 * the optional parts an algorithm needs stands in its documentation; the others are ignored. All parts must come from
 * the same forward, so that a penalty on them goes back through the model.
 */
export interface DomainOutput {
  /** The mean loss of the batch, a float32 scalar. */
  readonly loss: Scalar;
  /**
   * What `loss` is the mean cross-entropy of, float32: [n] or [n, 1] with a sigmoid, [n, classes] with a softmax. `irm`
   * and `fishr` take the derivative of that cross-entropy in closed form.
   */
  readonly logits?: Tensor;
  /**
   * Labels of shape [n]: with one logit the probability of class 1, in [0, 1]; with several the class, an integer from 0.
   * Labels carry no gradient.
   */
  readonly labels?: Tensor;
  /** What the last linear layer takes, float32 of shape [n, features]. */
  readonly features?: Tensor;
}

/** A forward over one domain's batch: its mean loss alone, or with what the loss was made of; as {@link DomainLoss}. */
export type DomainForward = (pass: LossPass) => Scalar | DomainOutput;

/** A part of one domain's batch, small enough for a forward-backward pass of its own; see {@link StepContext.domainLosses}. */
export interface MicroBatch {
  /** The mean loss of this part. */
  readonly loss: DomainForward;
  /** How many samples it has: an integer of 1 or more. */
  readonly samples: number;
}

/**
 * One forward over the batches of all domains together: the mean loss of each domain, or its output, under the domains'
 * names.
 */
export type JointLosses = (pass: JointPass) => Readonly<Record<string, Scalar | DomainOutput>>;

/** A part of the batches of all domains; see {@link StepContext.jointLosses}. */
export interface JointMicroBatch {
  /** The mean losses of this part, one for every domain of the step. */
  readonly losses: JointLosses;
  /** How many samples of each domain it has: integers of 1 or more. */
  readonly samples: Readonly<Record<string, number>>;
}

/**
 * Makes gradients agree between the ranks of a parallel run: takes the gradient maps of this rank, returns their mean
 * over ranks. It is synchronous, is called with the same maps in the same order on every rank, and may return the maps
 * it was given. Tensors it returns are disposed by the algorithm.
 */
export type Reduce = (gradients: readonly NamedTensorMap[]) => readonly NamedTensorMap[];

/** What one step works on. */
export interface StepContext {
  /** The trainable variables θ: float32, with distinct names, the same ones in every step. */
  readonly variables: readonly Variable[];
  /**
   * One closure per domain of this step. A domain without a batch has no key. A batch that is larger than memory comes as
   * several micro-batches: L_k is then their mean by samples, every pass over the domain takes one forward-backward for
   * each in turn and sums the gradients, which are those of the whole batch but for rounding, and one more
   * parameter-sized buffer, whatever the number of micro-batches, holds the sum.
   *
   * Batch norm sees one micro-batch at a time, so with it the loss is not that of the whole batch; its running statistics
   * move once per micro-batch, on the clean pass only. Every micro-batch has random numbers of its own, the same ones in
   * all passes of the step; those of the first are a lone closure's. An algorithm with a penalty that is no mean over
   * samples needs whole batches, and throws a StepContextError otherwise.
   */
  readonly domainLosses: Readonly<Record<string, DomainForward | readonly MicroBatch[]>>;
  /** What applies the step's gradient. */
  readonly baseOptimizer: BaseOptimizer;
  /**
   * Variables that forward passes write and no gradient moves, such as batch-norm running statistics. The clean pass
   * moves them; after every perturbed pass they are put back. Buffers that are left out here are moved by every pass.
   */
  readonly buffers?: readonly Variable[];
  /** Needed by `batchNormPass: "mixed"`, and not called otherwise. Several micro-batches are taken as those of a domain. */
  readonly jointLosses?: JointLosses | readonly JointMicroBatch[];
  /** Identity by default. */
  readonly reduce?: Reduce;
}

/**
 * How the gradients of one step lie to one another. Everything is computed from the passes that the algorithm takes
 * anyway, and is absent where those do not give it.
 */
export interface StepDiagnostics {
  /**
   * Cosine between g_j and g_k, by the two domains in either order; 0 with a zero gradient. Absent where the step computes
   * no gradient per domain, and for a single domain.
   */
  readonly domainCosines?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** ‖h‖, h the sum of the gradients at perturbed points as they enter the update; absent without perturbed passes. */
  readonly perturbedGradientNorm?: number;
  /** cos(g, h) between the ERM gradient g = Σ w_k g_k and h; 0 where either is zero; absent without both. */
  readonly alignment?: number;
  /**
   * L_k(θ_k) − L_k(θ) by domain, θ_k being the domain's own perturbed point, or the one that all share; absent without
   * perturbed passes. With random numbers drawn afresh for the perturbed pass the difference holds their noise too.
   */
  readonly sharpness?: Readonly<Record<string, number>>;
}

/** What one step found, as plain numbers. */
export interface StepRecord {
  /** The step, from 0. */
  readonly step: number;
  /** L(θ) = Σ w_k L_k(θ) before the update. */
  readonly loss: number;
  /** L_k(θ) before the update, by domain. */
  readonly domainLosses: Readonly<Record<string, number>>;
  /** Norm of the gradient G of the algorithm, before any clipping. */
  readonly gradientNorm: number;
  /** Whether clipping made the gradient smaller than that; present with the option `clip`. */
  readonly clipped?: boolean;
  /** ‖g_k‖ by domain; absent where a step computes no gradient per domain. */
  readonly domainGradientNorms?: Readonly<Record<string, number>>;
  /** The penalty on the domains, before its weight; absent without one. */
  readonly penalty?: number;
  /** Loss at the perturbed points, averaged as the gradients are; absent without perturbed passes. */
  readonly perturbedLoss?: number;
  /** Present in the steps that the option `diagnostics` asks for. */
  readonly diagnostics?: StepDiagnostics;
  /** Forward-backward passes per sample in this step, counting all domains' batches as equally large. */
  readonly forwardBackwards: number;
}

/** A way to turn domain losses into one update of the variables. */
export interface Algorithm {
  /** The name it is known by, such as `roga`. */
  readonly name: string;
  /** Forward-backward passes per sample of an ordinary step (after any warm-up) over so many domains, 1 or more. */
  forwardBackwardsPerSample(domains: number): number;
  /**
   * The most parameter-sized buffers that are held while a forward-backward pass runs, over so many domains: besides
   * the values that the variables have at that time, the gradient which the pass makes, and the base optimizer's state.
   * Micro-batches take one more, a step with diagnostics up to K + 1 more.
   */
  parameterBuffers(domains: number): number;
  /**
   * Takes one step. The variables are read and perturbed before the returned promise first waits, are back at θ, bit
   * for bit, by then, and are written by the base optimizer once all losses and gradients are known to be finite.
   *
   * @throws StepContextError, VariableSetError, LossShapeError, DomainOutputError, DisconnectedVariableError,
   *   NonFiniteError, or what a closure throws (as a rejected promise). Nothing is changed then.
   */
  step(context: StepContext): Promise<StepRecord>;
  /** The algorithm's own state as new tensors, which the caller disposes. */
  state(): NamedTensorMap;
  /**
   * Goes on from a state that `state` gave; the tensors stay the caller's. The next step may have other variables.
   *
   * @throws StateError when it is not such a state
   */
  restore(state: NamedTensorMap): void;
  /** Frees what the algorithm holds. */
  dispose(): void;
}

/** Applies a gradient to variables. */
export interface BaseOptimizer {
  /** The name it is known by, such as `adam`. */
  readonly name: string;
  /** Step size of the updates to come, 0 or more; a schedule sets it. */
  learningRate: number;
  /**
   * Updates every variable. Slots such as momenta are made on the first call and belong to the variables by position.
   *
   * @param gradients a gradient for each variable's name, of its shape; they stay the caller's
   * @param variables the same ones in the same order in every call
   * @throws VariableSetError when a gradient is missing, or shapes differ from those of earlier calls
   */
  applyGradients(gradients: NamedTensorMap, variables: readonly Variable[]): void;
  /** Its state as new tensors, named by slot and position (`momentum/0`); the caller disposes them. */
  state(): NamedTensorMap;
  /**
   * Goes on, bit for bit, from a state that `state` gave; the tensors stay the caller's.
   *
   * @throws StateError when it is not such a state
   */
  restore(state: NamedTensorMap): void;
  /** Frees its slots. */
  dispose(): void;
}
