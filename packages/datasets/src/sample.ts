/**
 * A sample: one image file with what is known of it. Adapters (`folder/`, `manifest/`) enumerate samples and
 * decode nothing; `load/` decodes. The schema is what every adapter's output passes.
 */
import { isAbsolute } from "node:path";
import { z } from "zod";

/** The domain name of real images that every forgery domain shares. */
export const REAL_DOMAIN = "real";

/** Names of the splits, in the order in which functions return and print them. */
export const SPLITS = ["train", "val", "test"] as const;

/** A part of a data set: what a run learns from, selects on, and reports on. */
export type Split = (typeof SPLITS)[number];

/** The class of a sample: 0 = real, 1 = fake. */
export type Label = 0 | 1;

/** One image of a data set. */
export interface Sample {
  /** Unique within a data set; score tables and logs name samples by it. */
  readonly id: string;
  /** Absolute path of the image file. */
  readonly path: string;
  /** 0 = real, 1 = fake. */
  readonly label: Label;
  /** The forgery method of a fake; `"real"` for reals, or the domain's name where reals belong to one domain only. */
  readonly domain: string;
  /**
   * The video that the image is a frame of; a still image is a video of its own. Unique together with label and
   * domain only: releases reuse one name for several methods, see {@link videoKey}.
   */
  readonly video: string;
  /** The person shown. Splits never separate two samples of one identity. */
  readonly identity: string;
  /** The split that the sample is assigned to; `null` if to none. */
  readonly split: Split | null;
  /** Absolute path of the mask of the manipulated region, where there is one. */
  readonly mask?: string | undefined;
}

const text = z.string().min(1, "must not be empty");
const absolute = text.refine(isAbsolute, "must be an absolute path");

/** Validates a {@link Sample}; unknown members are refused, and a fake must name a forgery domain. */
export const sampleSchema: z.ZodType<Sample> = z
  .strictObject({
    id: text,
    path: absolute,
    label: z.union([z.literal(0), z.literal(1)]),
    domain: text,
    video: text,
    identity: text,
    split: z.enum(SPLITS).nullable(),
    mask: absolute.optional(),
  })
  .refine((sample) => sample.label === 0 || sample.domain !== REAL_DOMAIN, {
    path: ["domain"],
    message: `must name the forgery method of a fake, not "${REAL_DOMAIN}"`,
  });

/** What tells videos apart: label, domain and video name together. */
export function videoKey(sample: Pick<Sample, "label" | "domain" | "video">): string {
  return JSON.stringify([sample.label, sample.domain, sample.video]);
}

/**
 * The reals that stand against the fakes of `domain`: those that belong to this domain alone,
 * or where there are none, the shared ones (domain `"real"`).
 */
export function realsOf(samples: readonly Sample[], domain: string): Sample[] {
  const own = samples.filter((sample) => sample.label === 0 && sample.domain === domain);
  if (own.length > 0) return own;
  return samples.filter((sample) => sample.label === 0 && sample.domain === REAL_DOMAIN);
}

/** The forgery domains that the fakes among `samples` belong to, sorted by name. */
export function fakeDomains(samples: readonly Sample[]): string[] {
  return [...new Set(samples.filter((sample) => sample.label === 1).map((sample) => sample.domain))].sort();
}
