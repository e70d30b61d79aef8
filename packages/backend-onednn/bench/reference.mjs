/** Reads what `peers/reference.py` wrote, with weights and gradients in TensorFlow.js' layout. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { asArguments } from "./options.mjs";

/** Where the axes of TensorFlow.js' weights stand among PyTorch's. */
const axes = { conv: [2, 3, 1, 0], depthwise: [2, 3, 0, 1], dense: [1, 0], vector: [0] };

/** The arrays of a safetensors file by name, as {shape, data}. */
function readArrays(path) {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, start));
  const types = { F32: Float32Array, F64: Float64Array };
  const arrays = new Map();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    const [from, to] = offsets.map((offset) => bytes.byteOffset + start + offset);
    arrays.set(name, { shape, data: new types[dtype](bytes.buffer.slice(from, to)) });
  }
  return arrays;
}

/** An array with its axes in another order. */
function transpose({ shape, data }, order) {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const target = order.map((axis) => shape[axis]);
  const out = new data.constructor(data.length);
  const index = target.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    out[i] = data[index.reduce((sum, position, axis) => sum + position * strides[order[axis]], 0)];
    for (let axis = target.length - 1; axis >= 0 && ++index[axis] === target[axis]; axis--) index[axis] = 0;
  }
  return { shape: target, data: out };
}

/**
 * What PyTorch computes with the net of `options`: `images`, `labels`, `weights` (one for each entry of `state`, which
 * comes from `buildNet`), and for "f64" and "f32" `evaluation`, `training` (logits), `loss` and `gradients` (one for each
 * entry of `state`, undefined for the batch norms' statistics). Every array is {shape, data}.
 */
export function reference(options, state, python = process.env.PYTHON ?? "/usr/bin/python3") {
  const folder = mkdtempSync(`${tmpdir()}/roga-bench-`);
  try {
    const script = fileURLToPath(new URL("peers/reference.py", import.meta.url));
    const args = asArguments(options, ["net", "size", "batch", "classes"]);
    execFileSync(python, ["-B", script, ...args, "--out", `${folder}/reference`], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    const arrays = readArrays(`${folder}/reference`);
    const count = [...arrays.keys()].filter((name) => name.startsWith("state.")).length;
    if (count !== state.length) throw new Error(`PyTorch's net has ${count} arrays, ours ${state.length}`);
    const ordered = (prefix) =>
      state.map(({ kind }, i) => {
        const array = arrays.get(`${prefix}.${i}`);
        return array && transpose(array, axes[kind]);
      });
    const computed = (precision) => ({
      ...Object.fromEntries(
        ["evaluation", "training", "loss"].map((name) => [name, arrays.get(`${precision}.${name}`)]),
      ),
      gradients: ordered(`${precision}.grad`),
    });
    return {
      images: arrays.get("images"),
      labels: arrays.get("labels"),
      weights: ordered("state"),
      f64: computed("f64"),
      f32: computed("f32"),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
