/** Runs the comparison of `parity.mjs` alone, which takes too long for the tests. */
import base from "../../../vitest.base.ts";

export default { ...base, test: { ...base.test, include: ["bench/parity.compare.ts"], reporters: ["default"] } };
