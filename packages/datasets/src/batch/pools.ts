/**
 * The pools that a batch plan draws from, and every reason why it cannot.
 */
import { DatasetError } from "../errors.js";
import { fakeDomains, realsOf, type Sample } from "../sample.js";

/** What the slices of one domain are drawn from, ordered by id so that the order of the input has no influence. */
export interface DomainPool {
  readonly domain: string;
  readonly fakes: readonly Sample[];
  readonly reals: readonly Sample[];
}

/** @throws DatasetError if no plan over these domains can exist. */
export function checkPlan(
  samples: readonly Sample[],
  domains: readonly string[],
  perDomain: number,
  minDomains: number,
): void {
  if (!(Number.isSafeInteger(perDomain) && perDomain >= 2 && perDomain % 2 === 0)) {
    throw new DatasetError("batch.perDomain", `expected an even number of at least 2, got ${perDomain}`);
  }
  if (!(Number.isSafeInteger(minDomains) && minDomains >= 1)) {
    throw new DatasetError("batch.minDomains", `expected a whole number of at least 1, got ${minDomains}`);
  }
  if (samples.length === 0) throw new DatasetError("data", "expected real and fake images, got no images at all");
  const fakes = samples.filter((sample) => sample.label === 1).length;
  if (fakes === 0) throw new DatasetError("data", `expected real and fake images, got ${samples.length} reals only`);
  if (fakes === samples.length)
    throw new DatasetError("data", `expected real and fake images, got ${fakes} fakes only`);
  checkUniqueIds(samples);
  const present = fakeDomains(samples);
  const seen = new Set<string>();
  for (const domain of domains) {
    if (seen.has(domain)) throw new DatasetError("data.domains", `"${domain}" is named twice`);
    if (!present.includes(domain)) {
      throw new DatasetError("data.domains", `"${domain}" has no fakes; there are fakes of ${quoted(present)}`);
    }
    seen.add(domain);
  }
  if (domains.length < minDomains) {
    const got = domains.length === 0 ? "none" : `${domains.length} (${quoted(domains)})`;
    throw new DatasetError("data.domains", `expected at least ${minDomains} forgery domains, got ${got}`);
  }
}

/** @throws DatasetError if a domain has fewer than `half` fakes or reals. */
export function poolsOf(samples: readonly Sample[], domains: readonly string[], half: number): DomainPool[] {
  return domains.map((domain) => {
    const fakes = byId(samples.filter((sample) => sample.label === 1 && sample.domain === domain));
    const reals = byId(realsOf(samples, domain));
    for (const [images, name] of [
      [fakes, "fakes"],
      [reals, "reals"],
    ] as const) {
      if (images.length < half) {
        const detail = `domain "${domain}" has ${images.length} ${name}, fewer than the ${half} of one batch`;
        throw new DatasetError("batch.perDomain", detail);
      }
    }
    return { domain, fakes, reals };
  });
}

function checkUniqueIds(samples: readonly Sample[]): void {
  const seen = new Set<string>();
  for (const { id } of samples) {
    if (seen.has(id)) throw new DatasetError("data", `two samples have the id "${id}"`);
    seen.add(id);
  }
}

function byId(samples: readonly Sample[]): Sample[] {
  return [...samples].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
