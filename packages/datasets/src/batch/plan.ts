/**
 * The domain-balanced batch plan: which samples enter which step, as a pure function of (seed, epoch, step).
 * Every step holds one slice per domain; a slice is half fakes of that domain and half reals, so that no domain's
 * loss is moved by its size or by its share of reals. A resumed run draws the batches that it would have drawn.
 *
 * Fakes are drawn without replacement within an epoch, in a new order every epoch. Reals, of which each domain needs
 * as many as it has fakes, are cycled: each pass over them is a new order of that domain's own stream, and a pass ends
 * where a whole half-slice can no longer be filled, so that no slice holds one real twice.
 */
import { stream } from "@roga/tensor-utils/random";
import { fakeDomains, type Sample } from "../sample.js";
import { checkPlan, type DomainPool, poolsOf } from "./pools.js";

/** What {@link planBatches} plans from. */
export interface BatchPlanOptions {
  /** The samples to draw from; ids must be unique. Their order has no influence. */
  readonly samples: readonly Sample[];
  /** Forgery domains, one slice each, in this order. Default: all that the samples hold, sorted by name. */
  readonly domains?: readonly string[];
  /** Images per domain and step: an even number, half of them fakes. */
  readonly perDomain: number;
  /** Seed of every order that the plan draws. */
  readonly seed: number;
  /** The least number of domains; 2 for methods that align domains with one another. Default 1. */
  readonly minDomains?: number;
}

/** One domain's part of a step. */
export interface DomainSlice {
  /** The forgery domain. */
  readonly domain: string;
  /** Epoch of the step, from 0. */
  readonly epoch: number;
  /** Step within the epoch, from 0. */
  readonly step: number;
  /** First the fakes of the domain, then as many reals. */
  readonly samples: readonly Sample[];
}

/** The batches of a run. */
export interface BatchPlan {
  /** The domains of every step, in order. */
  readonly domains: readonly string[];
  /** Images per domain and step. */
  readonly perDomain: number;
  /** Steps until the smallest domain's fakes are used up. */
  readonly stepsPerEpoch: number;
  /**
   * The slices of one step, in the order of `domains`.
   * @param epoch From 0.
   * @param step From 0 to `stepsPerEpoch - 1`.
   */
  step(epoch: number, step: number): DomainSlice[];
}

/**
 * Plans the batches of a run.
 * @throws DatasetError if `perDomain` is not a positive even number, a domain is missing or named twice, there are
 *   fewer domains than `minDomains`, a class is absent, or a domain has fewer images than a slice needs.
 */
export function planBatches(options: BatchPlanOptions): BatchPlan {
  const { samples, perDomain, seed, minDomains = 1 } = options;
  const domains = options.domains ?? fakeDomains(samples);
  checkPlan(samples, domains, perDomain, minDomains);
  const half = perDomain / 2;
  const pools = poolsOf(samples, domains, half);
  const stepsPerEpoch = Math.min(...pools.map((pool) => Math.floor(pool.fakes.length / half)));
  const orders = new OrderCache(seed);

  function slice(pool: DomainPool, epoch: number, step: number): DomainSlice {
    const fakes = orders.of("fakes", pool.domain, epoch, pool.fakes);
    const stepsPerPass = Math.floor(pool.reals.length / half);
    const globalStep = epoch * stepsPerEpoch + step;
    const reals = orders.of("reals", pool.domain, Math.floor(globalStep / stepsPerPass), pool.reals);
    const inPass = globalStep % stepsPerPass;
    return {
      domain: pool.domain,
      epoch,
      step,
      samples: [...fakes.slice(step * half, (step + 1) * half), ...reals.slice(inPass * half, (inPass + 1) * half)],
    };
  }

  return {
    domains,
    perDomain,
    stepsPerEpoch,
    step(epoch, step) {
      if (!(Number.isSafeInteger(epoch) && epoch >= 0)) throw new RangeError(`epoch: expected 0 or more, got ${epoch}`);
      if (!(Number.isSafeInteger(step) && step >= 0 && step < stepsPerEpoch)) {
        throw new RangeError(`step: expected 0 to ${stepsPerEpoch - 1}, got ${step}`);
      }
      return pools.map((pool) => slice(pool, epoch, step));
    },
  };
}

/** Keeps the last order of each pool: steps come in sequence, and an order of a large pool takes a while to draw. */
class OrderCache {
  readonly #seed: number;
  readonly #last = new Map<string, { pass: number; order: Sample[] }>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  of(kind: "fakes" | "reals", domain: string, pass: number, pool: readonly Sample[]): Sample[] {
    const key = JSON.stringify([kind, domain]);
    const last = this.#last.get(key);
    if (last?.pass === pass) return last.order;
    const order = stream(this.#seed, "plan", kind, domain, pass).shuffle(pool);
    this.#last.set(key, { pass, order });
    return order;
  }
}
