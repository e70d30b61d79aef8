"""Eight or twenty RoGA and ERM steps on a small conv + batch-norm + linear net, in float64, by PyTorch's autograd.

Written from the equations at the head of packages/optimizer/src/roga.ts, on flat parameter vectors and with every
gradient kept, so that it shares nothing with the buffers and running sums of the TypeScript.
Weights and images are written in TensorFlow.js' layouts (HWIO, NHWC).

Run: python3 roga.py > roga.json   (written with PyTorch 1.13)
"""

import json

import torch
import torch.nn.functional as F

LONG, SHORT = 20, 8  # steps of a run
DOMAINS = ["deepfakes", "face2face", "faceswap"]
BATCH, SIZE = 4, 6
BATCH_NORM_EPSILON = 1e-3
NAMES = ["conv/kernel", "norm/gamma", "norm/beta", "dense/kernel", "dense/bias"]
WEIGHT = [True, False, False, True, False]  # what the adaptive ascent scales

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

generator = torch.Generator().manual_seed(20250520)


def draw(*shape, scale=1.0):
    # three decimals: short in the fixture; rounded to float32 so that both sides start from the same numbers
    values = (torch.randn(shape, generator=generator) * scale * 1000).round() / 1000
    return values.float().double()


INITIAL = [
    draw(3, 1, 3, 3, scale=0.4),  # OIHW
    1 + draw(3, scale=0.1),
    draw(3, scale=0.1),
    draw(1, 3, scale=0.7),  # out, in
    draw(1, scale=0.1),
]
INITIAL = [value.float().double() for value in INITIAL]
LABELS = torch.tensor([1.0, 0.0, 1.0, 0.0]).double()
IMAGES = [draw(BATCH, 1, SIZE, SIZE) + 0.25 * k * LABELS[:, None, None, None] for k in range(len(DOMAINS))]
IMAGES = [value.float().double() for value in IMAGES]


def unflatten(flat):
    parts, offset = [], 0
    for value in INITIAL:
        parts.append(flat[offset : offset + value.numel()].view(value.shape))
        offset += value.numel()
    return parts


def logits(theta, images):
    kernel, gamma, beta, dense_kernel, dense_bias = unflatten(theta)
    x = F.conv2d(images, kernel)
    x = F.batch_norm(x, None, None, gamma, beta, training=True, eps=BATCH_NORM_EPSILON)
    x = F.relu(x).mean(dim=(2, 3))
    return F.linear(x, dense_kernel, dense_bias)[:, 0]


def losses(theta, mixed):
    """The mean loss of every domain."""
    if mixed:
        out = logits(theta, torch.cat(IMAGES)).split(BATCH)
    else:
        out = [logits(theta, images) for images in IMAGES]
    return [F.binary_cross_entropy_with_logits(z, LABELS) for z in out]


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


def base_optimizer(base, parameter):
    o = base["options"]
    if base["name"] == "sgd":
        return torch.optim.SGD([parameter], lr=o["learningRate"], momentum=o["momentum"])
    return torch.optim.Adam([parameter], lr=o["learningRate"], weight_decay=o["weightDecay"])


def record(parts):
    kernel, gamma, beta, dense_kernel, dense_bias = parts
    arranged = [kernel.permute(2, 3, 1, 0), gamma, beta, dense_kernel.t(), dense_bias]
    return {
        name: {"shape": list(value.shape), "values": [float(f"{v:.9g}") for v in value.flatten().tolist()]}
        for name, value in zip(NAMES, arranged)
    }


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


def images(value):
    value = value.permute(0, 2, 3, 1)
    return {"shape": list(value.shape), "values": [float(f"{v:.9g}") for v in value.flatten().tolist()]}


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
