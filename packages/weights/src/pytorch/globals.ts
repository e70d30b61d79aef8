/**
 * The names of Python's that a checkpoint may refer to, all of them. A name that is not in this table is refused, or,
 * where the caller wants what lies beside it, becomes an {@link Opaque} value. Nothing here calls into anything: a
 * function of Python's is stood in for by one that makes inert values.
 */
import type { DType } from "../dtype.js";
import { quote } from "../weights-error.js";
import { PyTorchError } from "./error.js";
import { rebuildFromType, rebuildParameter, rebuildTensor, rebuildTensorV2, rebuildTensorV3 } from "./rebuild.js";
import { type Call, Dict, Global, kindOf, Opaque, PickledSet, Tuple, type Value } from "./values.js";

/**
 * What becomes of names outside the table: `"refuse"` stops with an error that names the first; `"ignore"` leaves what
 * is made with them unread. Nothing is called either way.
 */
export type UnknownNames = "refuse" | "ignore";

/**
 * What stands for a name.
 * @throws PyTorchError if it is refused.
 */
export function findGlobal(name: string, unknown: UnknownNames): Global | Opaque {
  const known = TABLE.get(name);
  if (known !== undefined) return known;
  if (unknown === "ignore") return new Opaque(name, false);
  const reason = REASONS.find(([pattern]) => pattern.test(name))?.[1] ?? "no state dict needs it";
  const remedy = 'with { unknown: "ignore" } what is made with it stays unread';
  throw new PyTorchError(
    null,
    `refuses the name ${quote(name)} in the pickle: ${reason} (${remedy}; nothing is called either way)`,
  );
}

const STORAGES: Readonly<Record<string, DType>> = {
  FloatStorage: "F32",
  DoubleStorage: "F64",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  ByteStorage: "U8",
  CharStorage: "I8",
  ShortStorage: "I16",
  IntStorage: "I32",
  LongStorage: "I64",
  BoolStorage: "BOOL",
};

const DTYPES: Readonly<Record<string, DType>> = {
  float32: "F32",
  float64: "F64",
  float16: "F16",
  bfloat16: "BF16",
  uint8: "U8",
  int8: "I8",
  int16: "I16",
  int32: "I32",
  int64: "I64",
  uint16: "U16",
  uint32: "U32",
  uint64: "U64",
  bool: "BOOL",
};

const CALLS: Readonly<Record<string, Call>> = {
  "collections.OrderedDict": dict,
  "collections.Counter": dict,
  // Its first argument makes what is missing.
  "collections.defaultdict": ([, ...rest]) => dict(rest),
  "torch.Size": tuple,
  "torch._utils._rebuild_tensor": rebuildTensor,
  "torch._utils._rebuild_tensor_v2": rebuildTensorV2,
  "torch._utils._rebuild_tensor_v3": rebuildTensorV3,
  "torch._utils._rebuild_parameter": rebuildParameter,
  "torch._utils._rebuild_parameter_with_state": rebuildParameter,
  "torch._tensor._rebuild_from_type_v2": rebuildFromType,
  // How protocols before 3 hold bytes.
  "_codecs.encode": bytes,
};

/** Types and values of Python's own that may be mentioned; `__builtin__` is how Python 2 called `builtins`. */
const BUILTINS: Readonly<Record<string, Call | null>> = {
  dict,
  set: () => new PickledSet(),
  frozenset: () => new PickledSet(),
  bytearray: ([content = null]) => (content instanceof Uint8Array ? content : new Uint8Array(0)),
  list: null,
  tuple: null,
  int: null,
  long: null,
  float: null,
  complex: null,
  str: null,
  unicode: null,
  bytes: null,
  bool: null,
  object: null,
};

/** Types of tensors that may be mentioned. */
const TYPES = ["torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer"];

/** Settings, measurements and paths that stand beside a state dict. They hold no tensor and are left unread. */
const HARMLESS = [
  "argparse.Namespace",
  "types.SimpleNamespace",
  "pathlib.Path",
  "pathlib.PosixPath",
  "pathlib.WindowsPath",
  "pathlib.PurePath",
  "pathlib.PurePosixPath",
  "pathlib.PureWindowsPath",
  "torch.device",
  "numpy.dtype",
  "numpy.ndarray",
  // NumPy 2 renamed its core.
  ...["numpy.core", "numpy._core"].flatMap((core) => [
    `${core}.multiarray.scalar`,
    `${core}.multiarray._reconstruct`,
    `${core}.numeric._frombuffer`,
  ]),
];

/** Why some names are refused that come from honest files. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^torch\.(cuda\.)?Complex|^torch\.complex/, "complex numbers are not read"],
  [/^torch\.(cuda\.)?Q.*Storage$|_rebuild_qtensor$|^torch\.per_|^torch\.q/, "quantized tensors are not read"],
  [/sparse|^torch\.serialization\._get_layout$/, "sparse tensors are not read"],
  [/_rebuild_meta_tensor_no_storage$/, "tensors without data are not read"],
  [/^__torch__\.|^torch\.jit\./, "TorchScript is not read; save the state_dict() instead"],
  [
    /^torch\.nn\.|^torchvision\.|^timm\.|^__main__\./,
    "the file holds objects of a program; save the state_dict() instead",
  ],
];

const TABLE: ReadonlyMap<string, Global | Opaque> = new Map(
  [
    ...Object.entries(STORAGES).flatMap(([name, dtype]) =>
      ["torch", "torch.cuda"].map((module) => new Global(`${module}.${name}`, null, dtype)),
    ),
    ...["torch.storage.UntypedStorage", "torch.UntypedStorage"].map((name) => new Global(name, null, "bytes")),
    ...Object.entries(DTYPES).map(([name, dtype]) => new Global(`torch.${name}`, null, null, dtype)),
    ...Object.entries(CALLS).map(([name, call]) => new Global(name, call)),
    ...Object.entries(BUILTINS).flatMap(([name, call]) =>
      ["builtins", "__builtin__"].map((module) => new Global(`${module}.${name}`, call)),
    ),
    ...TYPES.map((name) => new Global(name)),
    // Protocols 0 and 1 make objects with it.
    ...["copyreg._reconstructor", "copy_reg._reconstructor"].map((name) => new Global(name, reconstructed)),
    ...HARMLESS.map((name) => new Opaque(name, true)),
  ].map((value) => [value.name, value]),
);

/** `dict()`, of a dictionary, or of pairs as Python 2 has them. */
function dict(args: readonly Value[]): Dict {
  const made = new Dict();
  const [content = []] = args;
  if (content instanceof Dict) {
    for (const [key, value] of content.entries()) made.set(key, value);
    return made;
  }
  const pairs = content instanceof Tuple ? content.items : content;
  if (!Array.isArray(pairs) || args.length > 1) throw wrong("a dictionary's entries", content);
  for (const pair of pairs as readonly Value[]) {
    const items = pair instanceof Tuple ? pair.items : pair;
    if (!Array.isArray(items) || items.length !== 2) throw wrong("a key and a value", pair);
    made.set(items[0], items[1]);
  }
  return made;
}

function tuple([content = []]: readonly Value[]): Tuple {
  if (content instanceof Tuple) return content;
  if (!Array.isArray(content)) throw wrong("a tuple's items", content);
  return new Tuple([...content]);
}

/** `encode(text, "latin1")`: a character a byte. */
function bytes([text = null, encoding = null]: readonly Value[]): Uint8Array {
  if (typeof text !== "string") throw wrong("text to encode", text);
  if (encoding !== "latin1") throw wrong("the encoding latin1", encoding);
  return Buffer.from(text, "latin1");
}

function reconstructed([type = null]: readonly Value[]): Opaque {
  if (type instanceof Opaque) return type;
  throw wrong("a class of settings", type);
}

function wrong(what: string, got: Value): PyTorchError {
  return new PyTorchError(null, `expected ${what}, got ${kindOf(got)}`);
}
