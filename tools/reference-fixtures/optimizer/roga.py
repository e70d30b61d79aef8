"""Eight or twenty RoGA and ERM steps on a small conv + batch-norm + linear net, in float64, by PyTorch's autograd.

Written from the equations at the head of packages/optimizer/src/roga.ts, on flat parameter vectors and with every
gradient kept, so that it shares nothing with the buffers and running sums of the TypeScript.

Run: python3 roga.py > roga.json   (written with PyTorch 1.13)
"""

import json

import torch
import torch.nn.functional as F
from small_net import BATCH_NORM_EPSILON, DOMAINS, IMAGES, INITIAL, LABELS, WEIGHT, base_optimizer, images, losses, record, unflatten

LONG, SHORT = 20, 8  # steps of a run

SGD = {"name": "sgd", "options": {"learningRate": 0.05, "momentum": 0.9}}
ADAM = {"name": "adam", "options": {"learningRate": 0.01, "weightDecay": 5e-4}}
CASES = [
    ("ERM", None, SGD, LONG),
    ("ERM, mixed batch norm, weights", {"erm": True, "batchNormPass": "mixed", "weights": [3, 1, 2]}, ADAM, SHORT),
    ("defaults", {}, SGD, SHORT),
    ("own", {"rho": 0.2, "alpha": 0.05}, SGD, LONG),
    ("own, alpha 0", {"rho": 0.2, "alpha": 0}, SGD, LONG),
    ("own, rho 0, Adam", {"rho": 0, "alpha": 0.05}, ADAM, SHORT),
    ("all", {"rho": 0.2, "alpha": 0.05, "perturbedLoss": "all"}, SGD, LONG),
    ("all, alpha 0, Adam", {"rho": 0.2, "alpha": 0, "perturbedLoss": "all"}, ADAM, SHORT),
    ("shared", {"rho": 0.2, "alpha": 0.05, "ascent": "shared"}, SGD, LONG),
    ("shared, alpha 0", {"rho": 0.2, "alpha": 0, "ascent": "shared"}, SGD, SHORT),
    ("adaptive", {"rho": 0.5, "alpha": 0.05, "adaptive": True}, SGD, LONG),
    ("adaptive, shared, eta", {"rho": 0.5, "alpha": 0.05, "adaptive": True, "eta": 0.1, "ascent": "shared"}, SGD, SHORT),
    ("sum", {"rho": 0.2, "alpha": 0.05, "combine": "sum"}, SGD, LONG),
    ("weights", {"rho": 0.2, "alpha": 0.05, "weights": [3, 1, 2]}, SGD, LONG),
    ("all, weights", {"rho": 0.2, "alpha": 0.05, "perturbedLoss": "all", "weights": [3, 1, 2]}, SGD, SHORT),
    ("warm-up", {"rho": 0.2, "alpha": 0.05, "combine": "sum", "warmupSteps": 5}, SGD, LONG),
    ("mixed", {"rho": 0.2, "alpha": 0.05, "batchNormPass": "mixed"}, SGD, LONG),
    ("mixed, all, weights", {"rho": 0.2, "alpha": 0.05, "perturbedLoss": "all", "batchNormPass": "mixed", "weights": [3, 1, 2]}, SGD, SHORT),
    ("mixed, shared", {"rho": 0.2, "alpha": 0.05, "ascent": "shared", "batchNormPass": "mixed"}, SGD, SHORT),
]


def gradient(theta, mixed, select):
    """Gradient at theta of select(list of domain losses), and that loss."""
    theta = theta.clone().requires_grad_()
    loss = select(losses(theta, mixed))
    return torch.autograd.grad(loss, theta)[0], loss.item()


def roga_gradient(theta, options, step):
    k_all = range(len(DOMAINS))
    mixed = options.get("batchNormPass") == "mixed"
    weights = options.get("weights", [1] * len(DOMAINS))
    w = [value / sum(weights) for value in weights]
    g_k = [gradient(theta, mixed, lambda all_losses: all_losses[k])[0] for k in k_all]
    g = sum(w[k] * g_k[k] for k in k_all)
    if options.get("erm") or step < options.get("warmupSteps", 0):
        return g, None
    rho, alpha, eta = options.get("rho", 0.1), options.get("alpha", 2e-4), options.get("eta", 0.01)
    t = torch.ones_like(theta)
    if options.get("adaptive"):
        scaled = torch.cat([torch.full_like(v, float(is_weight)).flatten() for v, is_weight in zip(INITIAL, WEIGHT)])
        t = torch.where(scaled > 0, theta.abs() + eta, t)
    e_k = [rho * t * t * g_k[k] / ((t * g_k[k]).norm() + 1e-12) for k in k_all]
    if options.get("ascent") == "shared":
        shared = sum(w[k] * e_k[k] for k in k_all)
        e_k = [shared] * len(DOMAINS)
    h_k, perturbed = [], 0.0
    for k in k_all:
        if options.get("perturbedLoss") == "all":
            select = lambda all_losses: sum(w[j] * all_losses[j] for j in k_all)  # noqa: E731
        else:
            select = lambda all_losses: all_losses[k]  # noqa: E731
        h, loss = gradient(theta + e_k[k] - alpha * g, mixed, select)
        h_k.append(h)
        perturbed += w[k] * loss
    h = sum(w[k] * h_k[k] for k in k_all)
    combined = g + h if options.get("combine") == "sum" else (g + h) / 2
    return combined, {"perturbedLoss": perturbed, "alignment": F.cosine_similarity(g, h, dim=0).item()}


def run(title, options, base, count):
    options = {"erm": True} if options is None else dict(options)
    theta = torch.cat([value.flatten() for value in INITIAL]).requires_grad_()
    optimizer = base_optimizer(base, theta)
    steps = []
    for step in range(count):
        at = theta.detach().clone()
        mixed = options.get("batchNormPass") == "mixed"
        g, extra = roga_gradient(at, options, step)
        entry = {"losses": [loss.item() for loss in losses(at, mixed)], "gradientNorm": g.norm().item()}
        steps.append({**entry, **(extra or {})})
        theta.grad = g
        optimizer.step()
    name = "erm" if options.pop("erm", False) else "roga"
    if "weights" in options:
        options["weights"] = dict(zip(DOMAINS, options["weights"]))
    return {"title": title, "algorithm": name, "options": options, "base": base, "steps": steps, "after": record(unflatten(theta.detach()))}


print(
    json.dumps(
        {
            "epsilon": BATCH_NORM_EPSILON,
            "labels": LABELS.tolist(),
            "images": {name: images(value) for name, value in zip(DOMAINS, IMAGES)},
            "initial": record(INITIAL),
            "cases": [run(*case) for case in CASES],
        }
    )
)
