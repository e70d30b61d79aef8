"""Twenty updates by torch.optim.SGD, Adam and AdamW under given gradients, in float64, also with parameter groups.

Run: python3 base_optimizers.py > base-optimizers.json   (written with PyTorch 1.13)
"""

import json

import torch

STEPS = 20
SHAPES = {"kernel": (3, 2), "bias": (2,)}
CASES = {
    "sgd": (torch.optim.SGD, {"lr": 0.05}, {"learningRate": 0.05}),
    "sgd momentum": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9}, {"learningRate": 0.05, "momentum": 0.9}),
    "sgd nesterov decay": (
        torch.optim.SGD,
        {"lr": 0.03, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
        {"learningRate": 0.03, "momentum": 0.8, "nesterov": True, "weightDecay": 0.1},
    ),
    "adam": (torch.optim.Adam, {"lr": 0.01}, {"learningRate": 0.01}),
    "adam decay": (
        torch.optim.Adam,
        {"lr": 0.02, "betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": 5e-2},
        {"learningRate": 0.02, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-3, "weightDecay": 5e-2},
    ),
    "adamw": (torch.optim.AdamW, {"lr": 0.01}, {"learningRate": 0.01}),
    "adamw decay": (
        torch.optim.AdamW,
        {"lr": 0.05, "betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": 0.5},
        {"learningRate": 0.05, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-3, "weightDecay": 0.5},
    ),
}
NO_DECAY = {"match": {"rankBelow": 2}, "weightDecay": 0}
# Title: the case above, what torch changes for the bias, and the groups that say the same.
GROUPED = {
    "sgd nesterov decay, bias without": ("sgd nesterov decay", {"weight_decay": 0}, [NO_DECAY]),
    "adam decay, bias faster": ("adam decay", {"lr": 0.2}, [{"match": {"rankBelow": 2}, "learningRateFactor": 10}]),
    "adamw decay, bias slower and without": (
        "adamw decay",
        {"lr": 0.0125, "weight_decay": 0},
        [NO_DECAY, {"match": {"rankBelow": 2}, "learningRateFactor": 0.25}],
    ),
    "adamw, all slower and decayed": (
        "adamw",
        {"lr": 0.005, "weight_decay": 0.02},
        [{"match": {"name": "."}, "learningRateFactor": 0.5, "weightDecay": 0.02}],
    ),
}


def record(tensors):
    return {name: {"shape": list(t.shape), "values": t.detach().flatten().tolist()} for name, t in tensors.items()}


generator = torch.Generator().manual_seed(7)


def draw():
    # float32 numbers, so that both sides start from the same ones
    return {name: torch.randn(shape, generator=generator).double() for name, shape in SHAPES.items()}


initial = draw()
gradients = [draw() for _ in range(STEPS)]
cases = []
runs = [(title, *case, {}) for title, case in CASES.items()]
for title, (base, bias, groups) in GROUPED.items():
    optimizer_class, torch_options, options = CASES[base]
    runs.append((title, optimizer_class, torch_options, {**options, "groups": groups}, bias))
for title, optimizer_class, torch_options, options, bias in runs:
    theta = {name: value.clone().requires_grad_() for name, value in initial.items()}
    kernel = bias if title.startswith("adamw, all") else {}
    groups = [{"params": [theta["kernel"]], **kernel}, {"params": [theta["bias"]], **bias}]
    optimizer = optimizer_class(groups, **torch_options)
    trajectory = []
    for gradient in gradients:
        for name, parameter in theta.items():
            parameter.grad = gradient[name].clone()
        optimizer.step()
        trajectory.append(record(theta))
    kept = {str(step): trajectory[step] for step in (0, 1, 9, STEPS - 1)}
    cases.append({"title": title, "name": title.split()[0].rstrip(","), "options": options, "after": kept})
print(json.dumps({"initial": record(initial), "gradients": [record(g) for g in gradients], "cases": cases}))
