"""Training batch norm with an activation, and its gradients, by PyTorch in float64.

Writes packages/ops/test/fixtures/batch-norm.json: small cases with channels last, inputs rounded to float32 beforehand,
so that both sides start from the same numbers. Inputs are moved where a pre-activation lies near a kink.

    /usr/bin/python3 tools/reference-fixtures/ops/batch_norm.py
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

OUT = Path(__file__).parents[3] / "packages/ops/test/fixtures/batch-norm.json"
random = np.random.RandomState(20150211)
ACTIVATIONS = {"linear": lambda z: z, "relu": F.relu, "relu6": F.relu6, "swish": F.silu}


def draw(shape, scale=1.0, offset=0.0):
    values = (scale * random.standard_normal(shape) + offset).astype(np.float32).astype(np.float64)
    return torch.tensor(values, requires_grad=True)


def values(tensor, digits=9):
    array = tensor.detach().numpy()
    return {"shape": list(array.shape), "values": [float(f"{v:.{digits}g}") for v in array.ravel()]}


def case(shape, activation, affine, epsilon, scale, offset):
    channels = shape[-1]
    while True:
        x = draw(shape, scale, offset)
        gamma = draw([channels], 1.0, 3.0 if activation == "relu6" else 1.0) if "g" in affine else None
        beta = draw([channels], 0.5, 2.0 if activation == "relu6" else 0.0) if "b" in affine else None
        flat = x.reshape(-1, channels)
        z = F.batch_norm(flat, None, None, gamma, beta, training=True, eps=epsilon)
        if min(z.abs().min(), (z - 6).abs().min()) > 1e-4:
            break
    y = ACTIVATIONS[activation](z).reshape(shape)
    dy = draw(shape)
    inputs = [tensor for tensor in (x, gamma, beta) if tensor is not None]
    gradients = iter(torch.autograd.grad(y, inputs, dy))
    record = {
        "activation": activation, "epsilon": epsilon, "x": values(x), "dy": values(dy), "y": values(y),
        "mean": values(flat.mean(0)), "variance": values(flat.var(0, unbiased=False)), "dx": values(next(gradients)),
    }
    if gamma is not None:
        record |= {"gamma": values(gamma), "dgamma": values(next(gradients))}
    if beta is not None:
        record |= {"beta": values(beta), "dbeta": values(next(gradients))}
    return record


cases = [
    case([2, 3, 2, 3], activation, affine, 1e-3, 2.0, 0.5)
    for activation in ACTIVATIONS
    for affine in ("gb", "g", "b", "")
] + [
    case([7, 1], "linear", "gb", 1e-5, 1.0, 0.0),
    case([5, 4], "swish", "gb", 1e-3, 1.0, 0.0),
    case([3, 5, 2], "relu", "gb", 1e-3, 0.01, 0.0),
    case([2, 2, 3, 2, 3], "relu6", "gb", 1e-3, 1.0, -1.0),
    case([4, 3, 3, 2], "linear", "gb", 1e-3, 1.0, 30.0),
]
OUT.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
print(f"{len(cases)} cases, {OUT.stat().st_size} bytes")
