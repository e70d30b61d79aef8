/**
 * Runs jobs in processes of their own, several at a time, and passes their progress on. Each child leads its own
 * process group, so that Ctrl-C reaches this process alone, which asks every child to save and stop.
 */
import { type ChildProcess, fork } from "node:child_process";
import { type Job, type JobEnd, type JobMessage, type JobProgress, jobName } from "./messages.js";

/** The job's end, with the job it belongs to. */
export interface JobOutcome {
  readonly job: Job;
  readonly end: JobEnd;
}

export interface PoolOptions {
  /** The program to fork, and its arguments for a job. */
  readonly program: string;
  readonly argumentsFor: (job: Job) => readonly string[];
  /** Processes at a time. */
  readonly concurrency: number;
  /** Added to the environment of every job. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onProgress: (job: Job, progress: JobProgress) => void;
  readonly onEnd: (outcome: JobOutcome) => void;
}

/** Runs every job; after an abort no further one starts. Resolves with the outcomes of those that started. */
export async function runJobs(jobs: readonly Job[], options: PoolOptions): Promise<JobOutcome[]> {
  const waiting = [...jobs];
  const outcomes: JobOutcome[] = [];
  const worker = async () => {
    while (!options.signal.aborted) {
      const job = waiting.shift();
      if (job === undefined) return;
      const outcome = { job, end: await runJob(job, options) };
      outcomes.push(outcome);
      options.onEnd(outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, jobs.length) }, worker));
  return outcomes;
}

function runJob(job: Job, options: PoolOptions): Promise<JobEnd> {
  const child = fork(options.program, options.argumentsFor(job), {
    detached: true,
    env: { ...process.env, ...options.environment },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const stop = () => requestStop(child);
  options.signal.addEventListener("abort", stop, { once: true });

  return new Promise<JobEnd>((resolve, reject) => {
    let end: JobEnd | null = null;
    let errors = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-4000);
    });
    child.on("message", (message: JobMessage) => {
      if (message.kind === "progress") options.onProgress(job, message);
      else end = message;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      options.signal.removeEventListener("abort", stop);
      const status = signal ? `signal ${signal}` : `exit status ${code}`;
      resolve(end ?? { kind: "failed", message: `${jobName(job)} ended with ${status}\n${errors}`.trimEnd() });
    });
  });
}

function requestStop(child: ChildProcess): void {
  if (child.connected) child.send("stop");
  else child.kill("SIGTERM");
}
