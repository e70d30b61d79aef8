/**
 * The step that all algorithms share: check the context, let the algorithm's rule run its passes and form one gradient,
 * read all scalars at once, and only if they are finite let the base optimizer apply the gradient.
 *
 * A step is a transaction. Passes run in one synchronous stretch; the single wait is the read; a failure at any point
 * puts the buffers back and leaves variables, counters and the base optimizer as they were.
 */
import { clone, copyInto } from "@roga/tensor-utils";
import * as tf from "@tensorflow/tfjs-core";
import type { Algorithm, StepContext, StepRecord } from "../contract.js";
import { DisconnectedVariableError, StateError, StepContextError, VariableSetError } from "../errors.js";
import { Clipping } from "./clipping.js";
import type { ResolvedCommonOptions } from "./common-options.js";
import { Diagnostics } from "./diagnostics.js";
import { requireJointLosses, requireMicroBatches } from "./micro-batches.js";
import { byName, Passes } from "./passes.js";
import { type DomainShare, Readout } from "./readout.js";
import { StepState } from "./step-state.js";

/** What distinguishes one algorithm from another. */
export interface StepRule {
  /** See {@link Algorithm.name}. */
  readonly name: string;
  /** See {@link Algorithm.forwardBackwardsPerSample}. */
  forwardBackwardsPerSample(domains: number): number;
  /** See {@link Algorithm.parameterBuffers}. */
  parameterBuffers(domains: number): number;
  /**
   * Runs the passes of a step and gives the gradient to apply, by variable name. Synchronous; tensors that it leaves
   * are disposed, but a map of parameter size should go as soon as it is not needed.
   */
  gradient(passes: Passes, readout: Readout, state: StepState): tf.NamedTensorMap;
  /** What a saved tensor of this name must be, or undefined if it is that. Without it there is no state to save. */
  checkState?(name: string, tensor: tf.Tensor): string | undefined;
  /** The step whose update finds the base optimizer as if it were new, if any does. */
  readonly resetStep?: number;
}

/** Applies a gradient with the base optimizer as if it were new; if that fails it is as it was before. */
function applyAnew({ baseOptimizer, variables }: StepContext, gradient: tf.NamedTensorMap): void {
  const former = baseOptimizer.state();
  try {
    baseOptimizer.dispose();
    baseOptimizer.applyGradients(gradient, variables);
  } catch (error) {
    baseOptimizer.restore(former);
    throw error;
  } finally {
    tf.dispose(former);
  }
}

function shares(context: StepContext, weights: Readonly<Record<string, number>> | undefined): DomainShare[] {
  const names = Object.keys(context.domainLosses);
  if (names.length === 0) throw new StepContextError("domainLosses: expected at least one domain, got none");
  for (const name of names) {
    const loss: unknown = context.domainLosses[name];
    if (Array.isArray(loss)) requireMicroBatches(name, loss);
    else if (typeof loss !== "function") {
      throw new StepContextError(`domainLosses: expected a function for domain "${name}", got ${typeof loss}`);
    }
  }
  if (weights === undefined) return names.map((name) => ({ name, weight: 1 / names.length }));
  const given = names.map((name) => {
    if (!Object.hasOwn(weights, name)) throw new StepContextError(`weights: no weight for domain "${name}"`);
    return { name, weight: weights[name]! };
  });
  const total = given.reduce((sum, { weight }) => sum + weight, 0);
  if (!(total > 0)) throw new StepContextError(`weights: those of domains [${names.join(", ")}] sum to ${total}`);
  return given.map(({ name, weight }) => ({ name, weight: weight / total }));
}

function checkVariables(variables: readonly tf.Variable[]): void {
  if (variables.length === 0) throw new StepContextError("variables: expected at least one, got none");
  const names = new Set<string>();
  for (const { name, dtype, trainable, isDisposed } of variables) {
    if (names.has(name)) throw new StepContextError(`variables: "${name}" stands there twice`);
    names.add(name);
    if (isDisposed) throw new StepContextError(`variables: "${name}" is disposed`);
    if (dtype !== "float32") throw new StepContextError(`variables: "${name}" must be float32, got ${dtype}`);
    if (!trainable) throw new StepContextError(`variables: "${name}" is not trainable`);
  }
}

class SteppedAlgorithm implements Algorithm {
  readonly #rule: StepRule;
  readonly #options: ResolvedCommonOptions;
  #step = 0;
  #variables: readonly { readonly name: string; readonly shape: readonly number[] }[] | undefined;
  #running = false;
  readonly #state = new StepState();

  constructor(rule: StepRule, options: ResolvedCommonOptions) {
    this.#rule = rule;
    this.#options = options;
  }

  get name(): string {
    return this.#rule.name;
  }

  forwardBackwardsPerSample(domains: number): number {
    return this.#rule.forwardBackwardsPerSample(domains);
  }

  parameterBuffers(domains: number): number {
    return this.#rule.parameterBuffers(domains);
  }

  async step(context: StepContext): Promise<StepRecord> {
    if (this.#running) throw new StepContextError("step: the step before has not ended; await it first");
    this.#running = true;
    try {
      return await this.#take(context);
    } finally {
      this.#running = false;
    }
  }

  async #take(context: StepContext): Promise<StepRecord> {
    checkVariables(context.variables);
    this.#checkSameVariables(context.variables);
    const domains = shares(context, this.#options.weights);
    if (this.#options.batchNormPass === "mixed") {
      const names = domains.map(({ name }) => name);
      requireJointLosses(context.jointLosses, names);
    }
    const first = this.#variables === undefined;
    if (first && this.#step <= (this.#rule.resetStep ?? -1)) tf.dispose(context.baseOptimizer.state()); // throws if it cannot
    const buffers = byName(context.buffers ?? []);
    const buffersBefore = clone(buffers);
    try {
      const record = await this.#run(context, domains);
      this.#state.commit();
      this.#step += 1;
      this.#variables = context.variables.map(({ name, shape }) => ({ name, shape }));
      return record;
    } catch (error) {
      copyInto(buffers, buffersBefore);
      this.#state.discard();
      throw error;
    } finally {
      tf.dispose(buffersBefore);
    }
  }

  async #run(context: StepContext, domains: readonly DomainShare[]): Promise<StepRecord> {
    const names = context.variables.map(({ name }) => name);
    const readout = new Readout(this.#step, names);
    const { clip, diagnostics: asked } = this.#options;
    const clipping = clip && new Clipping(clip, readout);
    const diagnostics = asked && this.#step % asked.every === 0 ? new Diagnostics(domains, readout) : undefined;
    const passes = new Passes(context, domains, this.#step, this.#options, readout, diagnostics);
    let read: { gradient: tf.NamedTensorMap; packed: tf.Tensor } | undefined;
    let clipped: tf.NamedTensorMap | undefined;
    try {
      read = tf.tidy(() => {
        const gradient = this.#rule.gradient(passes, readout, this.#state);
        readout.applied(gradient);
        clipping?.measure(gradient);
        diagnostics?.finish();
        return { gradient, packed: readout.packed() };
      });
      if (passes.disconnected.length > 0) throw new DisconnectedVariableError(passes.disconnected, this.#step);
      const values = await read.packed.data<"float32">();
      readout.requireFinite(values);
      clipped = clipping?.clip(read.gradient, values);
      const applied = clipped ?? read.gradient;
      if (this.#step === this.#rule.resetStep) applyAnew(context, applied);
      else context.baseOptimizer.applyGradients(applied, context.variables);
      return {
        ...readout.record(values, passes.forwardBackwards, domains),
        ...(clipping && { clipped: clipped !== undefined }),
        ...(diagnostics && { diagnostics: diagnostics.report(values) }),
      };
    } finally {
      readout.dispose();
      tf.dispose([read ?? [], clipped ?? []]);
    }
  }

  #checkSameVariables(variables: readonly tf.Variable[]): void {
    if (this.#variables === undefined) return;
    const describe = (variable: { readonly name: string; readonly shape: readonly number[] } | undefined) =>
      variable === undefined ? "none" : `"${variable.name}" [${variable.shape}]`;
    for (let index = 0; index < Math.max(this.#variables.length, variables.length); index++) {
      const [before, now] = [describe(this.#variables[index]), describe(variables[index])];
      if (before !== now) {
        throw new VariableSetError(`variables: expected those of the steps before; at ${index} ${before}, got ${now}`);
      }
    }
  }

  state(): tf.NamedTensorMap {
    return { step: tf.scalar(this.#step, "int32"), ...this.#state.save() };
  }

  restore(state: tf.NamedTensorMap): void {
    const { step, ...rest } = state;
    if (step?.rank !== 0 || step.dtype !== "int32") {
      throw new StateError(`${this.name}: expected an int32 scalar "step" in the state, got [${Object.keys(state)}]`);
    }
    const value = step.dataSync()[0]!;
    if (value < 0) throw new StateError(`${this.name}: step must be 0 or more, got ${value}`);
    for (const [name, tensor] of Object.entries(rest)) {
      const expected = this.#rule.checkState === undefined ? "no such tensor" : this.#rule.checkState(name, tensor);
      if (expected === undefined) continue;
      const got = `a ${tensor.dtype} tensor of shape [${tensor.shape}]`;
      throw new StateError(`${this.name}: "${name}" in the state: expected ${expected}, got ${got}`);
    }
    this.#state.replace(rest);
    this.#step = value;
    this.#variables = undefined;
  }

  dispose(): void {
    this.#state.replace({});
    this.#variables = undefined;
  }
}

/** The algorithm that takes its gradients by `rule`. */
export function createAlgorithm(rule: StepRule, options: ResolvedCommonOptions): Algorithm {
  return new SteppedAlgorithm(rule, options);
}
