/** A score table taken apart by domain: the fakes of one forgery method against the reals that stand against them. */

import { checkScoreTable } from "./check.js";
import type { ScoreTable } from "./records.js";

/** Domain name of reals that stand against the fakes of every domain without reals of its own. */
const SHARED_REALS = "real";

/** The scores of one domain. */
export interface DomainScores {
  /** Name of the domain. */
  domain: string;
  /** 1 = fake, 0 = real. */
  labels: number[];
  /** Predicted probability of fake. */
  scores: number[];
  /** Number of fakes. */
  fakes: number;
  /** Number of reals, shared ones included. */
  reals: number;
}

/**
 * The domains of a table, in order of first appearance.
 * @throws ReportError if the table is malformed
 */
export function byDomain(table: ScoreTable): DomainScores[] {
  checkScoreTable(table);
  const domains = new Map<string, DomainScores>();
  const add = (to: DomainScores, label: number, score: number) => {
    to.labels.push(label);
    to.scores.push(score);
    if (label === 1) to.fakes++;
    else to.reals++;
  };
  table.domains.forEach((domain, i) => {
    const entry = domains.get(domain) ?? { domain, labels: [], scores: [], fakes: 0, reals: 0 };
    domains.set(domain, entry);
    add(entry, table.labels[i]!, table.scores[i]!);
  });
  const shared = domains.get(SHARED_REALS);
  if (shared === undefined || shared.fakes > 0 || domains.size === 1) return [...domains.values()];
  domains.delete(SHARED_REALS);
  for (const entry of domains.values()) {
    if (entry.reals === 0) for (const score of shared.scores) add(entry, 0, score);
  }
  return [...domains.values()];
}
