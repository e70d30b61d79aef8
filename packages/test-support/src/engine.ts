/** The TensorFlow.js engine that tests run on, and a check that a piece of code leaves no tensor behind on it. */
import * as tf from "@tensorflow/tfjs-core";

/**
 * Makes the plain JavaScript engine current, without the advice it otherwise prints in Node. The test file imports
 * `@tensorflow/tfjs` beforehand, which brings that engine and the gradients of the operations.
 *
 * @throws Error when the engine is not registered
 */
export async function useTestEngine(): Promise<void> {
  tf.env().set("IS_TEST", true);
  if (tf.findBackendFactory("cpu") === null) {
    throw new Error('useTestEngine: the "cpu" engine is not registered; import "@tensorflow/tfjs" in the test file');
  }
  await tf.setBackend("cpu");
  await tf.ready();
}

function requireCount(before: tf.MemoryInfo, created: number): void {
  const after = tf.memory();
  const tensors = after.numTensors - before.numTensors;
  if (tensors !== created) throw new Error(`expected ${created} more tensors afterwards, got ${tensors}`);
  if (created === 0 && after.numDataBuffers !== before.numDataBuffers) {
    throw new Error(
      `expected as many data buffers as before, got ${after.numDataBuffers - before.numDataBuffers} more`,
    );
  }
}

/**
 * Runs `f` and checks that the engine then holds as many tensors as before, plus `created`. An asynchronous `f` must
 * not run beside other code that makes tensors.
 *
 * @param f what to run; its result is returned (as a promise if it returns one)
 * @param created how many tensors it is expected to leave, such as those it returns; 0 by default
 * @throws Error with the count that was found
 */
export function expectNoTensorLeak<T>(f: () => Promise<T>, created?: number): Promise<T>;
export function expectNoTensorLeak<T>(f: () => T, created?: number): T;
export function expectNoTensorLeak<T>(f: () => T | Promise<T>, created = 0): T | Promise<T> {
  const before = tf.memory();
  const result = f();
  if (result instanceof Promise) {
    return result.then((value) => {
      requireCount(before, created);
      return value;
    });
  }
  requireCount(before, created);
  return result;
}
