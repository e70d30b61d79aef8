/** Puts Jasmine's `describe`, `it`, `expect` … where the suite looks for them; comes before everything that uses them. */
import { createRequire } from "node:module";

/** What became of a spec or, without a status of its own, of the preparations of a group. */
interface Result {
  status: "passed" | "failed" | "pending" | "excluded";
  fullName: string;
  failedExpectations: { message: string }[];
}

/** The part of Jasmine that runs the suite. */
interface Environment {
  configure(settings: { random: boolean }): void;
  addReporter(reporter: { specDone(result: Result): void; suiteDone(result: Result): void }): void;
  execute(): Promise<unknown>;
}

const jasmine = createRequire(import.meta.url)("jasmine-core") as {
  boot(newInstance: boolean): { getEnv(): Environment };
};

export const environment = jasmine.boot(true).getEnv();
