/**
 * Times reading and writing a PyTorch checkpoint of 90 MB against PyTorch on the same files, and prints a table. Both
 * sides time themselves inside their own process, from the path to tensors in memory, the file in the system's cache;
 * rounds alternate between them, so that a busy machine slows both; medians are compared.
 *
 *     npm run bench
 *     PYTHON=/path/to/python3 npm run bench         # a Python with PyTorch
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PyTorchFile, readPyTorch, writePyTorch } from "../dist/index.js";

const ROUNDS = 11;

/** Weights in the proportions of a backbone: pointwise convolutions of 728 channels, and batch norms. */
function makeTensors() {
  let state = 1;
  const random = (shape) => {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let i = 0; i < data.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      data[i] = (state - 2 ** 31) / 2 ** 33;
    }
    return { dtype: "F32", shape, data };
  };
  const tensors = new Map();
  for (let layer = 0; layer < 42; layer++) {
    tensors.set(`module.block${layer}.pointwise.weight`, random([728, 728, 1, 1]));
    for (const name of ["weight", "bias", "running_mean", "running_var"]) {
      tensors.set(`module.block${layer}.bn.${name}`, random([728]));
    }
    const data = BigInt64Array.of(BigInt(layer));
    tensors.set(`module.block${layer}.bn.num_batches_tracked`, { dtype: "I64", shape: [], data });
  }
  return tensors;
}

const folder = mkdtempSync(join(tmpdir(), "roga-weights-bench-"));
const path = (name) => join(folder, `${name}.pth`);
const python = spawn(process.env.PYTHON ?? "/usr/bin/python3", [join(import.meta.dirname, "load_pytorch.py"), folder], {
  stdio: ["pipe", "pipe", "inherit"],
});
python.on("error", (error) => {
  throw new Error(`PYTHON: expected a Python that starts, got ${error.message}`);
});
const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
async function answer() {
  const line = await answers.next();
  if (line.done) throw new Error("PYTHON: expected a Python with PyTorch; it ended (see above)");
  return JSON.parse(line.value);
}
function ask(question) {
  python.stdin.write(`${JSON.stringify(question)}\n`);
  return answer();
}

/** The sum over all tensors, on which both sides must agree. */
function sumOf(tensors) {
  let sum = 0;
  for (const { data } of tensors.values()) for (const value of data) sum += Number(value);
  return sum;
}

async function timed(task) {
  const start = performance.now();
  const value = await task();
  return { value, milliseconds: performance.now() - start };
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

try {
  const { versions } = await answer();
  const tensors = makeTensors();
  const bytes = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  console.log(`Node ${process.versions.node}, ${versions}, ${cpus()[0].model.trim()}`);
  console.log(`${tensors.size} tensors, ${(bytes / 1e6).toFixed(1)} MB; medians of ${ROUNDS} rounds in ms\n`);
  await writePyTorch(path("zip"), tensors);
  await ask({ rewrite: "zip", as: "legacy" });
  const open = async (name) => {
    const file = await PyTorchFile.open(path(name));
    await file.close();
    return file.infos.size;
  };
  const rows = [
    ["read the ZIP format", () => readPyTorch(path("zip")), { load: "zip" }],
    ["read the legacy format", () => readPyTorch(path("legacy")), { load: "legacy" }],
    ["names and shapes, ZIP", () => open("zip"), { map: "zip" }],
    ["write the ZIP format, synced to disk", () => writePyTorch(path("ours"), tensors), { save: "theirs" }],
  ];
  console.log("| | this package | PyTorch | times PyTorch's time |");
  console.log("|---|---:|---:|---:|");
  for (const [name, task, question] of rows) {
    const ours = [];
    const theirs = [];
    let mine;
    let other;
    for (let round = 0; round < ROUNDS; round++) {
      mine = await timed(task);
      ours.push(mine.milliseconds);
      other = await ask(question);
      theirs.push(other.milliseconds);
    }
    if (question.load !== undefined) {
      const [sum, expected] = [sumOf(mine.value.tensors), other.sum];
      if (Math.abs(sum - expected) > 1e-6 * Math.abs(expected)) throw new Error(`${name}: sums ${sum}, ${expected}`);
    }
    const [us, them] = [median(ours), median(theirs)];
    console.log(`| ${name} | ${us.toFixed(1)} | ${them.toFixed(1)} | ${(us / them).toFixed(2)} |`);
  }
} finally {
  python.stdin.end();
  rmSync(folder, { recursive: true });
}
