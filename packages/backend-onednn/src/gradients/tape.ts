/**
 * Back-propagation that frees memory as it goes. TensorFlow.js keeps every saved activation and every intermediate
 * gradient until the whole gradient is computed; in a deep network that is twice the memory that the arithmetic needs.
 * Here an operation's saved tensors go as soon as its gradient is known, and a gradient as soon as it was passed on.
 *
 * It replaces `gradients` of the TensorFlow.js engine object, through which `tf.grads`, `tf.variableGrads` and all others
 * compute, and acts while this backend is current; the results are the same. Where a gradient is itself being
 * differentiated, everything is left to TensorFlow.js.
 */
import { add, clone, engine, getBackend, ones, Tensor, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { BACKEND } from "../register.js";

/** One operation on the tape, as TensorFlow.js records it. */
interface TapeNode {
  id: number;
  kernelName: string;
  inputs: Record<string, Tensor>;
  outputs: Tensor[];
  saved?: Tensor[];
  gradient?: (dys: (Tensor | null)[]) => Record<string, () => Tensor>;
}

/** The parts of TensorFlow.js' engine that are used here. They are not in its type declarations. */
interface Engine {
  state: { activeTape: TapeNode[] | null; gradientDepth: number; kernelDepth: number };
  gradients: Gradients;
  clone(tensor: Tensor): Tensor;
  backend: { incRef(dataId: object): void };
  backendName: string;
  makeTensorFromTensorInfo(info: TensorInfo): Tensor;
  startTape(): void;
  endTape(): void;
  scopedRun<T>(start: () => void, end: () => void, f: () => T): T;
  tidy<T>(name: string, f: () => T): T;
}

type Gradients = (
  f: () => Tensor,
  xs: Tensor[],
  dy?: Tensor | null,
  allowNoGradients?: boolean,
) => { value: Tensor; grads: (Tensor | null | undefined)[] };

const installed = new WeakSet<object>();

/**
 * Makes the engine of TensorFlow.js compute gradients as above. A second call changes nothing.
 *
 * @param before called before each gradient is computed on this backend
 */
export function installTape(before: () => void): void {
  const target = engine() as unknown as Engine;
  if (installed.has(target)) return;
  installed.add(target);
  const original = target.gradients.bind(target);
  target.gradients = (f, xs, dy, allowNoGradients = false) => {
    const known = typeof target.startTape === "function" && typeof target.scopedRun === "function";
    if (!known || getBackend() !== BACKEND || target.state.gradientDepth > 0) {
      return original(f, xs, dy, allowNoGradients);
    }
    before();
    return gradients(target, f, xs, dy, allowNoGradients);
  };
  installSaving(target);
}

/**
 * Every operation on a tape saves clones of its inputs and outputs: in a network with batch normalizations five times as
 * many as there are other operations. TensorFlow.js runs an operation for each and records it, which only a gradient of
 * a gradient needs. Here it is a second tensor over the same data.
 */
function installSaving(target: Engine): void {
  const original = target.clone.bind(target);
  target.clone = (tensor) => {
    const { gradientDepth, kernelDepth } = target.state;
    // On a tape within a tape, the gradient of the gradient flows through the clone.
    if (kernelDepth === 0 || gradientDepth !== 1 || target.backendName !== BACKEND) return original(tensor);
    const { dataId, shape, dtype } = tensor;
    target.backend.incRef(dataId);
    return target.makeTensorFromTensorInfo({ dataId, shape, dtype });
  };
}

/** Whether what is computed now is on a tape, so that it may be differentiated. */
export function isRecording(): boolean {
  return (engine() as unknown as Engine).state.gradientDepth > 0;
}

function gradients(
  target: Engine,
  f: () => Tensor,
  xs: Tensor[],
  dy: Tensor | null | undefined,
  allowNoGradients: boolean,
): ReturnType<Gradients> {
  util.assert(xs.length > 0, () => "gradients() received an empty list of xs.");
  if (dy != null && dy.dtype !== "float32") throw new Error(`dy must have 'float32' dtype, but has '${dy.dtype}'`);
  let tape: TapeNode[] = [];
  const late: Tensor[] = [];
  try {
    const y = target.scopedRun(
      () => target.startTape(),
      () => {
        target.endTape();
        tape = target.state.activeTape ?? [];
      },
      () => target.tidy("forward", f),
    );
    util.assert(y instanceof Tensor, () => "The result y returned by f() must be a tensor.");
    const path = nodesBetween(tape, xs, y);
    if (!allowNoGradients && path.size === 0) {
      throw new Error(
        "Cannot compute gradient of y=f(x) with respect to x. Make sure that the f you passed encloses all operations " +
          "that lead from x to y.",
      );
    }
    return target.tidy("backward", () => {
      const known = new KnownGradients(y.id, dy == null ? ones(y.shape) : clone(dy));
      const asked = new Set([y.id, ...xs.map(({ id }) => id)]);
      while (tape.length > 0) {
        const node = tape.pop()!;
        const inputs = path.get(node);
        const passed = inputs === undefined ? [] : backward(target, node, inputs, known, asked);
        for (const tensor of node.saved ?? []) {
          // A gradient function may return what was saved for it.
          if (passed.includes(tensor)) late.push(tensor);
          else tensor.dispose();
        }
      }
      // One tensor may be the gradient of several, or be the dy that was given: whoever gets it may dispose it.
      const given = new Set<Tensor | undefined>([dy ?? undefined]);
      const grads = xs.map(({ id }) => {
        const gradient = known.get(id);
        if (gradient !== undefined && given.has(gradient)) return clone(gradient);
        given.add(gradient);
        return gradient;
      });
      return { value: y, grads };
    });
  } finally {
    for (const node of tape) for (const tensor of node.saved ?? []) tensor.dispose();
    for (const tensor of late) tensor.dispose();
    target.state.activeTape = null;
  }
}

/** Gradients by the id of the tensor that they belong to. One that no tensor needs any more is freed, if it is ours. */
class KnownGradients {
  private readonly gradients = new Map<number, Tensor>();
  private readonly uses = new Map<Tensor, number>();
  /** Tensors with smaller ids existed before: they are the user's. */
  private readonly firstOwn: number;

  constructor(id: number, seed: Tensor) {
    this.firstOwn = seed.id;
    this.retain(seed);
    this.set(id, seed);
  }

  get(id: number): Tensor | undefined {
    return this.gradients.get(id);
  }

  /** Makes a retained tensor the gradient of `id`, or adds it to the one there is. */
  set(id: number, gradient: Tensor): void {
    const before = this.gradients.get(id);
    if (before === undefined) {
      this.gradients.set(id, gradient);
      return;
    }
    const sum = add(before, gradient);
    this.retain(sum);
    this.gradients.set(id, sum);
    this.release(before);
    this.release(gradient);
  }

  delete(id: number): void {
    const gradient = this.gradients.get(id);
    if (gradient === undefined) return;
    this.gradients.delete(id);
    this.release(gradient);
  }

  retain(gradient: Tensor): void {
    this.uses.set(gradient, (this.uses.get(gradient) ?? 0) + 1);
  }

  private release(gradient: Tensor): void {
    const left = this.uses.get(gradient)! - 1;
    if (left > 0) {
      this.uses.set(gradient, left);
      return;
    }
    this.uses.delete(gradient);
    if (gradient.id >= this.firstOwn && !gradient.kept) gradient.dispose();
  }
}

/** The operations that lead from xs to y, each with the inputs that depend on xs. */
function nodesBetween(tape: readonly TapeNode[], xs: readonly Tensor[], y: Tensor): Map<TapeNode, string[]> {
  const fromXs = new Set(xs.map(({ id }) => id));
  const dependent = new Map<TapeNode, string[]>();
  for (const node of tape) {
    const inputs = Object.keys(node.inputs).filter((name) => fromXs.has(node.inputs[name]!.id));
    if (inputs.length === 0) continue;
    dependent.set(node, inputs);
    for (const { id } of node.outputs) fromXs.add(id);
  }
  const toY = new Set([y.id]);
  const path = new Map<TapeNode, string[]>();
  for (const node of tape.toReversed()) {
    if (!node.outputs.some(({ id }) => toY.has(id))) continue;
    for (const { id } of Object.values(node.inputs)) toY.add(id);
    const inputs = dependent.get(node);
    if (inputs !== undefined) path.set(node, inputs);
  }
  return path;
}

/** Passes the gradients of an operation's outputs on to its inputs, which it returns, and lets go of the former. */
function backward(
  target: Engine,
  node: TapeNode,
  inputs: readonly string[],
  known: KnownGradients,
  asked: ReadonlySet<number>,
): Tensor[] {
  if (node.gradient == null) {
    throw new Error(`Cannot compute gradient: gradient function not found for ${node.kernelName}.`);
  }
  const { gradient, kernelName } = node;
  const dys = node.outputs.map(({ id }) => known.get(id) ?? null);
  const passed = target.tidy(kernelName, () => {
    const functions = gradient(dys);
    return inputs.map((name) => {
      if (!(name in functions)) {
        throw new Error(`Cannot backprop through input ${name}. Available gradients found: ${Object.keys(functions)}.`);
      }
      const dx = functions[name]!();
      const { shape } = node.inputs[name]!;
      if (dx.dtype !== "float32") {
        throw new Error(
          `Error in gradient for op ${kernelName}. The gradient of input ${name} must have 'float32' dtype, but has ` +
            `'${dx.dtype}'`,
        );
      }
      if (!util.arraysEqual(dx.shape, shape)) {
        throw new Error(
          `Error in gradient for op ${kernelName}. The gradient of input '${name}' has shape '${dx.shape}', which does ` +
            `not match the shape of the input '${shape}'`,
        );
      }
      return dx;
    });
  });
  for (const gradient of passed) known.retain(gradient);
  for (const { id } of node.outputs) if (!asked.has(id)) known.delete(id);
  for (const [index, name] of inputs.entries()) known.set(node.inputs[name]!.id, passed[index]!);
  return passed;
}
