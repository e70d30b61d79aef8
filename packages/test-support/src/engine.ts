/** The TensorFlow.js engine that tests run on, and a check that a piece of code leaves no tensor behind on it. */
import * as tf from "@tensorflow/tfjs-core";

/** The engines that tests can run on. */
const testEngines = ["cpu", "onednn", "webgpu"];

/**
 * Makes the engine current that the environment variable `ROGA_TEST_ENGINE` names: `cpu`, the plain JavaScript one and
 * the default, `onednn` or `webgpu`. The advice that the first otherwise prints in Node is turned off. The test file
 * imports `@tensorflow/tfjs` beforehand, which brings that engine and the gradients of the operations.
 *
 * @throws Error when there is no such engine, or it cannot be used here, with the reason
 */
export async function useTestEngine(): Promise<void> {
  const name = process.env.ROGA_TEST_ENGINE || "cpu";
  if (!testEngines.includes(name)) {
    throw new Error(`ROGA_TEST_ENGINE: expected one of ${testEngines.join(", ")}, got "${name}"`);
  }
  tf.env().set("IS_TEST", true);
  if (tf.findBackendFactory("cpu") === null) {
    throw new Error('useTestEngine: the "cpu" engine is not registered; import "@tensorflow/tfjs" in the test file');
  }
  try {
    // With its addon missing, TensorFlow.js says only that the backend did not start; `describe` says why.
    if (name === "onednn") (await workspacePackage("backend-onednn")).describe();
    if (name === "webgpu") await (await workspacePackage("runtime")).use(name);
  } catch (error) {
    throw new Error(`ROGA_TEST_ENGINE: "${name}" cannot be used here: ${(error as Error).message}`, { cause: error });
  }
  await tf.setBackend(name);
  await tf.ready();
}

/** The sources of a package that is tested with this one, and so cannot be a dependency. */
// biome-ignore lint/suspicious/noExplicitAny: types would need the import that is avoided here
function workspacePackage(name: string): Promise<any> {
  return import(/* @vite-ignore */ new URL(`../../${name}/src/index.ts`, import.meta.url).href);
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
