"""What the reference implementation of safetensors writes and refuses.

Writes packages/weights/test/fixtures/safetensors.json. Needs numpy and safetensors (made with 0.8.0):
    python3 tools/reference-fixtures/weights/safetensors_reference.py
"""

import base64
import json
import pathlib
import struct

import numpy as np
import safetensors

OUT = pathlib.Path(__file__).parents[3] / "packages/weights/test/fixtures/safetensors.json"
NUMPY_NAMES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "I16": "int16", "U16": "uint16", "F16": "float16",
    "BF16": "bfloat16", "I32": "int32", "U32": "uint32", "F32": "float32", "F64": "float64", "I64": "int64",
    "U64": "uint64",
}


def number(value):
    """A JSON value for any float or integer; text where JSON or a double has none."""
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, (int, np.integer)):
        return int(value) if abs(int(value)) < 2**53 else str(int(value))
    value = float(value)
    return value if np.isfinite(value) and str(value) != "-0.0" else str(value)


def bfloat16_to_float32(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32)


rng = np.random.default_rng(20250601)
half_bits = np.arange(0, 65536, 37, dtype=np.uint16)
bfloat_bits = np.arange(5, 65536, 211, dtype=np.uint16)
arrays = {
    "conv1.weight": ("F32", rng.normal(size=(4, 3, 3, 3)).astype(np.float32)),
    "bn1.num_batches_tracked": ("I64", np.array(1234567890123, dtype=np.int64)),
    "extremes.i64": ("I64", np.array([-(2**63), -1, 2**63 - 1], dtype=np.int64)),
    "extremes.u64": ("U64", np.array([0, 2**64 - 1], dtype=np.uint64)),
    "extremes.f32": ("F32", np.array([0.0, -0.0, np.inf, -np.inf, 1.4e-45, 3.4028235e38], dtype=np.float32)),
    "f64": ("F64", rng.normal(size=(2, 5))),
    "i32": ("I32", np.array([[-(2**31), 2**31 - 1]], dtype=np.int32)),
    "u32": ("U32", np.array([0, 2**32 - 1], dtype=np.uint32)),
    "i16": ("I16", np.array([-32768, 32767], dtype=np.int16)),
    "u16": ("U16", np.array([0, 65535], dtype=np.uint16)),
    "i8": ("I8", np.array([-128, 127], dtype=np.int8)),
    "u8": ("U8", np.arange(7, dtype=np.uint8)),
    "mask": ("BOOL", np.array([[True, False, True]])),
    "half": ("F16", half_bits.view(np.float16)),
    "bfloat": ("BF16", bfloat_bits),
    "empty": ("F32", np.zeros((3, 0, 2), dtype=np.float32)),
    "0": ("U8", np.array([9], dtype=np.uint8)),
    'name with "quotes", ümlaut and 漢字': ("U8", np.array([1], dtype=np.uint8)),
}
metadata = {"format": "pt"}
file = safetensors.serialize(
    {
        name: safetensors.TensorSpec(
            dtype=NUMPY_NAMES[dtype], shape=list(array.shape), data_ptr=array.ctypes.data, data_len=array.nbytes
        )
        for name, (dtype, array) in arrays.items()
    },
    metadata,
)

one = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


def raw(header, data=b"\0\0\0\0", length=None):
    text = header if isinstance(header, bytes) else (header if isinstance(header, str) else json.dumps(header)).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


candidates = {
    "no bytes": b"",
    "seven bytes": b"\x02\0\0\0\0\0\0",
    "header longer than the file": raw({"a": one}, length=10_000),
    "header longer than any file": raw({"a": one}, length=2**64 - 1),
    "header longer than the limit": raw({"a": one}, length=100_000_001),
    "header not UTF-8": raw(b'{"\xff":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'),
    "header not JSON": raw('{"a":'),
    "header not an object": raw("[]"),
    "entry not an object": raw({"a": 3}),
    "unknown dtype": raw({"a": {**one, "dtype": "F31"}}),
    "no shape": raw({"a": {"dtype": "F32", "data_offsets": [0, 4]}}),
    "negative dimension": raw({"a": {**one, "shape": [-1]}}),
    "fractional dimension": raw({"a": {**one, "shape": [1.5]}}),
    "shape that overflows": raw({"a": {**one, "shape": [2**32, 2**32, 2**32]}}),
    "a thousand million elements": raw({"a": {**one, "shape": [10**9]}}),
    "offsets beyond the data": raw({"a": {**one, "shape": [2], "data_offsets": [0, 8]}}),
    "offsets in reverse": raw({"a": {**one, "data_offsets": [4, 0]}}),
    "negative offsets": raw({"a": {**one, "data_offsets": [-4, 0]}}),
    "three offsets": raw({"a": {**one, "data_offsets": [0, 4, 4]}}),
    "dtype of another size": raw({"a": {**one, "dtype": "F64"}}),
    "bytes before the first tensor": raw({"a": {**one, "data_offsets": [4, 8]}}, bytes(8)),
    "bytes after the last tensor": raw({"a": one}, bytes(8)),
    "bytes between tensors": raw({"a": one, "b": {**one, "data_offsets": [8, 12]}}, bytes(12)),
    "overlapping tensors": raw({"a": one, "b": {**one, "shape": [2], "data_offsets": [2, 10]}}, bytes(10)),
    "two tensors on the same bytes": raw({"a": one, "b": one}),
    "metadata that is not text": raw({"__metadata__": {"epoch": 3}, "a": one}),
}
rejected = {}
for name, data in candidates.items():
    try:
        safetensors.deserialize(data)
        raise SystemExit(f"the reference accepts: {name}")
    except safetensors.SafetensorError:
        rejected[name] = base64.b64encode(data).decode()

expected = {}
for name, (dtype, array) in arrays.items():
    values = bfloat16_to_float32(array) if dtype == "BF16" else array
    expected[name] = {"dtype": dtype, "shape": list(array.shape), "values": [number(v) for v in values.ravel()]}

OUT.write_text(
    json.dumps(
        {
            "generator": "tools/reference-fixtures/weights/safetensors_reference.py",
            "versions": {"safetensors": safetensors.__version__, "numpy": np.__version__},
            "metadata": metadata,
            "tensors": expected,
            "file": base64.b64encode(file).decode(),
            "rejected": rejected,
        },
        ensure_ascii=True,
        separators=(",", ":"),
    )
    + "\n"
)
