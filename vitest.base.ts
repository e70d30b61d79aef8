import { defineConfig } from "vitest/config";

/** Tests run on the sources of every workspace package, so they need no build. */
const conditions = ["@roga/source", "module", "node", "development|production"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ["@roga/source", "node"] } },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    reporters: ["default", ["json", { outputFile: "test-results/tests.json" }]],
  },
});
