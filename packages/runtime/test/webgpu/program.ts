/**
 * A program on the engine `webgpu`, in a process of its own: what it found goes to the standard output as JSON, and how
 * the process ends is part of the test. Its argument says what it does.
 */
import * as tf from "@tensorflow/tfjs-core";
import { gradientDisagreement } from "../../src/engines/webgpu/self-test.js";
import { use } from "../../src/index.js";

/** What the program prints, by its argument. */
export interface Findings {
  train: {
    device: string;
    disagreement: string | null;
    kernels: string[];
    auto: { name: string; reason: string };
    sync: { dtype: string; values: number[]; same: boolean }[];
    pendingBeside: number;
  };
  error: { message: string; after: number };
}

function print<T extends keyof Findings>(findings: Findings[T]): void {
  process.stdout.write(`${JSON.stringify(findings)}\n`);
}

/** A product that keeps a software adapter busy for a while. */
function longProduct(): tf.Tensor {
  const x = tf.fill([640, 640], 1);
  return tf.matMul(x, x);
}

const programs: Record<string, () => Promise<void>> = {
  async train() {
    await use("cpu");
    const { device } = await use("webgpu");
    const disagreement = (await gradientDisagreement("webgpu")) ?? null;
    const profiled = await tf.profile(() => tf.add(tf.ones([64, 64]), 1));
    const sync = [];
    for (const dtype of ["float32", "int32", "bool"] as const) {
      const x = tf.cast(tf.range(0, 2000), dtype);
      const computed = dtype === "bool" ? tf.logicalNot(x) : tf.add(x, tf.scalar(1, dtype));
      const values = computed.dataSync();
      const twin = dtype === "bool" ? tf.logicalNot(x) : tf.add(x, tf.scalar(1, dtype));
      const same = (await twin.data()).every((value, i) => value === values[i]);
      sync.push({ dtype, values: Array.from(values.slice(0, 3)), same });
    }
    // A read that waits while another is made at once.
    const x = tf.fill([50, 50], 2);
    const waiting = tf.square(x).data();
    tf.add(x, 1).dataSync();
    const pendingBeside = (await waiting)[0]!;
    const { name, reason } = await use("auto", { projectDir: process.argv[3]! });
    print<"train">({
      device,
      disagreement,
      kernels: profiled.kernelNames,
      auto: { name, reason },
      sync,
      pendingBeside,
    });
  },

  async error() {
    await use("webgpu");
    let message = "";
    try {
      tf.fill([40_000, 40_000], 1).dataSync();
    } catch (error) {
      message = (error as Error).message;
    }
    print<"error">({ message, after: tf.add(tf.fill([50, 50], 1), 1).dataSync()[0]! });
  },

  async exit() {
    await use("webgpu");
    longProduct().data();
    process.exit(3);
  },

  async throw() {
    await use("webgpu");
    longProduct().data();
    throw new Error("thrown while the GPU works");
  },
};

await programs[process.argv[2]!]!();
