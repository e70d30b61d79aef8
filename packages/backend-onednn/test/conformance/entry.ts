/**
 * The program that runs TensorFlow.js' own suite (`dist/tests.js` of the package `@tensorflow/tfjs-core`) on one backend,
 * named by the only argument, and prints what became of every spec as one line of JSON. It is bundled first: the suite
 * is made of modules that Node.js cannot load as they are, and they must share TensorFlow.js with the backend.
 */
// biome-ignore-all lint/style/noRestrictedImports: the suite is there and nowhere else
import { environment } from "./jasmine-globals.js";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
// @ts-expect-error -- it comes without types
import { setTestEnvs } from "@tensorflow/tfjs-core/dist/jasmine_util";
import { loadAddon } from "../../src/load.js";
import { usePooledBackend } from "../support/pooled-backend.js";
import type { SuiteReport } from "./suite.js";

const name = process.argv[2]!;
if (name === "onednn") usePooledBackend();
setTestEnvs([{ name, backendName: name, isDataSync: true }]);
// @ts-expect-error -- likewise; loaded late, since its modules look at the environments above when they are loaded
await import("@tensorflow/tfjs-core/dist/tests");

const report: SuiteReport = { passed: [], failed: [], pending: [], excluded: [], kernelCalls: 0 };
environment.configure({ random: false });
environment.addReporter({
  specDone({ status, fullName, failedExpectations }) {
    report[status].push(status === "failed" ? `${fullName}: ${failedExpectations[0]?.message ?? "failed"}` : fullName);
  },
  suiteDone({ fullName, failedExpectations }) {
    for (const { message } of failedExpectations) report.failed.push(`${fullName}: ${message}`);
  },
});
await environment.execute();
report.kernelCalls = loadAddon().kernelCalls();
process.stdout.write(`\n${JSON.stringify(report)}\n`, () => process.exit(0));
