/** The options that every algorithm of this package takes. */
import type { StreamName } from "@roga/tensor-utils/random";
import { OptionError } from "./errors.js";
import { domainWeights, flag, oneOf, seed } from "./options.js";

/** Options that every algorithm of this package takes. */
export interface CommonOptions {
  /**
   * w_k by domain, normalised over the domains present in a step; every domain needs one then. Equal by default.
   * Numbers of 0 or more.
   */
  readonly weights?: Readonly<Record<string, number>>;
  /**
   * `"perDomain"` (default): one forward per domain, so batch norm normalises each domain on its own. `"mixed"`: one
   * forward over all domains' batches together, by the context's `jointLosses`; the gradient of one domain then costs
   * a pass over all of them.
   */
  readonly batchNormPass?: "perDomain" | "mixed";
  /** Seed of the random numbers inside the closures; 0 by default. */
  readonly seed?: StreamName | bigint;
  /** Whether to record the cosines between the domains' gradients, which keeps all of them; false by default. */
  readonly recordCosines?: boolean;
}

/** The common options with their defaults filled in. */
export interface ResolvedCommonOptions {
  /** See {@link CommonOptions.weights}. */
  readonly weights: Readonly<Record<string, number>> | undefined;
  /** See {@link CommonOptions.batchNormPass}. */
  readonly batchNormPass: "perDomain" | "mixed";
  /** See {@link CommonOptions.seed}. */
  readonly seed: StreamName | bigint;
  /** See {@link CommonOptions.recordCosines}. */
  readonly recordCosines: boolean;
}

/** Checks of the options that every algorithm takes. */
export const commonChecks = {
  weights: domainWeights,
  batchNormPass: oneOf("perDomain", "mixed"),
  seed,
  recordCosines: flag,
};

/** Defaults of the options that every algorithm takes. */
export const commonDefaults: ResolvedCommonOptions = {
  weights: undefined,
  batchNormPass: "perDomain",
  seed: 0,
  recordCosines: false,
};

/**
 * Refuses to record cosines where all domains' losses are gone back through at once.
 *
 * @throws OptionError
 */
export function refuseJointCosines(name: string, { recordCosines, batchNormPass }: ResolvedCommonOptions): void {
  // One joint pass gives the sum of the domains' gradients only.
  if (recordCosines && batchNormPass === "mixed") {
    throw new OptionError(`${name}.recordCosines`, 'false with batchNormPass "mixed"', true);
  }
}
