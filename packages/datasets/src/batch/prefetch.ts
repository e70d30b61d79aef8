/**
 * Batches ahead of time: while the model computes one step, the next ones are read and decoded (sharp works in
 * libuv's threads). Tensors are made only when a step is handed over, so that no tensor is alive that the consumer
 * does not know of.
 */
import { type DomainBatch, type ImageLoader, type PixelBatch, toTensors } from "../load/image-loader.js";
import type { BatchPlan } from "./plan.js";

/** Options of {@link prefetch}. */
export interface PrefetchOptions {
  /** Steps decoded beyond the one handed over. Default 2. */
  readonly ahead?: number;
  /** Epochs to yield, counted from epoch 0. */
  readonly epochs: number;
  /** Where to begin, for a resumed run. Default the first step of epoch 0. */
  readonly from?: {
    /** Epoch, from 0. */
    readonly epoch: number;
    /** Step within the epoch, from 0. */
    readonly step: number;
  };
}

/** One step of a plan, loaded. */
export interface LoadedStep {
  /** From 0. */
  readonly epoch: number;
  /** Step within the epoch, from 0. */
  readonly step: number;
  /** One batch per domain, in the plan's order. The tensors are the consumer's to dispose. */
  readonly batches: DomainBatch[];
}

/**
 * Yields the steps of a plan in order, decoding ahead. Leaving the loop early starts no further one.
 * @throws RangeError if an option is out of range; and whatever {@link ImageLoader.loadDomainBatch} throws, at the
 *   step that it concerns.
 */
export async function* prefetch(
  plan: BatchPlan,
  loader: ImageLoader,
  options: PrefetchOptions,
): AsyncGenerator<LoadedStep, void, undefined> {
  const { ahead = 2, epochs, from = { epoch: 0, step: 0 } } = options;
  for (const [name, value] of Object.entries({ ahead, epochs, "from.epoch": from.epoch, "from.step": from.step })) {
    if (!(Number.isSafeInteger(value) && value >= 0)) {
      throw new RangeError(`${name}: expected a whole number of at least 0, got ${value}`);
    }
  }
  const pending: Pending[] = [];
  const end = epochs * plan.stepsPerEpoch;
  let next = from.epoch * plan.stepsPerEpoch + from.step;
  while (next < end || pending.length > 0) {
    while (next < end && pending.length <= ahead) pending.push(start(plan, loader, next++));
    const { epoch, step, decoded } = pending.shift()!;
    const batches = (await decoded).map(({ domain, pixels }) => ({ domain, ...toTensors(pixels, loader.size) }));
    yield { epoch, step, batches };
  }
}

interface Pending {
  readonly epoch: number;
  readonly step: number;
  readonly decoded: Promise<{ domain: string; pixels: PixelBatch }[]>;
}

function start(plan: BatchPlan, loader: ImageLoader, globalStep: number): Pending {
  const epoch = Math.floor(globalStep / plan.stepsPerEpoch);
  const step = globalStep % plan.stepsPerEpoch;
  const decoded = Promise.all(
    plan.step(epoch, step).map(async (slice) => ({ domain: slice.domain, pixels: await loader.decodeSlice(slice) })),
  );
  // A failure is thrown where the step is awaited; until then it must not count as unhandled.
  decoded.catch(() => {});
  return { epoch, step, decoded };
}
