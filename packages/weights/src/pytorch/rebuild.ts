/**
 * Tensors from what pickles say of them: the functions `torch._utils._rebuild_*` and the persistent ids of storages, as
 * PyTorch 0.1 to 2 write them. Only kinds are checked here; whether the claims fit the file is for later, when the
 * tensor has a name.
 */
import type { DType } from "../dtype.js";
import { quote } from "../weights-error.js";
import { PyTorchError } from "./error.js";
import { Dict, Global, kindOf, Opaque, Storage, StorageRecord, TensorView, Tuple, type Value } from "./values.js";

/** As many dimensions as PyTorch's own tensors may have. */
const MAX_RANK = 64;

/** `_rebuild_tensor(storage, offset, size, stride)`, of PyTorch before 0.4. */
export function rebuildTensor(args: readonly Value[]): TensorView | Opaque {
  checkCount("_rebuild_tensor", args, 4, 4);
  return tensor(args);
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks, metadata = None)`. */
export function rebuildTensorV2(args: readonly Value[]): TensorView | Opaque {
  checkCount("_rebuild_tensor_v2", args, 6, 7);
  checkMetadata(args[6]);
  return tensor(args);
}

/** `_rebuild_tensor_v3`, the same with a dtype before the metadata, over untyped storages. */
export function rebuildTensorV3(args: readonly Value[]): TensorView | Opaque {
  checkCount("_rebuild_tensor_v3", args, 7, 8);
  checkMetadata(args[7]);
  const named = args[6]!;
  if (named instanceof Opaque) return named;
  if (!(named instanceof Global && named.dtype !== null)) throw wrong("a tensor's dtype", named);
  return tensor(args, named.dtype);
}

/** `_rebuild_parameter(data, requires_grad, backward_hooks)`, with a state as a fourth. */
export function rebuildParameter(args: readonly Value[]): TensorView | Opaque {
  checkCount("_rebuild_parameter", args, 3, 4);
  const data = args[0]!;
  if (data instanceof TensorView || data instanceof Opaque) return data;
  throw wrong("a parameter's tensor", data);
}

/** `_rebuild_from_type_v2(function, type, arguments, state)`: a tensor that has attributes of its own. */
export function rebuildFromType(args: readonly Value[]): Value {
  checkCount("_rebuild_from_type_v2", args, 4, 4);
  const [rebuild, type, inner] = args;
  if (rebuild instanceof Opaque) return rebuild;
  if (type instanceof Opaque) return type;
  if (!(rebuild instanceof Global && REBUILDS.has(rebuild.call)))
    throw wrong("a function that rebuilds a tensor", rebuild!);
  if (!(inner instanceof Tuple)) throw wrong("a tensor's arguments", inner!);
  return rebuild.call!(inner.items);
}

const REBUILDS: ReadonlySet<unknown> = new Set([rebuildTensor, rebuildTensorV2, rebuildTensorV3, rebuildParameter]);

/**
 * The storages of one file, by their persistent ids: `("storage", class, key, location, count)`, and in legacy files a
 * sixth, `(view key, offset, count)` or None, for a part of the storage.
 */
export class Storages {
  readonly #records = new Map<string, StorageRecord>();

  /** What was declared, by key. */
  get records(): ReadonlyMap<string, StorageRecord> {
    return this.#records;
  }

  /**
   * The storage of an id.
   * @throws PyTorchError if the id is none, or differs from an earlier one with the same key.
   */
  find(id: Value): Storage | Opaque {
    const parts = id instanceof Tuple ? id.items : [];
    if (parts[0] === "module") throw new PyTorchError(null, WHOLE_MODULE);
    if (parts[0] !== "storage" || parts.length < 5 || parts.length > 6)
      throw wrong("the persistent id of a storage", id);
    const [, type, key, , length, view = null] = parts;
    if (type instanceof Opaque) return type;
    if (!(type instanceof Global && type.storage !== null)) throw wrong("a class of storages", type!);
    const name = typeof key === "number" ? String(key) : key;
    if (typeof name !== "string") throw wrong("a storage's key", key!);
    if (!isCount(length)) throw wrong("a storage's length", length!);
    const record = this.#records.get(name) ?? new StorageRecord(name, type.storage, length);
    if (record.dtype !== type.storage || record.length !== length) {
      const said = `${record.length} × ${record.dtype} and ${length} × ${type.storage}`;
      throw new PyTorchError(null, `storage ${quote(name)} is said to be both ${said}`);
    }
    this.#records.set(name, record);
    if (view === null) return new Storage(record, 0, length);
    // PyTorch never wrote one, and fails to read it: what unit its offset would count in, nothing says.
    if (record.dtype === "bytes") throw new PyTorchError(null, `storage ${quote(name)}: a part of an untyped storage`);
    const [, offset, count] = view instanceof Tuple ? view.items : [];
    if (!(isCount(offset) && isCount(count) && offset + count <= length)) throw wrong("a part of a storage", view);
    return new Storage(record, offset, count);
  }
}

const WHOLE_MODULE =
  "the file holds a whole module, which only its Python code can rebuild; save its state_dict() instead";

function tensor(args: readonly Value[], dtype: DType | null = null): TensorView | Opaque {
  const [storage, offset, size, stride] = args;
  if (storage instanceof Opaque) return storage;
  if (!(storage instanceof Storage)) throw wrong("a tensor's storage", storage!);
  const declared = storage.record.dtype;
  if (dtype !== null && declared !== "bytes" && declared !== dtype) {
    throw new PyTorchError(null, `a tensor of ${dtype} lies in a storage of ${declared}`);
  }
  if (!isCount(offset)) throw wrong("a tensor's offset", offset!);
  const shape = counts("a tensor's size", size!);
  const strides = counts("a tensor's strides", stride!);
  if (shape.length !== strides.length) {
    throw new PyTorchError(null, `a tensor has ${shape.length} dimensions and ${strides.length} strides`);
  }
  return new TensorView(storage, dtype ?? (declared === "bytes" ? "U8" : declared), offset, shape, strides);
}

function counts(what: string, value: Value): number[] {
  const items = value instanceof Tuple ? value.items : Array.isArray(value) ? value : null;
  if (items === null) throw wrong(what, value);
  if (items.length > MAX_RANK)
    throw new PyTorchError(null, `${what} has ${items.length} dimensions, at most ${MAX_RANK} are read`);
  return items.map((item) => {
    if (!isCount(item)) throw wrong(what, item);
    return item;
  });
}

function isCount(value: Value | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Metadata say that a tensor's numbers are to be negated or conjugated. */
function checkMetadata(metadata: Value | undefined): void {
  if (metadata === undefined || metadata === null || (metadata instanceof Dict && metadata.size === 0)) return;
  throw new PyTorchError(null, "a tensor carries metadata, such as a pending negation, which is not read");
}

function checkCount(name: string, args: readonly Value[], least: number, most: number): void {
  if (args.length >= least && args.length <= most) return;
  throw new PyTorchError(
    null,
    `${name}: expected ${least === most ? least : `${least} to ${most}`} arguments, got ${args.length}`,
  );
}

function wrong(what: string, got: Value): PyTorchError {
  return new PyTorchError(null, `expected ${what}, got ${kindOf(got)}`);
}
