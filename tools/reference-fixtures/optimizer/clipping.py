"""Twenty updates by torch.optim.SGD under given gradients that torch.nn.utils clips by norm or by value, in float64.

Run: python3 clipping.py > clipping.json   (written with PyTorch 1.13)
"""

import json

import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

STEPS = 20
SHAPES = [(3, 2), (2,)]
generator = torch.Generator().manual_seed(17)


def draw():
    return [torch.randn(shape, generator=generator).double() for shape in SHAPES]


def record(tensors):
    return [{"shape": list(t.shape), "values": t.detach().flatten().tolist()} for t in tensors]


initial = draw()
gradients = [draw() for _ in range(STEPS)]


def run(title, options, clip):
    theta = [value.clone().requires_grad_() for value in initial]
    optimizer = torch.optim.SGD(theta, lr=0.1, momentum=0.9)
    norms, clipped = [], []
    for gradient in gradients:
        for parameter, value in zip(theta, gradient):
            parameter.grad = value.clone()
        norms.append(torch.cat([p.grad.flatten() for p in theta]).norm().item())
        clip(theta)
        changed = any(not torch.equal(p.grad, value) for p, value in zip(theta, gradient))
        clipped.append(changed)
        optimizer.step()
    return {"title": title, "clip": options, "norms": norms, "clipped": clipped, "after": record(theta)}


print(
    json.dumps(
        {
            "initial": record(initial),
            "gradients": [record(g) for g in gradients],
            "cases": [
                run("by norm", {"norm": 2.5}, lambda theta: clip_grad_norm_(theta, 2.5)),
                run("by value", {"value": 1.5}, lambda theta: clip_grad_value_(theta, 1.5)),
            ],
        }
    )
)
