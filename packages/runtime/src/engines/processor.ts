/** The processor that engines without a device of their own compute on. */
import { availableParallelism, cpus } from "node:os";

/** Its model name as the operating system gives it, for instance "AMD EPYC 9654". */
export function processorName(): string {
  return cpus()[0]?.model.trim() || "CPU of unknown model";
}

/** Threads that this process may run at once. */
export function processorThreads(): number {
  return availableParallelism();
}
