/**
 * What training and evaluation need of a data set, as two small interfaces that the datasets package satisfies:
 * a plan that says which samples enter a step, and a loader that turns samples into tensors.
 */
import type { DomainBatch, DomainSlice, ImageBatch, Sample } from "@roga/datasets";

/** Which samples enter which step, as a pure function of (epoch, step): that makes a run resumable. */
export interface StepPlan {
  /** The domains of every step, in order. */
  readonly domains: readonly string[];
  /** Steps of one epoch. */
  readonly stepsPerEpoch: number;
  /** One slice a domain; `epoch` and `step` count from 0. */
  step(epoch: number, step: number): readonly DomainSlice[];
}

/** Decodes slices of a plan, augmented if it so chooses. Whoever asks disposes the tensors. */
export interface SliceLoader {
  /** Loads the samples of a slice; those that cannot be read are absent from the batch. */
  loadDomainBatch(slice: DomainSlice): Promise<DomainBatch>;
}

/** Decodes samples for evaluation, never augmented. Whoever asks disposes the tensors. */
export interface SampleLoader {
  /** Loads samples; those that cannot be read are absent from the batch. */
  loadBatch(samples: readonly Sample[]): Promise<ImageBatch>;
}

/** Frees the tensors of batches. */
export function disposeBatches(batches: readonly ImageBatch[]): void {
  for (const { images, labels } of batches) {
    images.dispose();
    labels.dispose();
  }
}

/** Loads every slice of a step; if one fails, none is left behind. */
export async function loadStep(loader: SliceLoader, slices: readonly DomainSlice[]): Promise<DomainBatch[]> {
  const results = await Promise.allSettled(slices.map((slice) => loader.loadDomainBatch(slice)));
  const loaded = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failure = results.find((result) => result.status === "rejected");
  if (!failure) return loaded;
  disposeBatches(loaded);
  throw failure.reason;
}

/**
 * Runs loads one ahead of their consumer, so that decoding overlaps with computing. Loads run one at a time and in
 * order; what was loaded and is not consumed, because the consumer stopped, is handed to `discard`.
 */
export async function* readAhead<T>(
  loads: Iterable<() => Promise<T>>,
  discard: (value: T) => void,
): AsyncGenerator<T, void, undefined> {
  const iterator = loads[Symbol.iterator]();
  const start = (): Promise<T> | undefined => {
    const next = iterator.next();
    if (next.done) return undefined;
    const load = next.value();
    load.catch(() => undefined); // the failure surfaces where the load is awaited, not before
    return load;
  };
  let ahead = start();
  try {
    while (ahead) {
      const value = await ahead;
      ahead = start();
      yield value;
    }
  } finally {
    await ahead?.then(discard, () => undefined);
  }
}
