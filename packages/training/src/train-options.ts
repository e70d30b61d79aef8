/** What a training run is made of, and what it returns. */
import type { Algorithm, BaseOptimizer, Schedule, Swad, WeightAverage } from "@roga/optimizer";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { SampleLoader, SliceLoader, StepPlan } from "./batches.js";
import type { TrainingCallbacks } from "./progress.js";
import type { RunDirectory } from "./run-directory.js";
import type { Speed, StepCost } from "./throughput.js";
import type { BestEpoch, Selection, ValidationOptions, ValidationResult } from "./validation.js";

/** An average of the weights over a training run. */
export interface AveragingOptions {
  /** The average, such as `ema()`, `swa()` or `swad()`; it takes in the weights after each step. */
  readonly weights: WeightAverage | Swad;
  /**
   * What becomes of batch normalisation's statistics: `"average"` averages them along, `"recompute"` makes them anew
   * before each validation. Default: `"average"` for `ema`, `"recompute"` for all others.
   */
  readonly statistics?: "average" | "recompute";
  /** From how many steps' batches of the epoch to recompute. Default: all. */
  readonly recomputeSteps?: number;
  /**
   * Of an average that goes by validation losses, `swad`: after how many steps of the run it is told one, besides the ends
   * of epochs, where it always is. Default: there alone.
   */
  readonly validateEvery?: number;
  /** Whether a forward that recomputes takes a domain's batch or all domains' together. Default `"perDomain"`. */
  readonly batchNormPass?: "perDomain" | "mixed";
}

/** A training run. */
export interface TrainOptions {
  /** The detector: NHWC images in, one or two logits an image out. Name its layers, for checkpoints go by name. */
  readonly model: LayersModel;
  /** The algorithm, such as RoGA or ERM. */
  readonly algorithm: Algorithm;
  /** Applies the gradients; its learning rate at the call is the one that `schedule` scales. */
  readonly baseOptimizer: BaseOptimizer;
  /** The batches of each step. */
  readonly plan: StepPlan;
  /** Decodes them, and the validation images. */
  readonly loader: SliceLoader & SampleLoader;
  /** What to validate on after each epoch. */
  readonly validation: ValidationOptions;
  /** Epochs of the whole run, at least 1. */
  readonly epochs: number;
  /** Where log, checkpoints and validation scores go. */
  readonly runDirectory: RunDirectory;
  /** Seed that plan, loader and algorithm were made with; recorded, and a run resumes only under the same one. */
  readonly seed: number;
  /** Learning-rate schedule over the steps of the whole run. Default: constant. */
  readonly schedule?: Schedule;
  /**
   * How many images a forward-backward pass takes at most, of one domain, or of all of them where the algorithm mixes
   * them. A larger batch is taken in parts, which gives the same gradients, except that batch normalisation sees a part at
   * a time. Default: whole batches.
   */
  readonly microBatch?: number;
  /**
   * Averages the weights over the run: validation scores the averages, and so does whoever loads the checkpoint of an
   * epoch. Training itself is the same with and without. Default: none.
   */
  readonly average?: AveragingOptions;
  /** The rule that selects the best epoch. With an average, epochs before its start are not up for selection. Default `"source-validation"`. */
  readonly selection?: Selection;
  /** Steps between checkpoints within an epoch; every epoch ends with one in any case. Default: none between. */
  readonly checkpointEvery?: number;
  /** Texts to store beside the weights in checkpoints, such as which network they are of. Default: none. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** How many of the newest checkpoints to keep, besides the best. Default 2. */
  readonly keepLast?: number;
  /** Whether to go on from the last checkpoint of the run directory; without one the run starts over. Default false. */
  readonly resume?: boolean;
  /** Called as the run goes on. */
  readonly callbacks?: TrainingCallbacks;
  /** Interrupts the run: the step at hand is finished, a checkpoint written, and `train` returns. */
  readonly signal?: AbortSignal | undefined;
}

/** How a run ended. */
export interface TrainResult {
  /** Whether the signal stopped it before its last epoch was validated. */
  readonly interrupted: boolean;
  /** Folder of its last checkpoint, as an absolute path. */
  readonly checkpoint: string;
  /** The selected epoch with its checkpoint's folder; `null` if no epoch has an AUC. */
  readonly best:
    | (BestEpoch & {
        /** Its folder, as an absolute path. */
        readonly checkpoint: string;
      })
    | null;
  /** The rule that selected it. */
  readonly selection: string;
  /** Epochs that are done and validated. */
  readonly epochs: number;
  /** Steps done. */
  readonly steps: number;
  /** How each epoch did. */
  readonly validations: readonly ValidationResult[];
  /** Time, images and speed of all steps, over every process that had a part in the run. */
  readonly throughput: Speed & StepCost;
}
