/**
 * The state dict in a checkpoint: the dictionary whose values are tensors, wherever a training program put it. Where
 * more than one could be meant, nothing is guessed: the error lists them.
 */
import { quote } from "../weights-error.js";
import { PyTorchError } from "./error.js";
import { checkTensor } from "./tensor.js";
import { Dict, kindOf, Opaque, TensorView, type Value } from "./values.js";

/** A number, text, truth value or None that stands beside a state dict. */
export type PyTorchValue = string | number | bigint | boolean | null;

/** What a checkpoint holds for its reader. */
export interface StateDict {
  /** The keys that lead to the state dict; none if it is the whole content. */
  readonly entry: readonly string[];
  readonly tensors: ReadonlyMap<string, TensorView>;
  /** Keys of the state dict whose values are no tensors. */
  readonly others: readonly string[];
  /** What is plain among the values of the outermost dictionary, such as an epoch. */
  readonly values: ReadonlyMap<string, PyTorchValue>;
}

/** Where programs put the weights to use, in no order: two of them side by side are ambiguous. */
const USUAL_KEYS = [
  "state_dict",
  "model_state_dict",
  "model_state",
  "model",
  "net",
  "network",
  "weights",
  "params",
  "module",
];

/** What these keys lead to is a training's state, not a model's. */
const TRAINING_STATE = /optim|scheduler|scaler|rng|callback|loop/i;

/** Dictionaries deeper than this are not looked at. */
const MAX_DEPTH = 8;

/**
 * All tensors together may take so many times the bytes of their storages, and this many more for small ones; storages
 * may themselves be deflated, so that the file's own length sets another limit.
 */
const SHARING_RATIO = 16;
const SHARING_BYTES = 2 ** 20;

/**
 * Finds the state dict.
 * @param entry The keys that lead to it; `null` to look for it.
 * @param limit Bytes that all its tensors together may take.
 * @throws PyTorchError if there is none or more than one, or if a tensor in it is not what it claims.
 */
export function findStateDict(root: Value, entry: readonly string[] | null, limit: number): StateDict {
  const path = entry ?? choose(root);
  const found = follow(root, path);
  const tensors = new Map<string, TensorView>();
  const others: string[] = [];
  for (const [key, value] of found.entries()) {
    if (value instanceof TensorView) {
      if (typeof key !== "string") throw new PyTorchError(null, `expected names for tensors, got ${kindOf(key)}`);
      checkTensor(key, value);
      tensors.set(key, value);
    } else if (value instanceof Opaque && !value.harmless) {
      throw new PyTorchError(String(keyText(key)), `it is made with ${quote(value.name)}, which is not read`);
    } else if (typeof key === "string") others.push(key);
  }
  checkSharing(tensors, limit);
  return { entry: path, tensors, others, values: plainValues(root) };
}

function choose(root: Value): readonly string[] {
  if (root instanceof TensorView)
    throw new PyTorchError(null, "the file holds one tensor without a name, no state dict");
  if (!(root instanceof Dict)) throw new PyTorchError(null, `expected a dictionary, the file holds ${kindOf(root)}`);
  const candidates = findCandidates(root);
  if (candidates.length === 1) return candidates[0]!.path;
  const usual = candidates.filter(({ path }) => path.length === 1 && USUAL_KEYS.includes(path[0]!));
  if (usual.length === 1) return usual[0]!.path;
  if (candidates.length === 0) {
    const keys = [...root.entries()].slice(0, 20).map(([key]) => kindOf(key));
    throw new PyTorchError(null, `it holds no dictionary of tensors; its keys: ${keys.join(", ") || "none"}`);
  }
  const listed = candidates.slice(0, 20).map(({ path, count }) => `${JSON.stringify(path)} (${count} tensors)`);
  throw new PyTorchError(null, `more than one state dict could be meant; name one as { entry }: ${listed.join(", ")}`);
}

/** Dictionaries that hold tensors themselves, outermost first. */
function findCandidates(root: Dict): { path: readonly string[]; count: number }[] {
  const candidates: { path: readonly string[]; count: number }[] = [];
  const seen = new Set<Dict>([root]);
  let level: { path: readonly string[]; dict: Dict }[] = [{ path: [], dict: root }];
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth++) {
    const next: typeof level = [];
    for (const { path, dict } of level) {
      let count = 0;
      for (const [key, value] of dict.entries()) {
        const name = keyText(key);
        if (name === null || TRAINING_STATE.test(name)) {
          // A checkpoint's tensor, such as the state of a generator, makes it no state dict; parts of one may be named so.
          if (path.length > 0 && value instanceof TensorView) count++;
          continue;
        }
        if (value instanceof TensorView) count++;
        if (!(value instanceof Dict) || seen.has(value)) continue;
        seen.add(value);
        next.push({ path: [...path, name], dict: value });
      }
      if (count > 0) candidates.push({ path, count });
    }
    level = next;
  }
  return candidates;
}

function follow(root: Value, path: readonly string[]): Dict {
  let value = root;
  for (const [depth, key] of path.entries()) {
    const next = value instanceof Dict ? (value.get(key) ?? value.get(Number(key))) : undefined;
    if (next === undefined) {
      const keys = value instanceof Dict ? [...value.entries()].slice(0, 20).map(([other]) => kindOf(other)) : [];
      const there = value instanceof Dict ? `its keys: ${keys.join(", ") || "none"}` : `there is ${kindOf(value)}`;
      throw new PyTorchError(null, `entry ${JSON.stringify(path)}: no ${quote(key)} at level ${depth}; ${there}`);
    }
    value = next;
  }
  if (value instanceof Dict) return value;
  throw new PyTorchError(null, `entry ${JSON.stringify(path)}: expected a dictionary of tensors, got ${kindOf(value)}`);
}

function keyText(key: Value): string | null {
  if (typeof key === "string") return key;
  return typeof key === "number" ? String(key) : null;
}

function plainValues(root: Value): ReadonlyMap<string, PyTorchValue> {
  const values = new Map<string, PyTorchValue>();
  if (!(root instanceof Dict)) return values;
  for (const [key, value] of root.entries()) {
    if (typeof key === "string" && (value === null || typeof value !== "object")) values.set(key, value);
  }
  return values;
}

/** A storage may be the memory of many tensors; a file must not grow without measure by that. */
function checkSharing(tensors: ReadonlyMap<string, TensorView>, fileLimit: number): void {
  let needed = 0;
  let stored = 0;
  const seen = new Set<unknown>();
  for (const tensor of tensors.values()) {
    needed += tensor.bytes;
    if (seen.has(tensor.storage.record)) continue;
    seen.add(tensor.storage.record);
    stored += tensor.storage.record.bytes;
  }
  const limit = Math.min(SHARING_RATIO * stored + SHARING_BYTES, fileLimit);
  if (needed <= limit) return;
  throw new PyTorchError(
    null,
    `its tensors take ${needed} bytes but share storages of ${stored}; at most ${limit} are read`,
  );
}
