/** Samples that no file stands behind. */
import type { Sample } from "@roga/datasets";

/** A sample with what a test says of it; its domain, video and identity follow from the rest. */
export function sample(id: string, fields: Partial<Sample> = {}): Sample {
  const { label = 0 } = fields;
  const domain = label === 1 ? "deepfakes" : "real";
  return { id, path: `/data/${id}.png`, label, domain, video: id, identity: id, split: null, ...fields };
}

/** So many fakes of a domain. */
export function fakes(domain: string, count: number): Sample[] {
  return Array.from({ length: count }, (_, i) => sample(`${domain}-${i}`, { label: 1, domain }));
}

/** So many reals, of the shared domain unless another is named. */
export function reals(count: number, domain = "real"): Sample[] {
  return Array.from({ length: count }, (_, i) => sample(`real-${domain}-${i}`, { domain }));
}
