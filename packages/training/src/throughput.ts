/**
 * How fast a run goes and how long it still takes. Images a second counts each training image of a step once,
 * whatever the algorithm does with it; forward-backwards a second counts every pass of every image, so it compares
 * engines where the first compares algorithms. Both are over the time of whole steps, waiting for images included,
 * and without validation and checkpoints.
 */

/** Steps over which the running average forgets all but 1/e of what it held. */
const MEMORY_STEPS = 20;

/** What one step took. */
export interface StepCost {
  /** Wall time, in seconds. */
  readonly seconds: number;
  /** Unique training images. */
  readonly images: number;
  /** Forward-backward passes times images. */
  readonly forwardBackwards: number;
}

/** Speed over some steps. */
export interface Speed {
  /** Unique training images a second. */
  readonly imagesPerSecond: number;
  /** Forward-backward passes of one image a second. */
  readonly forwardBackwardsPerSecond: number;
}

/** Totals and running averages of the steps of one process. */
export class Throughput {
  #weight = 0;
  #smooth: StepCost = { seconds: 0, images: 0, forwardBackwards: 0 };
  #total: StepCost = { seconds: 0, images: 0, forwardBackwards: 0 };
  #validationSeconds = 0;

  /** Counts one step. */
  addStep(cost: StepCost): void {
    const keep = Math.exp(-1 / MEMORY_STEPS);
    this.#smooth = combine(this.#smooth, cost, (average, value) => keep * average + (1 - keep) * value);
    this.#total = combine(this.#total, cost, (sum, value) => sum + value);
    this.#weight = keep * this.#weight + (1 - keep);
  }

  /** Notes how long the latest validation took. */
  addValidation(seconds: number): void {
    this.#validationSeconds = seconds;
  }

  /** The speed of late, exponentially averaged; zero before the first step. */
  get recent(): Speed {
    return speed(this.#smooth);
  }

  /** The speed over all steps; zero before the first. */
  get overall(): Speed & StepCost {
    return { ...speed(this.#total), ...this.#total };
  }

  /** Seconds that `steps` more steps and `validations` more validations would take at the pace of late. */
  secondsLeft(steps: number, validations: number): number {
    // The average starts from zero; dividing by the weight it has gathered removes that bias.
    const perStep = this.#weight > 0 ? this.#smooth.seconds / this.#weight : 0;
    return perStep * steps + this.#validationSeconds * validations;
  }
}

function combine(a: StepCost, b: StepCost, f: (a: number, b: number) => number): StepCost {
  return {
    seconds: f(a.seconds, b.seconds),
    images: f(a.images, b.images),
    forwardBackwards: f(a.forwardBackwards, b.forwardBackwards),
  };
}

function speed(cost: StepCost): Speed {
  const per = (count: number) => (cost.seconds > 0 ? count / cost.seconds : 0);
  return { imagesPerSecond: per(cost.images), forwardBackwardsPerSecond: per(cost.forwardBackwards) };
}
