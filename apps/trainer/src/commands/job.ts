/**
 * `roga job`, which `train` forks: one training run in a process of its own. Reports to the process that forked it, and
 * stops when told to or when that process is gone.
 */
import type { Job, JobMessage } from "../jobs/messages.js";
import { trainAndTest } from "../jobs/train-and-test.js";

/** The folder of the whole run, and which of its jobs this is. */
export interface JobFlags extends Job {
  readonly run: string;
}

export async function runJob({ run, algorithm, seed }: JobFlags): Promise<void> {
  const signal = stopSignal();
  try {
    const finished = await trainAndTest(run, { algorithm, seed }, signal, send);
    send({ kind: finished ? "finished" : "interrupted" });
  } catch (error) {
    const { stack, message } = error as Error;
    if (signal.aborted) send({ kind: "interrupted" });
    else send({ kind: "failed", message: (process.env.ROGA_DEBUG && stack) || message });
  } finally {
    process.disconnect?.();
  }
}

function send(message: JobMessage): void {
  process.send?.(message);
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  process.on("message", (message) => message === "stop" && controller.abort());
  process.on("disconnect", () => controller.abort());
  process.on("SIGINT", () => controller.abort());
  process.on("SIGTERM", () => controller.abort());
  return controller.signal;
}
