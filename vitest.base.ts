import { defineConfig } from "vitest/config";

/** Tests run on the sources of every workspace package, so they need no build. */
const conditions = ["@roga/source", "module", "node", "development|production"];

/** Results on another engine than the default stand beside those on it. */
const engine = process.env.ROGA_TEST_ENGINE || "cpu";
const results = `test-results/${engine === "cpu" ? "tests" : `tests-${engine}`}.json`;

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ["@roga/source", "node"] } },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    reporters: ["default", ["json", { outputFile: results }]],
  },
});
