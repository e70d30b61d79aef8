/** Every algorithm of the package with options under which all of its parts are at work, for tests that hold for all. */
import {
  type Algorithm,
  asam,
  type CommonOptions,
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

type Common = Pick<CommonOptions, "seed" | "batchNormPass" | "clip" | "diagnostics">;

const annealed = { lambda: 0.5, annealSteps: 2 };

/** Makes each of them. Penalties jump at step 2. */
export const algorithms: Readonly<Record<string, (options?: Common) => Algorithm>> = {
  erm: (options) => erm(options),
  roga: (options) => roga({ rho: 0.3, alpha: 0.01, ...options }),
  sam: (options) => sam({ rho: 0.3, ...options }),
  asam: (options) => asam({ rho: 0.7, ...options }),
  sagm: (options) => sagm({ rho: 0.3, alpha: 0.01, ...options }),
  gacFasRelease: (options) => gacFasRelease({ rho: 0.3, alpha: 0.01, ...options }),
  groupDro: (options) => groupDro({ eta: 0.5, ...options }),
  vrex: (options) => vrex({ ...annealed, ...options }),
  irm: (options) => irm({ ...annealed, ...options }),
  coral: (options) => coral(options),
  mldg: (options) => mldg({ innerLearningRate: 0.05, ...options }),
  fish: (options) => fish({ innerLearningRate: 0.05, ...options }),
  fishr: (options) => fishr({ ...annealed, ...options }),
};

/** Their names. */
export const names = Object.keys(algorithms);

/** Those that evaluate losses at other points than θ. */
export const perturbing = ["roga", "sam", "asam", "sagm", "gacFasRelease", "mldg", "fish"];
