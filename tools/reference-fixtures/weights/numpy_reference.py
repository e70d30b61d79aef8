"""What NumPy writes: .npy files of every element type, byte order and version, and .npz archives.

Writes packages/weights/test/fixtures/numpy.json. Needs numpy (made with 2.4.6):
    python3 tools/reference-fixtures/weights/numpy_reference.py
"""

import base64
import io
import json
import pathlib

import numpy as np
from numpy.lib import format as npy

OUT = pathlib.Path(__file__).parents[3] / "packages/weights/test/fixtures/numpy.json"


def number(value):
    """A JSON value for any float or integer; text where JSON or a double has none."""
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, (int, np.integer)):
        return int(value) if abs(int(value)) < 2**53 else str(int(value))
    value = float(value)
    return value if np.isfinite(value) and str(value) != "-0.0" else str(value)


def saved(array, version=None, allow_pickle=False):
    out = io.BytesIO()
    npy.write_array(out, array, version=version, allow_pickle=allow_pickle)
    return base64.b64encode(out.getvalue()).decode()


def archive(save, arrays):
    out = io.BytesIO()
    save(out, **arrays)
    return base64.b64encode(out.getvalue()).decode()


rng = np.random.default_rng(20250602)
matrix = rng.normal(size=(3, 4))
arrays = {}
for code in ["b1", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]:
    kind = code[0]
    if kind == "b":
        values = matrix > 0
    elif kind == "f":
        values = matrix.copy()
        values[0] = [np.inf, -np.inf, -0.0, np.nan]
    else:
        limits = np.iinfo(code)
        values = np.array([limits.min, limits.max, 0, 1], dtype=code).reshape(2, 2)
    for order in "<>":
        arrays[f"{order}{code}"] = values.astype(order + code)
arrays["scalar"] = np.array(2.5, dtype="<f4")
arrays["empty"] = np.zeros((3, 0, 2), dtype="<f4")
arrays["vector"] = np.arange(5, dtype="<i4")
arrays["fortran"] = np.asfortranarray(rng.normal(size=(2, 3, 4)).astype("<f4"))
arrays["fortran big-endian"] = np.asfortranarray(rng.integers(-9, 9, size=(3, 2)).astype(">i2"))
arrays["view"] = rng.normal(size=(4, 6)).astype("<f4")[::2, 1:5:3]
files = {
    name: {
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "values": [number(value) for value in array.ravel()],
        "file": saved(array),
    }
    for name, array in arrays.items()
}
for version in [(1, 0), (2, 0), (3, 0)]:
    files[f"version {version[0]}"] = {**files["vector"], "file": saved(arrays["vector"], version)}

record = np.zeros(2, dtype=[("x", "<f4"), ("ünï", "<i4")])
refused = {
    "objects": (saved(np.array([{"a": 1}, None], dtype=object), allow_pickle=True), "Python objects"),
    "records": (saved(record), "structured"),
    "text": (saved(np.array(["a", "bc"])), "text"),
    "byte strings": (saved(np.array([b"a", b"bc"])), "byte strings"),
    "complex numbers": (saved(matrix.astype("<c8")), "complex"),
    "dates": (saved(np.array(["2020-01-01"], dtype="datetime64[D]")), "dates"),
    "raw records": (saved(np.zeros(2, dtype="V3")), "raw records"),
    "long doubles": (saved(matrix.astype(np.longdouble)), "floats of another size"),
}

weights = {
    "conv1.weight": rng.normal(size=(4, 3, 3, 3)).astype(np.float32),
    "bn1.num_batches_tracked": np.array(7, dtype=np.int64),
    "nested/kernel:0": np.asfortranarray(rng.normal(size=(3, 5)).astype(np.float16)),
    "zeros": np.zeros((40, 50), dtype=np.float32),
}
OUT.write_text(
    json.dumps(
        {
            "generator": "tools/reference-fixtures/weights/numpy_reference.py",
            "versions": {"numpy": np.__version__},
            "files": files,
            "refused": {name: {"file": file, "because": because} for name, (file, because) in refused.items()},
            "archive": {
                "stored": archive(np.savez, weights),
                "deflated": archive(np.savez_compressed, weights),
                "arrays": {
                    name: {"shape": list(a.shape), "dtype": a.dtype.name, "values": [number(v) for v in a.ravel()]}
                    for name, a in weights.items()
                },
            },
        },
        ensure_ascii=True,
        separators=(",", ":"),
    )
    + "\n"
)
