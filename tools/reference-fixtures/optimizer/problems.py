"""What the algorithms of the fixtures are run on, in float64: a problem gives every domain's output at flat parameters.

Two quadratics-and-the-like for methods of the losses alone, a two-layer softmax net for those that need logits and
features, and the small convolutional net (one sigmoid logit), also with batch norm over all domains at once.
"""

import torch
import torch.nn.functional as F

import small_net

generator = torch.Generator().manual_seed(20250521)


def draw(*shape, scale=1.0):
    values = (torch.randn(shape, generator=generator) * scale * 1000).round() / 1000
    return values.float().double()


def plain(value):
    return {"shape": list(value.shape), "values": [float(f"{v:.9g}") for v in value.flatten().tolist()]}


class Net:
    """The small convolutional net."""

    def __init__(self, mixed=False):
        self.mixed = mixed
        self.initial = small_net.INITIAL
        self.names = small_net.NAMES
        self.weight = small_net.WEIGHT

    def outputs(self, theta):
        if self.mixed:
            parts = small_net.features(theta, torch.cat(small_net.IMAGES)).split(small_net.BATCH)
        else:
            parts = [small_net.features(theta, images) for images in small_net.IMAGES]
        y = small_net.LABELS
        out = []
        for feature in parts:
            z = small_net.logits_of(theta, feature)
            out.append({"loss": F.binary_cross_entropy_with_logits(z, y), "logits": z, "labels": y, "features": feature})
        return out

    def cross_entropy(self, logits, labels):
        return F.binary_cross_entropy_with_logits(logits, labels)

    def last_layer(self, theta):
        return small_net.unflatten(theta)[3:]

    def head(self, layer, features):
        return F.linear(features, *layer)[:, 0]

    def record(self, theta):
        return small_net.record(small_net.unflatten(theta))


def unflatten(theta, like):
    parts, offset = [], 0
    for value in like:
        parts.append(theta[offset : offset + value.numel()].view(value.shape))
        offset += value.numel()
    return parts


class Quadratic:
    """L_k = (x - c_k)' A_k (x - c_k) / 2 with x the entries of a 2 x 2 matrix and of a vector of 3."""

    initial = [draw(2, 2), draw(3)]
    names = ["matrix", "vector"]
    weight = [True, False]
    centres = [draw(7) for _ in small_net.DOMAINS]
    factors = [draw(7, 7, scale=0.4) for _ in small_net.DOMAINS]

    def outputs(self, theta):
        out = []
        for centre, factor in zip(self.centres, self.factors):
            residual = factor @ (theta - centre)
            out.append({"loss": residual.dot(residual) / 2})
        return out

    def record(self, theta):
        return {name: plain(v) for name, v in zip(self.names, unflatten(theta, self.initial))}

    def data(self):
        return {
            "initial": {name: plain(v) for name, v in zip(self.names, self.initial)},
            "centres": {name: plain(v) for name, v in zip(small_net.DOMAINS, self.centres)},
            "factors": {name: plain(v) for name, v in zip(small_net.DOMAINS, self.factors)},
        }


class Softmax:
    """Three classes: tanh features of the inputs, and a linear layer on them. Kernels are [in, out]."""

    initial = [draw(4, 3, scale=0.5), draw(3, scale=0.1), draw(3, 3, scale=0.5), draw(3, scale=0.1)]
    names = ["hidden/kernel", "hidden/bias", "head/kernel", "head/bias"]
    weight = [True, False, True, False]
    labels = torch.tensor([0, 2, 1, 1, 0])
    inputs = [draw(5, 4) for _ in small_net.DOMAINS]

    def outputs(self, theta):
        kernel, bias, head, offset = unflatten(theta, self.initial)
        out = []
        for x in self.inputs:
            feature = torch.tanh(x @ kernel + bias)
            z = feature @ head + offset
            out.append({"loss": F.cross_entropy(z, self.labels), "logits": z, "labels": self.labels, "features": feature})
        return out

    def cross_entropy(self, logits, labels):
        return F.cross_entropy(logits, labels)

    def last_layer(self, theta):
        return unflatten(theta, self.initial)[2:]

    def head(self, layer, features):
        return features @ layer[0] + layer[1]

    def record(self, theta):
        return {name: plain(v) for name, v in zip(self.names, unflatten(theta, self.initial))}

    def data(self):
        return {
            "initial": {name: plain(v) for name, v in zip(self.names, self.initial)},
            "labels": self.labels.tolist(),
            "inputs": {name: plain(v) for name, v in zip(small_net.DOMAINS, self.inputs)},
        }


PROBLEMS = {"net": Net(), "net, mixed": Net(mixed=True), "quadratic": Quadratic(), "softmax": Softmax()}
