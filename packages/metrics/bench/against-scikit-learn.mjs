/**
 * Times the ranking metrics against scikit-learn on the same scores and prints a table. Both sides read the same bytes and
 * time themselves inside their own process, arrays in memory to value; rounds alternate between them, so that a busy
 * machine slows both; medians are compared.
 *
 *     npm run bench                                 # 10⁶ and 10⁷ scores
 *     npm run bench -- 100000 1000000               # other sizes
 *     PYTHON=/path/to/python3 npm run bench         # a Python with scikit-learn
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { averagePrecision, equalErrorRate, rankScores, rocAuc, rocCurve } from "../dist/index.js";

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1e6, 1e7];
const rounds = (size) => (size <= 1e6 ? 7 : 3);

/** Each returns a number that both sides must agree on. */
const metrics = {
  "ROC-AUC": (labels, scores) => rocAuc(labels, scores),
  "ROC curve": (labels, scores) => rocCurve(labels, scores).thresholds.length,
  "average precision": (labels, scores) => averagePrecision(labels, scores),
  EER: (labels, scores) => equalErrorRate(labels, scores, { convention: "deepfakebench" }).value,
  "all four": (labels, scores) => {
    const ranked = rankScores(labels, scores);
    rocCurve(ranked);
    averagePrecision(ranked);
    equalErrorRate(ranked, { convention: "deepfakebench" });
    return rocAuc(ranked);
  },
};

/** Fakes a standard deviation above reals, as probabilities; a linear congruential generator makes them anywhere alike. */
function makeData(size) {
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const labels = new Uint8Array(size);
  const float64 = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    labels[i] = uniform() < 0.5 ? 1 : 0;
    const normal = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    float64[i] = 1 / (1 + Math.exp(-(normal + labels[i])));
  }
  const scores = {
    float64,
    float32: Float32Array.from(float64),
    "three decimals": float64.map((x) => Math.round(1000 * x) / 1000),
  };
  return { labels, scores };
}

const folder = mkdtempSync(join(tmpdir(), "roga-metrics-bench-"));
const python = spawn(process.env.PYTHON ?? "python3", [join(import.meta.dirname, "scikit_learn.py"), folder], {
  stdio: ["pipe", "pipe", "inherit"],
});
python.on("error", (error) => {
  throw new Error(`PYTHON: expected a Python that starts, got ${error.message}`);
});
const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
async function answer() {
  const line = await answers.next();
  if (line.done) throw new Error("PYTHON: expected a Python with scikit-learn; it ended (see above)");
  return JSON.parse(line.value);
}
function ask(question) {
  python.stdin.write(`${JSON.stringify(question)}\n`);
  return answer();
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const milliseconds = (value) => value.toFixed(0).padStart(8);

try {
  const { versions } = await answer();
  console.log(`Node ${process.versions.node}, ${versions}, ${cpus()[0].model.trim()}; medians in ms\n`);
  console.log("| scores | kind | metric | this package | scikit-learn | times faster | difference |");
  console.log("|---|---|---|---:|---:|---:|---:|");
  for (const size of sizes) {
    const { labels, scores } = makeData(size);
    writeFileSync(join(folder, "labels"), labels);
    for (const [kind, values] of Object.entries(scores)) {
      writeFileSync(join(folder, "scores"), values);
      await ask({ load: values instanceof Float32Array ? "float32" : "float64" });
      for (const [name, metric] of Object.entries(metrics)) {
        const ours = [];
        const theirs = [];
        let difference = 0;
        for (let round = 0; round < rounds(size); round++) {
          const start = performance.now();
          const value = metric(labels, values);
          ours.push(performance.now() - start);
          const reply = await ask({ metric: name });
          theirs.push(reply.milliseconds);
          difference = Math.max(difference, Math.abs(reply.value - value));
        }
        const [mine, other] = [median(ours), median(theirs)];
        const ratio = (other / mine).toFixed(1);
        console.log(
          `| ${size.toExponential()} | ${kind} | ${name} | ${milliseconds(mine)} | ${milliseconds(other)} | ${ratio} | ${difference} |`,
        );
      }
    }
  }
} finally {
  python.stdin.end();
  rmSync(folder, { recursive: true });
}
