/**
 * `npm test`: sets up, then runs every check of the project one after another, goes on after a failure, and ends
 * with one line `N passed, M failed` over all packages (each unit test counts one, each other check counts one).
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packages, resultFile } from "./native-engine-tests.mjs";
import { environment, root } from "./pnpm.mjs";
import "./setup.mjs";

const checks = [
  ["format and lint", ["biome", "check", "."]],
  ["build", ["turbo", "run", "build", "--output-logs=errors-only"]],
  ["types", ["tsc"]],
  [
    "unit tests",
    ["turbo", "run", "test", "--continue", "--concurrency=1", "--output-logs=new-only", "--log-order=stream"],
  ],
  ["unit tests on the native engine", ["node", "tools/native-engine-tests.mjs"]],
  ["import boundaries and cycles", ["depcruise", "--config", "tools/boundaries.cjs", "packages", "apps"]],
  ["unused code and dependencies", ["knip"]],
  ["packed packages", ["node", "tools/check-packed.mjs"]],
  ["API documentation", ["typedoc", "--logLevel", "Warn"]],
];

/** Adds the passed and failed unit tests of a result file. */
function addResults(count, file) {
  const results = JSON.parse(readFileSync(file, "utf8"));
  count.passed += results.numPassedTests;
  count.failed += results.numFailedTests;
  // A file that cannot even be loaded has no test to fail.
  count.failed += results.testResults.filter(
    (suite) => suite.status === "failed" && suite.assertionResults.length === 0,
  ).length;
}

/** Passed and failed unit tests, from the result files that each package's tests leave. */
function unitTests() {
  const count = { passed: 0, failed: 0 };
  for (const group of ["packages", "apps"]) {
    for (const name of readdirSync(join(root, group))) {
      const file = join(root, group, name, "test-results", "tests.json");
      if (!existsSync(file)) {
        console.error(`${group}/${name}: no test results`);
        count.failed++;
        continue;
      }
      addResults(count, file);
    }
  }
  // None where that engine is not built; its run says so.
  for (const file of packages.map((name) => join(root, resultFile(name)))) {
    if (existsSync(file)) addResults(count, file);
  }
  return count;
}

const total = { passed: 0, failed: 0 };
const lines = [];
for (const [title, [command, ...args]] of checks) {
  console.log(`\n▶ ${title}`);
  const start = performance.now();
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    env: environment,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  const ok = status === 0 && !error;
  lines.push(`${ok ? "✓" : "✗"} ${title} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  total[ok ? "passed" : "failed"]++;
}

const tests = unitTests();
console.log(`\n${lines.join("\n")}`);
console.log(`${tests.passed + total.passed} passed, ${tests.failed + total.failed} failed`);
process.exit(total.failed + tests.failed === 0 ? 0 : 1);
