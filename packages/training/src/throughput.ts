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

/** The speed of steps that cost so much together; zero for none. */
export function speedOf({ seconds, images, forwardBackwards }: StepCost): Speed {
  const rate = (count: number) => (seconds > 0 ? count / seconds : 0);
  return { imagesPerSecond: rate(images), forwardBackwardsPerSecond: rate(forwardBackwards) };
}

/** The pace of late, as an exponential average over steps. */
export class Pace {
  #weight = 0;
  #average: StepCost = { seconds: 0, images: 0, forwardBackwards: 0 };
  #validationSeconds = 0;
  #lossSeconds = 0;

  /** Counts one step. */
  addStep(cost: StepCost): void {
    const keep = Math.exp(-1 / MEMORY_STEPS);
    const mix = (average: number, value: number) => keep * average + (1 - keep) * value;
    this.#average = {
      seconds: mix(this.#average.seconds, cost.seconds),
      images: mix(this.#average.images, cost.images),
      forwardBackwards: mix(this.#average.forwardBackwards, cost.forwardBackwards),
    };
    this.#weight = mix(this.#weight, 1);
  }

  /** Notes how long the latest validation took. */
  addValidation(seconds: number): void {
    this.#validationSeconds = seconds;
  }

  /** Notes how long the latest validation within an epoch took. */
  addLoss(seconds: number): void {
    this.#lossSeconds = seconds;
  }

  /** The speed of late; zero before the first step. */
  get speed(): Speed {
    return speedOf(this.#average);
  }

  /** Seconds that so many more steps, validations of epochs and losses within epochs would take at this pace. */
  secondsLeft(steps: number, validations: number, losses = 0): number {
    // The average starts from zero; dividing by the weight it has gathered removes that bias.
    const perStep = this.#weight > 0 ? this.#average.seconds / this.#weight : 0;
    return perStep * steps + this.#validationSeconds * validations + this.#lossSeconds * losses;
  }
}
