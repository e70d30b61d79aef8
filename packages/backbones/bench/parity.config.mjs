/** Runs the comparison of `parity.mjs` alone, which takes too long for the tests. */
import base from "../../../vitest.base.ts";

const timeouts = { testTimeout: 600_000, hookTimeout: 600_000 };

export default {
  ...base,
  test: { ...base.test, ...timeouts, include: ["bench/parity.compare.ts"], reporters: ["default"] },
};
