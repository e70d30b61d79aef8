/** The options that every algorithm of this package takes. */
import type { StreamName } from "@roga/tensor-utils/random";
import type { StepDiagnostics } from "../contract.js";
import { domainWeights, oneOf, seed } from "../options.js";
import { type ClipOptions, clipCheck } from "./clipping.js";
import { type DiagnosticsOptions, diagnosticsCheck } from "./diagnostics.js";

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
  /**
   * Limits the gradient before the base optimizer sees it; not at all by default. `{ norm: c }` scales a gradient whose
   * norm over all variables exceeds c down to c, `{ value: c }` cuts every component to [−c, c].
   */
  readonly clip?: ClipOptions | undefined;
  /**
   * `{ every: n }` adds {@link StepDiagnostics} to the records of steps 0, n, 2n, …; none by default. It costs no pass and
   * changes no bit of the training, but such a step holds all domains' gradients and h: up to K + 1 more
   * parameter-sized buffers.
   */
  readonly diagnostics?: DiagnosticsOptions | undefined;
}

/** The common options with their defaults filled in. */
export interface ResolvedCommonOptions {
  /** See {@link CommonOptions.weights}. */
  readonly weights: Readonly<Record<string, number>> | undefined;
  /** See {@link CommonOptions.batchNormPass}. */
  readonly batchNormPass: "perDomain" | "mixed";
  /** See {@link CommonOptions.seed}. */
  readonly seed: StreamName | bigint;
  /** See {@link CommonOptions.clip}. */
  readonly clip: ClipOptions | undefined;
  /** See {@link CommonOptions.diagnostics}. */
  readonly diagnostics: DiagnosticsOptions | undefined;
}

/** Checks of the options that every algorithm takes. */
export const commonChecks = {
  weights: domainWeights,
  batchNormPass: oneOf("perDomain", "mixed"),
  seed,
  clip: clipCheck,
  diagnostics: diagnosticsCheck,
};

/** Defaults of the options that every algorithm takes. */
export const commonDefaults: ResolvedCommonOptions = {
  weights: undefined,
  batchNormPass: "perDomain",
  seed: 0,
  clip: undefined,
  diagnostics: undefined,
};
