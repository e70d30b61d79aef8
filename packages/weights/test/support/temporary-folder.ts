/** A folder for the files of one test. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";

/** A folder that each test of a file, or of a `describe`, finds empty, and that is gone after it. */
export function temporaryFolder() {
  let path = "";
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "weights-"));
  });
  afterEach(async () => {
    await rm(path, { recursive: true });
  });
  return {
    /** Where it is. */
    get path(): string {
      return path;
    },
    /** The path of a file in it. */
    file(name: string): string {
      return join(path, name);
    },
  };
}
