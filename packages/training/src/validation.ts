/**
 * Validation on held-out identities of the source domains, and the rules that select an epoch by it:
 * "source-validation", the epoch with the best macro AUC over the source domains, the earlier one on a tie (DomainBed's
 * training-domain validation), and "last-epoch", which is how averages that end a training are meant. No target domain
 * has a part in either; a rule that looks at the test set is an oracle.
 */
import { REAL_DOMAIN, realsOf, type Sample } from "@roga/datasets";
import type { StepPlan } from "./batches.js";

/** The default rule by which an epoch is selected; a rule is named beside every number that depends on it. */
export const SELECTION = "source-validation";

/** The rules by which an epoch can be selected. */
export const SELECTIONS = [SELECTION, "last-epoch"] as const;

/** A rule by which an epoch is selected. */
export type Selection = (typeof SELECTIONS)[number];

/** What to validate on after each epoch. */
export interface ValidationOptions {
  /** Images of identities that training never sees, with fakes and reals for every domain of the plan. */
  readonly samples: readonly Sample[];
  /** Images a forward pass. Default 32. */
  readonly batchSize?: number;
}

/** How an epoch did on the validation images. */
export interface ValidationResult {
  /** The epoch, from 1. */
  readonly epoch: number;
  /** Steps taken by its end. */
  readonly step: number;
  /** Mean AUC over the domains whose AUC is defined; `null` if there is none. */
  readonly macroAuc: number | null;
  /** Frame-level AUC of each source domain; `null` where undefined. */
  readonly auc: Readonly<Record<string, number | null>>;
  /** Mean over the source domains of their mean cross-entropy in nats; `null` if no image of one could be read. */
  readonly loss: number | null;
  /** The average of weights that was scored, such as `ema`; absent where the present weights were. */
  readonly average?: string;
  /** The loss of the present weights, where an average that goes by it was scored. */
  readonly presentLoss?: number;
  /** Images scored. */
  readonly images: number;
  /** Ids of images that could not be read; they are in no figure. */
  readonly skipped: readonly string[];
  /** Wall time, in seconds. */
  readonly seconds: number;
}

/** The selected epoch. */
export interface BestEpoch {
  /** The epoch, from 1. */
  readonly epoch: number;
  /** Its macro AUC over the source domains, on the validation images. */
  readonly macroAuc: number;
}

/** The validation images cannot select an epoch, or would select on people that the model was trained on. */
export class ValidationSetError extends Error {
  /** The class's name. */
  override readonly name = "ValidationSetError";
}

/**
 * The selected one of the best epoch so far and the latest. By AUC ties go to the earlier, and an undefined one is never
 * best; where the last epoch has none, there is no best.
 */
export function selectEpoch(
  best: BestEpoch | null,
  latest: Pick<ValidationResult, "epoch" | "macroAuc">,
  selection: Selection = SELECTION,
): BestEpoch | null {
  const { epoch, macroAuc } = latest;
  const latestBest = macroAuc === null ? null : { epoch, macroAuc };
  if (selection === "last-epoch") return latestBest;
  return latestBest !== null && (best === null || latestBest.macroAuc > best.macroAuc) ? latestBest : best;
}

/**
 * Checks validation images against the plan before a run, so that it fails now rather than after its first epoch.
 *
 * @throws {@link ValidationSetError} if a domain of the plan has no fakes or no reals among them, they hold other
 *   domains, or an identity is in the plan's first epoch, too.
 */
export function checkValidationSet(samples: readonly Sample[], plan: StepPlan): void {
  for (const domain of plan.domains) {
    if (!samples.some((sample) => sample.label === 1 && sample.domain === domain)) {
      throw new ValidationSetError(`validation.samples: expected fakes of domain "${domain}", got none`);
    }
    if (realsOf(samples, domain).length === 0) {
      throw new ValidationSetError(`validation.samples: expected reals for domain "${domain}", got none`);
    }
  }
  const stranger = samples.find(({ domain }) => domain !== REAL_DOMAIN && !plan.domains.includes(domain));
  if (stranger) {
    const names = plan.domains.map((domain) => `"${domain}"`).join(", ");
    throw new ValidationSetError(
      `validation.samples: expected source domains only (${names}), got "${stranger.domain}" in sample "${stranger.id}"`,
    );
  }
  const heldOut = new Set(samples.map((sample) => sample.identity));
  for (let step = 0; step < plan.stepsPerEpoch; step++) {
    const seen = plan.step(0, step).flatMap((slice) => slice.samples);
    const shared = seen.find((sample) => heldOut.has(sample.identity));
    if (shared) {
      throw new ValidationSetError(
        `validation.samples: expected identities that training does not see, got "${shared.identity}", ` +
          `which training sample "${shared.id}" shows`,
      );
    }
  }
}
