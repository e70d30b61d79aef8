/** The test figures of a trained model as the report's records, from its score table alone. */
import type { DomainResult } from "@roga/report";
import { type ScoreTable, summarize } from "@roga/training";
import type { Config } from "../config/schema.js";
import type { Domains } from "../data/domains.js";

/** AUC, EER and AP of every source and target domain that the table holds, with bootstrap intervals over videos. */
export function testResults(
  table: ScoreTable,
  { sources, targets }: Domains,
  config: Config,
): Record<string, DomainResult> {
  const { level, replicates } = config.evaluation;
  const { domains } = summarize(table, {
    domains: [...sources, ...targets],
    level,
    bootstrap: { replicates, seed: config.dataSeed },
  });
  return Object.fromEntries(
    Object.entries(domains).map(([name, { auc, eer, ap, fakes, reals, videos }]): [string, DomainResult] => [
      name,
      { auc: interval(auc), eer: interval(eer), ap: interval(ap), fakes, reals, videos },
    ]),
  );
}

type Interval = DomainResult["auc"];

const interval = ({ value, low, high }: Interval): Interval => ({ value, low, high });
