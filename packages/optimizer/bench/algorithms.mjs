/** The algorithms whose cost is measured, by the name that the tables print, each with its defaults but for what is named. */
import * as optimizer from "@roga/optimizer";

/** What every ratio is taken to. */
export const baseline = "ERM";

export const algorithms = {
  [baseline]: () => optimizer.erm(),
  "ERM, EMA": () => optimizer.erm(),
  "RoGA own, α = 0": () => optimizer.roga({ alpha: 0 }),
  "RoGA own": () => optimizer.roga(),
  "RoGA shared, α = 0": () => optimizer.roga({ ascent: "shared", alpha: 0 }),
  "RoGA shared": () => optimizer.roga({ ascent: "shared" }),
  "RoGA all, α = 0": () => optimizer.roga({ perturbedLoss: "all", alpha: 0 }),
  "RoGA all": () => optimizer.roga({ perturbedLoss: "all" }),
  gacFasRelease: () => optimizer.gacFasRelease(),
  SAM: () => optimizer.sam(),
  ASAM: () => optimizer.asam(),
  SAGM: () => optimizer.sagm(),
  GroupDRO: () => optimizer.groupDro(),
  VREx: () => optimizer.vrex(),
  IRM: () => optimizer.irm(),
  CORAL: () => optimizer.coral(),
  MLDG: () => optimizer.mldg(),
  Fish: () => optimizer.fish(),
  Fishr: () => optimizer.fishr(),
};

/** The names of those that keep an average of the weights as well. */
export const averaged = new Set(["ERM, EMA"]);

/** Ordinary training on one batch of all domains, without the package. */
export const plain = "one batch of all domains";
