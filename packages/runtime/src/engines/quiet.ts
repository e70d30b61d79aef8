/**
 * Keeps TensorFlow.js' advice and warnings off the console while an engine starts: the cpu backend recommends tfjs-node
 * with its first tensor, and kernels warn when they are registered again. Its own flag does it, set for the duration.
 */
import { env } from "@tensorflow/tfjs-core";

export async function quietly<T>(start: () => Promise<T>): Promise<T> {
  const before = env().getBool("PROD");
  env().set("PROD", true);
  try {
    return await start();
  } finally {
    env().set("PROD", before);
  }
}
