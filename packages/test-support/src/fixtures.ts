/** Reads the JSON that the generators under `tools/reference-fixtures/` wrote beside the tests. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * The content of a JSON file named relative to the test file.
 *
 * @param testUrl the test's `import.meta.url`
 * @param path for instance `"fixtures/adam.json"`
 * @typeParam T what the generator wrote; it is not checked
 * @throws Error when the file is absent, SyntaxError when it is not JSON
 */
export function readFixture<T>(testUrl: string, path: string): T {
  return JSON.parse(readFileSync(fileURLToPath(new URL(path, testUrl)), "utf8"));
}
