/**
 * Learning-rate schedules: pure functions of the step that give a factor on the base learning rate, so that a run that
 * resumes needs nothing but its step count.
 *
 *     const schedule = warmup({ steps: 500 }, cosine());
 *     baseOptimizer.learningRate = 2e-4 * schedule({ step, steps });   // before every step
 *
 * With t the step, from 0, and T the steps of the run. A schedule that `warmup` is followed by counts both from there.
 */
import { OptionError } from "../errors.js";
import { atLeast, positiveCount, resolveOptions } from "../options.js";

/** Where a run stands when a learning rate is asked for. */
export interface ScheduleProgress {
  /** t, the step about to be taken, from 0. */
  readonly step: number;
  /** T, the steps of the run, 1 or more. */
  readonly steps: number;
}

/**
 * The factor, 0 or more, on the learning rate of one step.
 *
 * @throws OptionError unless t is an integer of 0 or more and T one of 1 or more
 */
export type Schedule = (progress: ScheduleProgress) => number;

/** A schedule that checks what it is asked. */
function checked(name: string, factor: Schedule): Schedule {
  return (progress) => {
    const { step, steps } = progress;
    if (!Number.isSafeInteger(step) || step < 0) throw new OptionError(`${name}.step`, "an integer >= 0", step);
    if (!Number.isSafeInteger(steps) || steps < 1) throw new OptionError(`${name}.steps`, "an integer >= 1", steps);
    return factor(progress);
  };
}

/**
 * The same factor in every step.
 *
 * @param factor 0 or more; 1 by default
 * @throws OptionError for a factor out of range
 */
export function constant(factor = 1): Schedule {
  const expected = atLeast(0)(factor);
  if (expected !== undefined) throw new OptionError("constant.factor", expected, factor);
  return checked("constant", () => factor);
}

/** Options of {@link cosine}. */
export interface CosineOptions {
  /** f, the factor at the end, 0 or more; 0 by default. */
  readonly final?: number;
}

/**
 * Half a period of a cosine from 1 to f (Loshchilov and Hutter, ICLR 2017, without restarts):
 *
 *     f + (1 − f) (1 + cos(π min(t / T, 1))) / 2
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function cosine(options: CosineOptions = {}): Schedule {
  const { final } = resolveOptions("cosine", options, { final: 0 }, { final: atLeast(0) });
  return checked("cosine", ({ step, steps }) => {
    return final + ((1 - final) * (1 + Math.cos(Math.PI * Math.min(step / steps, 1)))) / 2;
  });
}

/** Options of {@link stepDecay}. */
export interface StepDecayOptions {
  /** n, steps from one reduction to the next, 1 or more. */
  readonly every: number;
  /** γ, the factor of each, 0 or more; 0.1 by default. */
  readonly factor?: number;
}

/**
 * Reductions at regular intervals: γ^⌊t / n⌋.
 *
 * @throws OptionError for an unknown option or a value out of range
 */
export function stepDecay(options: StepDecayOptions): Schedule {
  const { every, factor } = resolveOptions<Required<StepDecayOptions>>(
    "stepDecay",
    options,
    { every: Number.NaN, factor: 0.1 }, // `every` has no default
    { every: positiveCount, factor: atLeast(0) },
  );
  return checked("stepDecay", ({ step }) => factor ** Math.floor(step / every));
}

/** Options of {@link warmup}. */
export interface WarmupOptions {
  /** n, the steps that it takes, 1 or more. */
  readonly steps: number;
  /** s, the factor of the first step, 0 or more; 0 by default, with which the first step changes nothing. */
  readonly start?: number;
}

/**
 * A linear rise, then another schedule:
 *
 *     s + (1 − s) t / n           for t < n
 *     then(t − n, T − n)          from step n on; 1 by default
 *
 * @throws OptionError for an unknown option or a value out of range; the schedule throws where T ≤ n in step n or later
 */
export function warmup(options: WarmupOptions, then: Schedule = constant()): Schedule {
  const { steps: length, start } = resolveOptions<Required<WarmupOptions>>(
    "warmup",
    options,
    { steps: Number.NaN, start: 0 }, // `steps` has no default
    { steps: positiveCount, start: atLeast(0) },
  );
  if (typeof then !== "function") throw new OptionError("warmup.then", "a schedule", then);
  return checked("warmup", ({ step, steps }) => {
    if (step < length) return start + ((1 - start) * step) / length;
    return then({ step: step - length, steps: steps - length });
  });
}
