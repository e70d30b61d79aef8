/**
 * Dawn's events, which the package `webgpu` processes in callbacks that it gives to `setImmediate` for as long as
 * something is awaited. Here those callbacks are kept, so that they can also be run at once: to wait for the GPU in the
 * middle of synchronous code, and to finish what is awaited before the process ends, since Dawn aborts a process that
 * ends while a promise of its own is open.
 */

/** The callbacks that did not run yet, in their order. */
const waiting = new Set<() => void>();

/** Calls `start`, which may begin to wait for the GPU. */
function awaiting<T>(start: () => T): T {
  const scope = globalThis as { setImmediate: unknown };
  const { setImmediate } = globalThis;
  scope.setImmediate = (callback: () => void) => {
    waiting.add(callback);
    return setImmediate(run, callback);
  };
  try {
    return start();
  } finally {
    scope.setImmediate = setImmediate;
  }
}

function run(callback: () => void): void {
  if (waiting.delete(callback)) awaiting(callback);
}

/** Lets Dawn process what happened since; false when nothing is awaited. */
export function processEvents(): boolean {
  const callbacks = [...waiting];
  for (const callback of callbacks) run(callback);
  return callbacks.length > 0;
}

/** Makes a method of a prototype begin its waiting through {@link awaiting}. */
export function followEvents(prototype: object, method: string): void {
  const methods = prototype as Record<string, (...values: unknown[]) => unknown>;
  const original = methods[method]!;
  methods[method] = function (this: unknown, ...values: unknown[]) {
    return awaiting(() => original.apply(this, values));
  };
}
