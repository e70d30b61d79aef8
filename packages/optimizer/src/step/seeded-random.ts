/**
 * `Math.random` as a named random stream for the length of one synchronous call.
 *
 * TensorFlow.js takes the seed of an unseeded `tf.dropout`, `tf.randomUniform` or dropout layer from `Math.random`. A
 * two-pass step must meet the same masks in both passes, or the second gradient is that of another network, so each
 * loss closure runs in here with a seed that the passes of a step share.
 */
import { type StreamName, stream } from "@roga/tensor-utils/random";

/**
 * Runs `fn` while `Math.random` gives the sequence of `stream(seed, "Math.random")`, then puts the former function
 * back, also when `fn` throws. Scopes nest.
 *
 * @param seed what the sequence depends on
 * @param fn synchronous code; what it leaves to run later sees the former `Math.random`
 * @returns what `fn` returns
 */
export function withSeededRandom<T>(seed: StreamName | bigint, fn: () => T): T {
  const sequence = stream(seed, "Math.random");
  const former = Math.random;
  Math.random = () => sequence.uniform();
  try {
    return fn();
  } finally {
    Math.random = former;
  }
}
