"""Every network of this package in eager PyTorch, for speed.mjs. Without dropout and stochastic depth, which take no time worth
measuring. Speaks the protocol of contestant.py; the first two arguments are the folders of that file and of the references
that ResNet comes from."""
import sys

sys.path[:0] = [sys.argv.pop(1), sys.argv.pop(1)]

import contestant
import torch
from efficientnet import EfficientNet
from torch import nn
from xception import Xception


def block(inputs, filters, kernel, pool):
    convolution = nn.Conv2d(inputs, filters, kernel, padding="same")
    return [convolution, nn.ReLU(inplace=True), nn.BatchNorm2d(filters, 1e-3, 0.01), nn.MaxPool2d(pool)]


def head(size, classes):
    features = 16 * (size // 32) ** 2
    return [nn.Flatten(), nn.Linear(features, 16), nn.LeakyReLU(0.1, inplace=True), nn.Linear(16, classes)]


def meso4(size, classes):
    blocks = [(3, 8, 3, 2), (8, 8, 5, 2), (8, 16, 5, 2), (16, 16, 5, 4)]
    return nn.Sequential(*(layer for each in blocks for layer in block(*each)), *head(size, classes))


class Inception(nn.Module):
    """1×1 convolutions, and 3×3 ones of three dilations behind three of them."""

    def __init__(self, inputs, filters):
        super().__init__()

        def convolution(before, after, kernel=1, dilation=1):
            return [nn.Conv2d(before, after, kernel, padding="same", dilation=dilation), nn.ReLU(inplace=True)]

        first, *others = filters
        self.branches = nn.ModuleList([nn.Sequential(*convolution(inputs, first))])
        for dilation, out in enumerate(others, 1):
            self.branches.append(nn.Sequential(*convolution(inputs, out), *convolution(out, out, 3, dilation)))
        self.rest = nn.Sequential(nn.BatchNorm2d(sum(filters), 1e-3, 0.01), nn.MaxPool2d(2))

    def forward(self, x):
        return self.rest(torch.cat([branch(x) for branch in self.branches], 1))


def mesoinception4(size, classes):
    modules = [Inception(3, (1, 4, 4, 2)), Inception(11, (2, 4, 4, 2))]
    blocks = block(12, 16, 5, 2) + block(16, 16, 5, 4)
    return nn.Sequential(*modules, *blocks, *head(size, classes))


def resnet(number, classes):
    # Beside the fixtures' generator; a module of that name is nowhere else.
    from resnet import ResNet

    net = ResNet(number, classes)
    for module in net.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = True
    return net


def build(name, size, classes):
    if name == "xception":
        return Xception(classes)
    if name.startswith("efficientnet-b"):
        return EfficientNet(name, size, classes)
    if name.startswith("resnet"):
        return resnet(int(name.removeprefix("resnet")), classes)
    if name in ("meso4", "mesoinception4"):
        return {"meso4": meso4, "mesoinception4": mesoinception4}[name](size, classes)
    raise SystemExit(f"--net: there is no {name!r}")


if __name__ == "__main__":
    contestant.build = build
    contestant.main()
