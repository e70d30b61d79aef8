/**
 * How many threads to use where nobody said: as many as the process may run at once. What the system's scheduler allows
 * is known to Node.js; the quota of a container (Linux control groups, versions 2 and 1) is not known to every version.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

type Read = (path: string) => string;

export function defaultThreads(available = availableParallelism(), read: Read = (path) => readFileSync(path, "utf8")) {
  const quota = processorQuota(read);
  return quota === undefined ? available : Math.max(1, Math.min(available, Math.ceil(quota)));
}

/** Processors' worth of time that this process' control group has; `undefined` where nothing limits it. */
function processorQuota(read: Read): number | undefined {
  const numbers = (path: string): number[] => {
    try {
      return read(path).trim().split(/\s+/).map(Number);
    } catch {
      return []; // no control groups of this version, or another system
    }
  };
  const [quota = Number.NaN, period = Number.NaN] = numbers("/sys/fs/cgroup/cpu.max");
  const [quota1 = Number.NaN] = numbers("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  const [period1 = Number.NaN] = numbers("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  // No limit is the word "max" in version 2, and -1 in version 1.
  return [quota / period, quota1 / period1].find((limit) => limit > 0);
}
