"""The PyTorch half of load-pytorch.mjs: answers one question a line, timing itself."""

import json
import os
import sys
import time
from pathlib import Path

import torch

folder = Path(sys.argv[1])


def reply(answer):
    print(json.dumps(answer), flush=True)


def load(name, **options):
    return torch.load(folder / f"{name}.pth", weights_only=True, **options)


def save(state, name):
    """As the other side does: to the disk, not only to the system's cache."""
    with open(folder / f"{name}.pth", "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())


reply({"versions": f"PyTorch {torch.__version__}, Python {sys.version.split()[0]}"})
state = {}
for line in sys.stdin:
    question = json.loads(line)
    if "rewrite" in question:
        state = load(question["rewrite"])
        torch.save(state, folder / f"{question['as']}.pth", _use_new_zipfile_serialization=False)
        reply({})
        continue
    start = time.perf_counter()
    if "load" in question:
        value = load(question["load"])
    elif "map" in question:
        # PyTorch 1 has no way to read names alone.
        value = load(question["map"], **({"mmap": True} if not torch.__version__.startswith("1.") else {}))
    else:
        value = state
        save(state, question["save"])
    milliseconds = 1000 * (time.perf_counter() - start)
    total = sum(tensor.double().sum().item() for tensor in value.values()) if "load" in question else None
    reply({"milliseconds": milliseconds, "sum": total})
