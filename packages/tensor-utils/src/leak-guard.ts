/**
 * A guard for code that promises to leave no tensor behind but those it returns. It counts the engine's tensors before
 * and after, so code that runs beside an asynchronous guarded function must make none, and a guarded function that
 * disposes of tensors made before it can hide as many of its own.
 */
import * as tf from "@tensorflow/tfjs-core";

/** Guarded code left tensors that it did not return. */
export class TensorLeakError extends Error {
  /** How many tensors it left besides those it returned. */
  readonly leaked: number;
  /** How many new tensors it returned. */
  readonly returned: number;

  /** @internal */
  constructor(guard: string, leaked: number, returned: number, bytes: number) {
    super(`${guard}: left ${leaked} tensors besides the ${returned} it returned; memory grew by ${bytes} bytes in all`);
    this.name = "TensorLeakError";
    this.leaked = leaked;
    this.returned = returned;
  }
}

/** Tensor ids ascend, so a fresh one tells the tensors made after it from those made before. */
function nextTensorId(): number {
  return tf.tidy(() => tf.scalar(0).id);
}

function check(name: string, before: tf.MemoryInfo, firstId: number, result: unknown): void {
  const after = tf.memory();
  const found = new Set(tf.tensor_util.getTensorsInContainer(result as tf.TensorContainer));
  const returned = [...found].filter((tensor) => tensor.id > firstId && !tensor.isDisposed).length;
  const leaked = after.numTensors - before.numTensors - returned;
  if (leaked > 0) throw new TensorLeakError(name, leaked, returned, after.numBytes - before.numBytes);
}

/**
 * Runs `fn` and returns what it returns.
 *
 * @param name what the error is to call the guarded code
 * @param fn a function, or one that returns a promise; its result may hold tensors in arrays and plain objects
 * @throws TensorLeakError when more new tensors exist afterwards than the result holds
 */
export function guardLeaks<T>(name: string, fn: () => Promise<T>): Promise<T>;
export function guardLeaks<T>(name: string, fn: () => T): T;
export function guardLeaks<T>(name: string, fn: () => T | Promise<T>): T | Promise<T> {
  const firstId = nextTensorId();
  const before = tf.memory();
  const result = fn();
  if (result instanceof Promise) {
    return result.then((value) => {
      check(name, before, firstId, value);
      return value;
    });
  }
  check(name, before, firstId, result);
  return result;
}
