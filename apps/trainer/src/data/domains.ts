/** Which domains a run trains on (sources), and which it only tests on (targets). */
import { fakeDomains, forgeryFamilies, ofSplit, realsOf, type Sample } from "@roga/datasets";
import type { Config } from "../config/schema.js";

/** The families that stand in for the four methods of FaceForensics++, the field's usual source domains. */
const USUAL_SOURCES = ["deepfakes", "face2face", "faceswap", "neuraltextures"];

/** Disjoint names of forgery domains. */
export interface Domains {
  readonly sources: readonly string[];
  readonly targets: readonly string[];
}

/** The families to forge: those given, or the usual sources and all others. */
export function familiesToForge({ data }: Config): Domains {
  const sources = data.sources ?? USUAL_SOURCES;
  return { sources, targets: data.targets ?? without(forgeryFamilies, sources) };
}

/** The domains of a prepared run: a manifest's are those of its training and its test split unless given. */
export function domainsOf(config: Config, samples: readonly Sample[]): Domains {
  const { manifest, sources: givenSources, targets } = config.data;
  if (manifest === null) return familiesToForge(config);
  const sources = givenSources ?? fakeDomains(ofSplit(samples, "train"));
  return { sources, targets: targets ?? without(fakeDomains(ofSplit(samples, "test")), sources) };
}

/** Refuses domains that the validation or the test split cannot measure, before anything is trained. */
export function checkDomains({ sources, targets }: Domains, samples: readonly Sample[]): void {
  const needs = { val: sources, test: [...sources, ...targets] };
  for (const split of ["val", "test"] as const) {
    const available = ofSplit(samples, split);
    for (const domain of needs[split]) {
      const fakes = available.filter((sample) => sample.label === 1 && sample.domain === domain).length;
      const reals = realsOf(available, domain).length;
      if (fakes === 0 || reals === 0) {
        throw new Error(
          `data: the ${split} split needs fakes and reals for domain "${domain}", found ${fakes} and ${reals}`,
        );
      }
    }
  }
}

function without(names: readonly string[], left: readonly string[]): string[] {
  return names.filter((name) => !left.includes(name));
}
