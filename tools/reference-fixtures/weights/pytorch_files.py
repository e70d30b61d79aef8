"""What PyTorch saves: state dicts and checkpoints in both of its formats, and files that are to be refused.

Writes packages/weights/test/fixtures/pytorch-<version>.json, one for each version that it is run with (made with
1.13 and 2.13, whose files differ):
    python3 tools/reference-fixtures/weights/pytorch_files.py
"""

import argparse
import base64
import collections
import io
import json
import pathlib
import tempfile
import warnings
import zlib

import numpy as np
import torch

VERSION = ".".join(torch.__version__.split(".")[:2])
OUT = pathlib.Path(__file__).parents[3] / f"packages/weights/test/fixtures/pytorch-{VERSION}.json"
DTYPES = {
    torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16", torch.uint8: "U8",
    torch.int8: "I8", torch.int16: "I16", torch.int32: "I32", torch.int64: "I64", torch.bool: "BOOL",
}
for late in ["uint16", "uint32", "uint64"]:
    if hasattr(torch, late):
        DTYPES[getattr(torch, late)] = late.replace("uint", "U")
warnings.filterwarnings("ignore")
torch.manual_seed(20250603)


def packed(content):
    """Compressed, since most of these files is padding."""
    return base64.b64encode(zlib.compress(content, 9)).decode()


def saved(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return packed(out.getvalue())


def both(value, **options):
    return {
        "zip": saved(value, **options),
        "legacy": saved(value, _use_new_zipfile_serialization=False, **options),
    }


def expected(state_dict):
    """Per tensor its dtype, shape, and elements in row-major order as little-endian bytes in hexadecimal."""
    tensors = {}
    for name, tensor in state_dict.items():
        flat = tensor.detach().clone(memory_format=torch.contiguous_format).reshape(-1)
        width = flat.element_size()
        content = b"" if flat.numel() == 0 else bytes(flat.view(torch.uint8).tolist())
        assert len(content) == width * flat.numel()
        tensors[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "bytes": content.hex()}
    return tensors


def every_dtype():
    values = torch.tensor([[0.0, -1.5, 3.25], [100.0, 1e-3, -77.0]])
    state = collections.OrderedDict()
    for dtype, name in DTYPES.items():
        state[name] = (values > 0) if dtype == torch.bool else values.abs().to(dtype) if name[0] == "U" else values.to(dtype)
    state["extremes"] = torch.tensor([float("inf"), float("-inf"), float("nan"), -0.0, 1.4e-45])
    state["longest"] = torch.tensor([-(2**63), 2**63 - 1])
    return state


def views():
    base = torch.arange(24.0).reshape(4, 6)
    state = {
        "whole": base,
        "transposed": base.t(),
        "part": base[1:3, 2:5],
        "every second": base[::2, ::3],
        "flat": base.reshape(-1)[7:9],
        "channels last": torch.arange(48.0).reshape(2, 2, 3, 4).contiguous(memory_format=torch.channels_last),
        "permuted": torch.arange(24, dtype=torch.int16).reshape(2, 3, 4).permute(1, 2, 0),
        "expanded": torch.tensor([2.0, 3.0]).reshape(2, 1).expand(2, 3),
        "scalar": torch.tensor(7),
        "empty": torch.zeros(3, 0, 2),
        "ones": torch.ones(1, 1, 1),
        "of an axis of one": torch.arange(6.0).reshape(2, 3)[:, :1],
        "": torch.tensor([1.0]),
        "__proto__": torch.tensor([2.0]),
        "漢字 \"quoted\" \\u0041\n": torch.tensor([3.0]),
    }
    return state


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 2, 3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(2)
        self.fc = torch.nn.Linear(2, 1)

    def forward(self, x):
        return self.fc(self.bn1(self.conv1(x)).mean((2, 3)))


net = Net()
optimizer = torch.optim.Adam(net.parameters())
net(torch.randn(2, 3, 5, 5)).sum().backward()
optimizer.step()
parallel = torch.nn.DataParallel(net)
checkpoint = {
    "epoch": 12,
    "arch": "net",
    "best": 0.5,
    "done": False,
    "note": None,
    "large": 2**70,
    "seen": (1, [2.5, "three"], {4, 5}, b"bytes"),
    "state_dict": parallel.state_dict(),
    "optimizer": optimizer.state_dict(),
    "rng_state": torch.get_rng_state()[:8].clone(),
    "args": argparse.Namespace(lr=0.1, name="x"),
    "metric": np.float64(0.75),
    "history": np.arange(3.0),
    "counts": collections.defaultdict(list, {"a": [1]}),
    "size": torch.Size([2, 3]),
    "device": torch.device("cpu"),
    "dtype": torch.float16,
    "out": pathlib.PurePosixPath("runs/1"),
}
parameters = {name: value for name, value in net.named_parameters()}
tagged = torch.arange(3.0)
tagged.tag = "an attribute of its own"

cases = {
    "every dtype": (every_dtype(), every_dtype(), []),
    "views": (views(), views(), []),
    "a module's state dict": (net.state_dict(), net.state_dict(), []),
    "a checkpoint": (checkpoint, parallel.state_dict(), ["state_dict"]),
    "parameters": (parameters, parameters, []),
    "a tensor with attributes": ({"tagged": tagged}, {"tagged": tagged}, []),
    "two levels down": ({"ema": {"module": net.state_dict()}, "step": 3}, net.state_dict(), ["ema", "module"]),
}
files = {
    name: {**both(value), "tensors": expected(state), "entry": entry} for name, (value, state, entry) in cases.items()
}
protocols = {
    str(protocol): {**both(cases["a checkpoint"][0] if protocol else views(), pickle_protocol=protocol)}
    for protocol in [1, 3, 4, 5]
}

refused = {
    "complex": {"a": torch.ones(2, dtype=torch.complex64)},
    "sparse": {"a": torch.eye(2).to_sparse()},
    "quantized": {"a": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)},
    "meta": {"a": torch.ones(2, device="meta")},
    "module": net.fc,
    "one tensor": torch.ones(2),
    "a list": [torch.ones(2)],
    "nothing": {"epoch": 3, "names": ["a"]},
    "two state dicts": {"model": {"a": torch.ones(2)}, "net": {"a": torch.zeros(2)}},
    "a number for a name": {3: torch.ones(2)},
}

if not VERSION.startswith("1."):  # Version 1 saves the numbers and forgets that they were to be negated.
    refused["negated"] = {"a": torch.complex(torch.zeros(2), torch.ones(2)).conj().imag}


def script():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "script.pt"
        torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), str(path))
        return packed(path.read_bytes())


def without_checksums():
    if not hasattr(torch.serialization, "set_crc32_options"):
        return {}
    torch.serialization.set_crc32_options(False)
    try:
        return {"without checksums": {"zip": saved(views()), "tensors": expected(views())}}
    finally:
        torch.serialization.set_crc32_options(True)


OUT.write_text(
    json.dumps(
        {
            "version": torch.__version__,
            "files": files,
            "protocols": protocols,
            "more": without_checksums(),
            "refused": {**{name: saved(value) for name, value in refused.items()}, "script": script()},
        },
        ensure_ascii=False,
    )
    + "\n"
)
