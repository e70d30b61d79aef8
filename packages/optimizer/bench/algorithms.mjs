/** The algorithms whose cost is measured, by the name that the tables print, each with its defaults but for what is named. */
import {
  asam,
  coral,
  erm,
  fish,
  fishr,
  gacFasRelease,
  groupDro,
  irm,
  mldg,
  roga,
  sagm,
  sam,
  vrex,
} from "@roga/optimizer";

/** What every ratio is taken to. */
export const baseline = "ERM";

export const algorithms = {
  [baseline]: () => erm(),
  "ERM, EMA": () => erm(),
  "RoGA own, α = 0": () => roga({ alpha: 0 }),
  "RoGA own": () => roga(),
  "RoGA shared, α = 0": () => roga({ ascent: "shared", alpha: 0 }),
  "RoGA shared": () => roga({ ascent: "shared" }),
  "RoGA all, α = 0": () => roga({ perturbedLoss: "all", alpha: 0 }),
  "RoGA all": () => roga({ perturbedLoss: "all" }),
  gacFasRelease: () => gacFasRelease(),
  SAM: () => sam(),
  ASAM: () => asam(),
  SAGM: () => sagm(),
  GroupDRO: () => groupDro(),
  VREx: () => vrex(),
  IRM: () => irm(),
  CORAL: () => coral(),
  MLDG: () => mldg(),
  Fish: () => fish(),
  Fishr: () => fishr(),
};

/** The names of those that keep an average of the weights as well. */
export const averaged = new Set(["ERM, EMA"]);

/** Ordinary training on one batch of all domains, without the package. */
export const plain = "one batch of all domains";
