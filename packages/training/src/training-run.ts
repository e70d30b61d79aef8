/**
 * The loop: steps over the plan's batches, validation at the end of each epoch, a checkpoint after it. A run can stop
 * between any two steps and go on from there bit for bit, because batches are a pure function of (epoch, step) and
 * everything else that a step depends on is in the checkpoint.
 */
import { basename, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { DomainBatch } from "@roga/datasets";
import { NonFiniteError, type StepRecord } from "@roga/optimizer";
import type { NamedArrays } from "@roga/weights";
import type * as tf from "@tensorflow/tfjs-core";
import type { Averaging } from "./averaging.js";
import { disposeBatches, loadStep, readAhead } from "./batches.js";
import { type RunIdentity, type RunState, writeCheckpoint } from "./checkpoint.js";
import { epochCheckpoint, pruneCheckpoints, setRole, stepCheckpoint } from "./checkpoint-store.js";
import { domainLosses, jointLosses } from "./domain-losses.js";
import { TrainingDivergedError } from "./errors.js";
import { NonFiniteScoreError } from "./evaluate.js";
import { trainableVariables } from "./model-weights.js";
import type { RunLog } from "./run-log.js";
import { presentLoss, scoreEpoch } from "./score-epoch.js";
import { meanLoss, summarize } from "./summarize.js";
import { Pace, speedOf } from "./throughput.js";
import type { TrainOptions, TrainResult } from "./train-options.js";
import { captureTensors, firstNonFinite } from "./training-tensors.js";
import { type BestEpoch, SELECTION, type Selection, selectEpoch, type ValidationResult } from "./validation.js";

const DEFAULT_KEEP_LAST = 2;

/** What a run starts from. */
export interface RunStart {
  readonly identity: RunIdentity;
  readonly state: RunState;
  /** Folder of the checkpoint that holds this state; `null` for a new run. */
  readonly checkpoint: string | null;
}

/** One run, from where it stands to its end or its interruption. */
export class TrainingRun {
  readonly #options: TrainOptions;
  readonly #averaging: Averaging | null;
  readonly #identity: RunIdentity;
  readonly #log: RunLog;
  readonly #variables: readonly tf.Variable[];
  readonly #buffers: readonly tf.Variable[];
  readonly #baseLearningRate: number;
  readonly #steps: number;
  readonly #pace = new Pace();
  #state: RunState;
  #checkpoint: string | null;
  /** Whether the state has moved on since that checkpoint. */
  #unsaved = false;
  #sampleIds: readonly string[] = [];
  /** The averages that were validated and have to go into the epoch's checkpoint. */
  #averages: NamedArrays | null = null;

  constructor(options: TrainOptions, averaging: Averaging | null, start: RunStart, log: RunLog) {
    this.#options = options;
    this.#averaging = averaging;
    this.#identity = start.identity;
    this.#log = log;
    this.#state = start.state;
    this.#checkpoint = start.checkpoint;
    const { trainable, buffers } = trainableVariables(options.model);
    this.#variables = trainable;
    this.#buffers = buffers;
    this.#baseLearningRate = options.baseOptimizer.learningRate;
    this.#steps = options.epochs * options.plan.stepsPerEpoch;
  }

  /** @throws TrainingDivergedError, and what loader, algorithm and callbacks throw. */
  async run(): Promise<TrainResult> {
    try {
      while (this.#state.epochs < this.#options.epochs) {
        if (!(await this.#finishEpoch()) || !(await this.#validate())) return await this.#interrupt();
        await this.#save(epochCheckpoint(this.#state.epochs));
      }
      return this.#end("completed");
    } finally {
      this.#options.baseOptimizer.learningRate = this.#baseLearningRate;
    }
  }

  /** Takes the steps that the epoch still lacks; false if the signal came. */
  async #finishEpoch(): Promise<boolean> {
    const { signal, checkpointEvery, plan } = this.#options;
    if (signal?.aborted || !(await this.#tellLoss())) return false;
    let since = performance.now();
    for await (const batches of readAhead(this.#loads(), disposeBatches)) {
      const record = await this.#step(batches).finally(() => disposeBatches(batches));
      const now = performance.now();
      this.#report(record, batches, (now - since) / 1000);
      since = now;
      // An engine on this thread answers without leaving it; a turn of the loop lets timers and signals through.
      await nextTurn();
      if (signal?.aborted) return false;
      const before = performance.now();
      if (!(await this.#tellLoss())) return false;
      const { step } = this.#state;
      if (checkpointEvery && step % checkpointEvery === 0 && step % plan.stepsPerEpoch !== 0) {
        await this.#save(stepCheckpoint(step));
      }
      since += performance.now() - before;
    }
    return true;
  }

  /** Tells the average the loss of the present weights, where it wants one within the epoch; false if the signal came. */
  async #tellLoss(): Promise<boolean> {
    const { plan } = this.#options;
    const { step, lossStep } = this.#state;
    const averaging = this.#averaging;
    if (!averaging?.takesLossAfter(step) || step % plan.stepsPerEpoch === 0 || step === lossStep) return true;
    const start = performance.now();
    const told = await this.#unlessStopped(async () => ({ loss: await presentLoss(this.#options) }));
    if (told === null) return false;
    const { loss } = told;
    if (loss !== null) averaging.validate(loss);
    this.#unsaved = true;
    this.#state = { ...this.#state, lossStep: step };
    const seconds = (performance.now() - start) / 1000;
    this.#pace.addLoss(seconds);
    this.#log.write({ kind: "loss", step, epoch: this.#state.epochs + 1, loss, seconds });
    return true;
  }

  *#loads(): Generator<() => Promise<DomainBatch[]>> {
    const { plan, loader } = this.#options;
    const { epochs: epoch, step } = this.#state;
    for (let inEpoch = step - epoch * plan.stepsPerEpoch; inEpoch < plan.stepsPerEpoch; inEpoch++) {
      yield () => loadStep(loader, plan.step(epoch, inEpoch));
    }
  }

  async #step(batches: readonly DomainBatch[]): Promise<StepRecord> {
    const { model, algorithm, baseOptimizer, schedule, microBatch } = this.#options;
    this.#sampleIds = batches.flatMap((batch) => batch.sampleIds);
    const factor = schedule?.({ step: this.#state.step, steps: this.#steps }) ?? 1;
    baseOptimizer.learningRate = this.#baseLearningRate * factor;
    try {
      const record = await algorithm.step({
        variables: this.#variables,
        buffers: this.#buffers,
        domainLosses: domainLosses(model, batches, microBatch),
        jointLosses: jointLosses(model, batches, microBatch),
        baseOptimizer,
      });
      this.#averaging?.update();
      return record;
    } catch (error) {
      if (!(error instanceof NonFiniteError)) throw error;
      const own = batches.find((batch) => batch.domain === error.domain);
      throw this.#diverged(error, this.#state.step + 1, own?.sampleIds);
    }
  }

  #report(record: StepRecord, batches: readonly DomainBatch[], seconds: number): void {
    const { plan, epochs, baseOptimizer, callbacks } = this.#options;
    const images = batches.reduce((sum, batch) => sum + batch.sampleIds.length, 0);
    const cost = { seconds, images, forwardBackwards: images * record.forwardBackwards };
    this.#pace.addStep(cost);
    this.#unsaved = true;
    this.#state = {
      ...this.#state,
      step: this.#state.step + 1,
      seconds: this.#state.seconds + cost.seconds,
      images: this.#state.images + cost.images,
      forwardBackwards: this.#state.forwardBackwards + cost.forwardBackwards,
    };
    const { step } = this.#state;
    const at = { step, epoch: Math.ceil(step / plan.stepsPerEpoch), learningRate: baseOptimizer.learningRate };
    this.#log.write({ kind: "step", ...record, ...at, seconds, images, ...this.#pace.speed });
    const stepsLeft = this.#steps - step;
    const lossesLeft = this.#averaging?.lossesIn(stepsLeft) ?? 0;
    const secondsLeft = this.#pace.secondsLeft(stepsLeft, epochs - this.#state.epochs, lossesLeft);
    callbacks?.onStep?.({ ...at, steps: this.#steps, epochs, ...this.#pace.speed, secondsLeft, record });
  }

  /** Validates the epoch whose steps are done, and counts it as done; false if the signal came. */
  async #validate(): Promise<boolean> {
    const { plan, callbacks } = this.#options;
    const epoch = this.#state.epochs + 1;
    const start = performance.now();
    const scored = await this.#unlessStopped(() => scoreEpoch(this.#options, this.#averaging, epoch));
    if (!scored) return false;
    const { evaluation, of, averages } = scored;
    const { domains, macro } = summarize(evaluation);
    const auc = Object.fromEntries(plan.domains.map((domain) => [domain, domains[domain]?.auc.value ?? null]));
    const seconds = (performance.now() - start) / 1000;
    const { step } = this.#state;
    const { rows, skipped } = evaluation;
    const loss = meanLoss(evaluation, evaluation.losses, plan.domains);
    const result = { epoch, step, macroAuc: macro.auc.value, auc, loss, ...of, images: rows.length, skipped, seconds };
    const best = this.#select(result);
    this.#averages = averages;
    this.#pace.addValidation(seconds);
    this.#unsaved = true;
    this.#state = { ...this.#state, epochs: epoch, best, validations: [...this.#state.validations, result] };
    const { images, ...entry } = result;
    this.#log.write({ kind: "validation", ...entry, skipped: skipped.length, bestEpoch: best?.epoch ?? null });
    callbacks?.onValidation?.({ result, best, selection: this.#selection });
    return true;
  }

  get #selection(): Selection {
    return this.#options.selection ?? SELECTION;
  }

  /** The best epoch, the latest included unless it was to be averaged and could not be. */
  #select(latest: ValidationResult): BestEpoch | null {
    const eligible = this.#averaging === null || latest.average !== undefined;
    return eligible ? selectEpoch(this.#state.best, latest, this.#selection) : this.#state.best;
  }

  /** What a validation gives; `null` if the signal came. */
  async #unlessStopped<T>(run: () => Promise<T>): Promise<T | null> {
    const { signal } = this.#options;
    try {
      return await run();
    } catch (error) {
      if (signal?.aborted && error === signal.reason) return null;
      if (error instanceof NonFiniteScoreError) throw this.#diverged(error, this.#state.step);
      throw error;
    }
  }

  async #save(name: string): Promise<void> {
    const { model, algorithm, baseOptimizer, runDirectory, keepLast = DEFAULT_KEEP_LAST, callbacks } = this.#options;
    const { checkpoints } = runDirectory;
    const path = join(checkpoints, name);
    const averages = this.#averages;
    await captureTensors(model, algorithm, baseOptimizer, this.#averaging, async ({ weights, optimizer }) => {
      const bad = firstNonFinite(weights) ?? (averages && firstNonFinite(averages));
      if (bad !== null) throw this.#diverged(new Error(`weight "${bad}" is not finite`), this.#state.step);
      const arrays = averages === null ? { weights } : { weights: averages, present: weights };
      const checkpoint = { path, run: this.#identity, state: this.#state, ...arrays, optimizer };
      await writeCheckpoint(checkpoint, this.#options.metadata);
    });
    this.#averages = null;
    this.#checkpoint = path;
    this.#unsaved = false;
    const { step, epochs, best } = this.#state;
    if (best !== null && name === epochCheckpoint(best.epoch)) await setRole(checkpoints, "best", name);
    await setRole(checkpoints, "last", name);
    await pruneCheckpoints(checkpoints, keepLast);
    const average = averages === null ? {} : { average: this.#averaging!.name };
    this.#log.write({ kind: "checkpoint", step, checkpoint: name, ...average });
    this.#log.sync();
    callbacks?.onCheckpoint?.({ path, step, epochs });
  }

  async #interrupt(): Promise<TrainResult> {
    if (this.#unsaved || this.#checkpoint === null) await this.#save(stepCheckpoint(this.#state.step));
    return this.#end("interrupted");
  }

  #end(reason: "completed" | "interrupted"): TrainResult {
    const { runDirectory } = this.#options;
    const { step, epochs, best, validations, seconds, images, forwardBackwards } = this.#state;
    // Every path here has saved or started from a checkpoint.
    const checkpoint = this.#checkpoint!;
    this.#log.write({ kind: "end", step, reason, checkpoint: basename(checkpoint) });
    const cost = { seconds, images, forwardBackwards };
    return {
      interrupted: reason === "interrupted",
      checkpoint,
      best: best && { ...best, checkpoint: join(runDirectory.checkpoints, epochCheckpoint(best.epoch)) },
      selection: this.#selection,
      epochs,
      steps: step,
      validations,
      throughput: { ...cost, ...speedOf(cost) },
    };
  }

  #diverged(cause: Error, step: number, sampleIds = this.#sampleIds): TrainingDivergedError {
    const epoch = Math.ceil(step / this.#options.plan.stepsPerEpoch);
    const where = { step, epoch, sampleIds, lastCheckpoint: this.#checkpoint };
    const checkpoint = this.#checkpoint && basename(this.#checkpoint);
    this.#log.write({ kind: "end", step, reason: "diverged", message: cause.message, sampleIds, checkpoint });
    this.#log.sync();
    return new TrainingDivergedError(cause.message, where, { cause });
  }
}
