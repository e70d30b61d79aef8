/** Ctrl-C as an abort signal: the first asks to save and stop, the second ends the process at once. */

/** The work stopped early because the user asked; its message says how to go on. */
export class Interrupted extends Error {
  override name = "Interrupted";
}

/** A signal that SIGINT or SIGTERM aborts, with the notice printed once. */
export function interruptSignal(notice: string): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143);
    process.stderr.write(`\n${notice}\n`);
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}
