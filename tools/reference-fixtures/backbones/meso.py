"""Meso4 and MesoInception4 in both variants, by PyTorch in float64, from weights that any language can reproduce.

Writes packages/backbones/test/fixtures/meso.json: for each network the logits and features in inference, and the logits
of one image of an odd size that the same weights fit; then, for one training step without dropout, the loss, samples of
intermediate activations, the batch-norm statistics afterwards, and norms and samples of all gradients; and parameter and
multiply-accumulate counts at 256 pixels.

Weight number t (in the order of `weights` below) and the images are drawn from the linear congruential generator
x ← 1664525·x + 1013904223 mod 2³², started at 12345 + 7919·t, as low + (high − low)·x/2³² rounded to float32.
Running variances follow TensorFlow.js' batch-norm layer, which takes the biased batch variance.

    /usr/bin/python3 tools/reference-fixtures/backbones/meso.py
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

OUT = Path(__file__).parents[3] / "packages/backbones/test/fixtures/meso.json"
SIZE, BATCH, SAMPLES = 40, 2, 24
ODD = 45
LABELS = [0, 1]


def draw(stream, shape, low, high):
    x, values = 12345 + 7919 * stream, []
    for _ in range(int(np.prod(shape))):
        x = (1664525 * x + 1013904223) % 2**32
        values.append(low + (high - low) * x / 2**32)
    return torch.tensor(np.array(values, np.float32).reshape(shape).astype(np.float64))


class Network:
    """Layers are created in the order of their first use; `weights` lists name, shape and range as they come up."""

    def __init__(self, variant, classes, size):
        self.keras = variant == "keras"
        self.classes, self.size = classes, size
        self.weights, self.values, self.layers, self.statistics, self.activations = [], {}, {}, {}, {}
        self.numbers = {"conv2d": 0, "batch_normalization": 0, "dense": 0}
        self.macs = 0

    def theirs(self, kind, name):
        if not self.keras:
            return name
        if name not in self.layers:
            self.numbers[kind] += 1
            self.layers[name] = f"{kind}_{self.numbers[kind]}"
        return self.layers[name]

    def weight(self, name, shape, low, high, trainable=True):
        if name not in self.values:
            value = draw(len(self.weights), shape, low, high).requires_grad_(trainable)
            self.weights.append({"name": name, "shape": list(shape), "low": low, "high": high, "trainable": trainable})
            self.values[name] = value
        return self.values[name]

    def conv(self, x, name, out, kernel, dilation=1, relu=True):
        channels = x.shape[1]
        bound = float(np.float32(2 / np.sqrt(channels * kernel * kernel)))
        layer = self.theirs("conv2d", name)
        if self.keras:
            w = self.weight(f"{layer}/kernel:0", (kernel, kernel, channels, out), -bound, bound).permute(3, 2, 0, 1)
            b = self.weight(f"{layer}/bias:0", (out,), -0.5, 0.5)
        else:
            w, b = self.weight(f"{layer}.weight", (out, channels, kernel, kernel), -bound, bound), None
        y = F.conv2d(x, w, b, padding=dilation * (kernel // 2), dilation=dilation)
        self.macs += y[0].numel() * channels * kernel * kernel
        return F.relu(y) if relu else y

    def norm(self, x, name):
        layer, channels = self.theirs("batch_normalization", name), (x.shape[1],)
        names = (
            [f"{layer}/{n}:0" for n in ("gamma", "beta", "moving_mean", "moving_variance")]
            if self.keras
            else [f"{layer}.{n}" for n in ("weight", "bias", "running_mean", "running_var")]
        )
        gamma, beta = self.weight(names[0], channels, 0.5, 1.5), self.weight(names[1], channels, -0.5, 0.5)
        mean = self.weight(names[2], channels, -0.5, 0.5, False)
        variance = self.weight(names[3], channels, 0.5, 1.5, False)
        epsilon, momentum = (1e-3, 0.01) if self.keras else (1e-5, 0.1)
        if not self.training:
            return F.batch_norm(x, mean, variance, gamma, beta, False, 0, epsilon)
        for key, old, batch in ((names[2], mean, x.mean((0, 2, 3))), (names[3], variance, x.var((0, 2, 3), False))):
            old = self.statistics.get(key, old)
            self.statistics[key] = old + momentum * (batch.detach() - old)
        return F.batch_norm(x, None, None, gamma, beta, True, 0, epsilon)

    def pool(self, x, name, size):
        if self.keras:  # "SAME": the border is kept, the odd row or column added after
            total = -x.shape[2] % size
            before, after = total // 2, total - total // 2
            x = F.pad(x, (before, after, before, after), value=-np.inf)
        y = F.max_pool2d(x, size)
        self.activations[name] = y
        return y

    def dense(self, x, name, out):
        layer, channels = self.theirs("dense", name), x.shape[1]
        bound = float(np.float32(1.5 / np.sqrt(channels)))
        if self.keras:
            w = self.weight(f"{layer}/kernel:0", (channels, out), -bound, bound).T
            b = self.weight(f"{layer}/bias:0", (out,), -0.5, 0.5)
        else:
            w = self.weight(f"{layer}.weight", (out, channels), -bound, bound)
            b = self.weight(f"{layer}.bias", (out,), -0.5, 0.5)
        self.macs += channels * out
        return F.linear(x, w, b)

    def head(self, x):
        x = (x.permute(0, 2, 3, 1) if self.keras else x).flatten(1)
        features = F.leaky_relu(self.dense(x, "fc1", 16), 0.1)
        return features, self.dense(features, "fc2", self.classes)

    def meso4(self, x):
        for i, (out, kernel, pool) in enumerate([(8, 3, 2), (8, 5, 2), (16, 5, 2), (16, 5, 4)], 1):
            norm = f"bn{i}" if self.keras else f"bn{(i + 1) // 2}"
            x = self.pool(self.norm(self.conv(x, f"conv{i}", out, kernel), norm), f"pool{i}", pool)
        return self.head(x)

    def mesoinception4(self, x):
        for i, filters in enumerate([(1, 4, 4, 2), (2, 4, 4, 2)], 1):
            prefix, relu = f"{'inception' if self.keras else 'Incption'}{i}", self.keras
            branches = [self.conv(x, f"{prefix}_conv1", filters[0], 1, 1, relu)]
            for branch in (2, 3, 4):
                out = filters[branch - 1]
                y = self.conv(x, f"{prefix}_conv{branch}_1", out, 1, 1, relu)
                branches.append(self.conv(y, f"{prefix}_conv{branch}_2", out, 3, branch - 1, relu))
            x = self.pool(self.norm(torch.cat(branches, 1), f"{prefix}_bn"), f"inception{i}_pool", 2)
        x = self.pool(self.norm(self.conv(x, "conv1", 16, 5), "bn1"), "pool1", 2)
        x = self.pool(self.norm(self.conv(x, "conv2", 16, 5), "bn2" if self.keras else "bn1"), "pool2", 4)
        return self.head(x)


def digits(values):
    return [float(f"{v:.8g}") for v in values]


def summary(array):
    """Norm, and values at equal steps through the row-major order."""
    flat = array.ravel()
    return {"norm": float(f"{np.linalg.norm(flat):.8g}"), "sample": digits(flat[:: max(1, flat.size // SAMPLES)][:SAMPLES])}


def channels_last(tensor):
    return tensor.detach().permute(0, 2, 3, 1).contiguous().numpy()


def gradient_in_our_layout(net, weight, gradient, flattened):
    gradient = gradient.detach()
    if not net.keras:
        if gradient.dim() == 4:
            gradient = gradient.permute(2, 3, 1, 0)
        elif gradient.dim() == 2:
            if weight == "fc1.weight":
                gradient = gradient.reshape(-1, *flattened).permute(0, 2, 3, 1).flatten(1)
            gradient = gradient.T
    return gradient.contiguous().numpy()


def reference(name, variant, classes):
    net = Network(variant, classes, SIZE)
    x = draw(1000, (BATCH, SIZE, SIZE, 3), -1, 1).permute(0, 3, 1, 2)
    forward = getattr(net, name)
    net.training = False
    features, logits = forward(x)
    activations, net.activations = net.activations, {}
    _, odd = forward(draw(1001, (1, ODD, ODD, 3), -1, 1).permute(0, 3, 1, 2))
    net.activations = activations
    net.training = True
    _, training_logits = forward(x)
    labels = torch.tensor(LABELS)
    loss = (
        F.binary_cross_entropy_with_logits(training_logits[:, 0], labels.double())
        if classes == 1
        else F.cross_entropy(training_logits, labels)
    )
    trainable = [w["name"] for w in net.weights if w["trainable"]]
    gradients = torch.autograd.grad(loss, [net.values[w] for w in trainable])
    flattened = list(net.activations.values())[-1].shape[1:]
    large = Network(variant, 1, 256)
    large.training = False
    getattr(large, name)(torch.zeros(1, 3, 256, 256, dtype=torch.float64))
    count = lambda trains: sum(int(np.prod(w["shape"])) for w in large.weights if w["trainable"] == trains)
    return {
        "name": name, "variant": variant, "classes": classes,
        "weights": [{k: w[k] for k in ("name", "shape", "low", "high")} for w in net.weights],
        "logits": digits(logits.detach().numpy().ravel()),
        "features": digits(features.detach().numpy().ravel()),
        "odd": {"size": ODD, "logits": digits(odd.detach().numpy().ravel())},
        "training": {
            "logits": digits(training_logits.detach().numpy().ravel()),
            "loss": float(f"{loss.item():.9g}"),
            "activations": {k: summary(channels_last(v)) for k, v in net.activations.items()},
            "statistics": {k: digits(v.numpy()) for k, v in net.statistics.items()},
            "gradients": {
                w: summary(gradient_in_our_layout(net, w, g, flattened)) for w, g in zip(trainable, gradients)
            },
        },
        "at256": {"trainable": count(True), "nonTrainable": count(False), "macs": large.macs},
    }


OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(json.dumps({
    "size": SIZE, "batch": BATCH, "labels": LABELS,
    "networks": [
        reference("meso4", "keras", 1), reference("meso4", "deepfakebench", 2),
        reference("mesoinception4", "keras", 1), reference("mesoinception4", "deepfakebench", 2),
    ],
}) + "\n")
