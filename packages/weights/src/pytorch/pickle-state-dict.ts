/**
 * The pickle of a state dict as `torch.save` writes it: protocol 2, an `OrderedDict` of `_rebuild_tensor_v2`, storage n
 * for tensor n. Unsigned integers of more than a byte, which PyTorch knows since 2.3, take `_rebuild_tensor_v3`.
 */
import { bytesPerElement, type DType, isDType } from "../dtype.js";
import type { TensorInfo } from "../named-array.js";
import { elementCount } from "../shape.js";
import { PyTorchError } from "./error.js";
import { OP } from "./opcodes.js";

/** The class of each dtype's storage; `null` where there is none. */
const STORAGES: Readonly<Record<DType, string | null>> = {
  BOOL: "BoolStorage",
  U8: "ByteStorage",
  I8: "CharStorage",
  I16: "ShortStorage",
  U16: null,
  F16: "HalfStorage",
  BF16: "BFloat16Storage",
  I32: "IntStorage",
  U32: null,
  F32: "FloatStorage",
  F64: "DoubleStorage",
  I64: "LongStorage",
  U64: null,
};

/** PyTorch's name of each dtype without a storage class. */
const UNTYPED: Readonly<Partial<Record<DType, string>>> = { U16: "uint16", U32: "uint32", U64: "uint64" };

const EMPTY_ORDERED_DICT = Buffer.concat([global("collections", "OrderedDict"), op(OP.EMPTY_TUPLE, OP.REDUCE)]);

/**
 * The pickle.
 * @throws PyTorchError if a name or shape is none, or a dtype unknown.
 */
export function pickleStateDict(infos: ReadonlyMap<string, TensorInfo>): Uint8Array {
  const parts = [op(OP.PROTO, 2), EMPTY_ORDERED_DICT, op(OP.MARK)];
  for (const [index, [name, info]] of [...infos].entries()) {
    if (/\p{Surrogate}/u.test(name)) throw new PyTorchError(name, "the name is not valid Unicode");
    parts.push(text(name), ...tensor(name, info, String(index)));
  }
  parts.push(op(OP.SETITEMS, OP.STOP));
  return Buffer.concat(parts);
}

function tensor(name: string, { dtype, shape }: TensorInfo, key: string): Buffer[] {
  if (!isDType(dtype)) throw new PyTorchError(name, `dtype: ${JSON.stringify(dtype)} is unknown`);
  const count = elementCount(name, shape, PyTorchError);
  const typed = STORAGES[dtype];
  const storage = typed === null ? global("torch.storage", "UntypedStorage") : global("torch", typed);
  return [
    global("torch._utils", typed === null ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2"),
    op(OP.MARK),
    op(OP.MARK),
    text("storage"),
    storage,
    text(key),
    text("cpu"),
    integer(typed === null ? count * bytesPerElement(dtype) : count),
    op(OP.TUPLE, OP.BINPERSID),
    integer(0),
    integers(shape),
    integers(rowMajor(shape)),
    op(OP.NEWFALSE),
    EMPTY_ORDERED_DICT,
    ...(typed === null ? [global("torch", UNTYPED[dtype]!)] : []),
    op(OP.TUPLE, OP.REDUCE),
  ];
}

/** As PyTorch counts them: an axis without elements as one with one. */
function rowMajor(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape.toReversed()) {
    strides.unshift(stride);
    stride *= Math.max(size, 1);
  }
  return strides;
}

function integers(values: readonly number[]): Buffer {
  return Buffer.concat([op(OP.MARK), ...values.map(integer), op(OP.TUPLE)]);
}

function integer(value: number): Buffer {
  if (value < 2 ** 8) return op(OP.BININT1, value);
  if (value < 2 ** 31) {
    const bytes = op(OP.BININT, 0, 0, 0, 0);
    bytes.writeInt32LE(value, 1);
    return bytes;
  }
  const bytes = op(OP.LONG1, 8, 0, 0, 0, 0, 0, 0, 0, 0);
  bytes.writeBigInt64LE(BigInt(value), 2);
  return bytes;
}

function text(value: string): Buffer {
  const content = Buffer.from(value);
  const length = op(OP.BINUNICODE, 0, 0, 0, 0);
  length.writeUInt32LE(content.length, 1);
  return Buffer.concat([length, content]);
}

function global(module: string, name: string): Buffer {
  return Buffer.concat([op(OP.GLOBAL), Buffer.from(`${module}\n${name}\n`)]);
}

function op(...bytes: readonly number[]): Buffer {
  return Buffer.from(bytes);
}
