/** The contestants: ours, and the peers with what each needs to run at its best. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { asArguments } from "./options.mjs";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const python = process.env.PYTHON ?? "/usr/bin/python3";
/** Without compiled files left beside the sources. */
const script = (path) => ["-B", file(path)];
const shape = ["net", "size", "batch", "classes", "threads"];

/** The environment that fixes the number of threads of everything that is built on OpenMP. */
const environment = ({ threads }) => ({ OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) });

/** The path of tcmalloc, if it is installed (Debian: libtcmalloc-minimal4). */
function tcmalloc() {
  const cache = execFileSync("/sbin/ldconfig", ["-p"], { encoding: "utf8" });
  return cache.match(/=> (\S*libtcmalloc(?:_minimal)?\.so\.4)$/m)?.[1];
}

/** A contestant of ours: a JavaScript file and its arguments besides the shared ones. */
export const javascript = (label, path, args, options) => ({
  label,
  command: process.execPath,
  args: [path, ...args, ...asArguments(options, [...shape, "backend", "bf16"])],
  env: environment(options),
});

/** Our contestant. */
export const ours = (task, options, label = `TensorFlow.js, ${options.backend}${options.bf16 ? ", bf16" : ""}`) =>
  javascript(label, file("contestants/tfjs.mjs"), ["--task", task], options);

/** PyTorch, eager, in each of its modes; with `--bf16` also under autocast. */
export const pytorch = (task, options) => pytorchModes(file("peers/contestant.py"), ["--task", task], options);

/** The same for any script that takes the options of `peers/contestant.py` and those in `args`. */
export function pytorchModes(path, args, options) {
  const contestant = (label, flags, env = {}) => ({
    label: `PyTorch ${label}`,
    command: python,
    args: ["-B", path, ...args, ...asArguments(options, shape), ...flags],
    env: { ...environment(options), ...env },
  });
  const entries = [contestant("default", []), contestant("channels_last", ["--channels-last"])];
  const library = tcmalloc();
  if (!library) {
    console.warn("PyTorch with tcmalloc, its fastest mode, is left out: libtcmalloc_minimal.so.4 is not installed");
    return entries;
  }
  const preload = { LD_PRELOAD: library };
  entries.push(contestant("channels_last, tcmalloc", ["--channels-last"], preload));
  if (options.bf16) entries.push(contestant("channels_last, tcmalloc, bf16", ["--channels-last", "--bf16"], preload));
  return entries;
}

/** onnxruntime-node on the PyTorch net, which is written to `folder` first. */
export function onnxruntime(options, folder) {
  const model = `${folder}/${options.net}.onnx`;
  const args = [...script("peers/export_onnx.py"), ...asArguments(options, ["net", "size", "batch", "classes"])];
  execFileSync(python, [...args, "--out", model], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return {
    label: "onnxruntime-node",
    command: process.execPath,
    args: [file("contestants/onnxruntime.mjs"), "--model", model, ...asArguments(options, shape)],
    env: environment(options),
  };
}

/** Gflop/s of PyTorch's BLAS and of its convolutions: the first much lower means that a reference BLAS is installed. */
export function productRates(options) {
  const args = [...script("peers/product_rates.py"), "--threads", String(options.threads)];
  return JSON.parse(execFileSync(python, args, { encoding: "utf8", env: { ...process.env, ...environment(options) } }));
}

/** Those of `entries` whose label contains one of the comma-separated `only`; the first one stays. */
export function selected(entries, only) {
  if (only === undefined) return entries;
  const wanted = only.split(",").map((part) => part.trim().toLowerCase());
  return entries.filter(({ label }, i) => i === 0 || wanted.some((part) => label.toLowerCase().includes(part)));
}
