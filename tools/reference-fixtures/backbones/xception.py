"""Xception by PyTorch in float64, written from the paper and the published layer names: the variant of Cadene and
DeepfakeBench, its adjust-channel form, and Keras' (the same layers with TensorFlow's "same" max pooling).

Writes packages/backbones/test/fixtures/xception.json; `common.py` says how.

    /usr/bin/python3 tools/reference-fixtures/backbones/xception.py
"""

import torch
from torch import nn
import torch.nn.functional as F

from common import gaps, reference, write

BLOCKS = [(64, [128, 128], 2), (128, [256, 256], 2), (256, [728, 728], 2)]
BLOCKS += [(728, [728, 728, 728], 1)] * 8 + [(728, [728, 1024], 2)]


class Separable(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x):
        return self.pointwise(self.conv1(x))


class SamePool(nn.MaxPool2d):
    """TensorFlow's "same": on even sizes the pixel of padding is after the image."""

    def forward(self, x):
        before = x.shape[2] % 2
        return F.max_pool2d(F.pad(x, (before, 1, before, 1), value=-torch.inf), 3, 2)


class Block(nn.Module):
    def __init__(self, inputs, widths, stride, first, norm, pool):
        super().__init__()
        rep = []
        for i, (before, after) in enumerate(zip([inputs, *widths], widths)):
            if i > 0 or not first:
                rep.append(nn.ReLU())
            rep += [Separable(before, after), norm(after)]
        self.skip = None
        if stride != 1:
            rep.append(pool())
            self.skip = nn.Conv2d(inputs, widths[-1], 1, stride, bias=False)
            self.skipbn = norm(widths[-1])
        self.rep = nn.Sequential(*rep)

    def forward(self, x):
        return self.rep(x) + (x if self.skip is None else self.skipbn(self.skip(x)))


class Xception(nn.Module):
    def __init__(self, classes, keras=False, adjust=None):
        """adjust: None leaves adjust_channel out (ImageNet's form), False has it unused, True uses it."""
        super().__init__()
        norm = lambda width: nn.BatchNorm2d(width, *((1e-3, 0.01) if keras else (1e-5, 0.1)))  # noqa: E731
        pool = lambda: SamePool(3, 2, 0) if keras else nn.MaxPool2d(3, 2, 1)  # noqa: E731
        self.conv1, self.bn1 = nn.Conv2d(3, 32, 3, 2, bias=False), norm(32)
        self.conv2, self.bn2 = nn.Conv2d(32, 64, 3, bias=False), norm(64)
        for i, (inputs, widths, stride) in enumerate(BLOCKS, 1):
            setattr(self, f"block{i}", Block(inputs, widths, stride, i == 1, norm, pool))
        self.conv3, self.bn3 = Separable(1024, 1536), norm(1536)
        self.conv4, self.bn4 = Separable(1536, 2048), norm(2048)
        self.last_linear = nn.Linear(512 if adjust else 2048, classes)
        if adjust is not None:
            self.adjust_channel = nn.Sequential(nn.Conv2d(2048, 512, 1), norm(512), nn.ReLU())
        self.adjust = adjust
        self.relu1, self.relu2, self.relu3, self.relu4 = (nn.ReLU() for _ in range(4))

    def forward(self, x):
        x = self.relu1(self.bn1(self.conv1(x)))
        x = self.relu2(self.bn2(self.conv2(x)))
        for i in range(1, len(BLOCKS) + 1):
            x = getattr(self, f"block{i}")(x)
        x = self.relu3(self.bn3(self.conv3(x)))
        x = self.bn4(self.conv4(x))
        x = self.adjust_channel(x) if self.adjust else self.relu4(x)
        return self.last_linear(x.mean((2, 3)))


def keras_name(name, array):
    """The name and layout in Keras, whose separable convolutions are one layer and whose block n + 1 is block n."""
    layer, _, weight = name.rpartition(".")
    kinds = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    stem = {"conv1": "block1_conv1", "conv2": "block1_conv2", "conv3": "block14_sepconv1", "conv4": "block14_sepconv2"}
    part = None
    if layer.endswith((".conv1", ".pointwise")):
        layer, _, part = layer.rpartition(".")
    if layer == "last_linear":
        return (f"predictions/kernel:0", array.T) if weight == "weight" else ("predictions/bias:0", array)
    if layer.startswith("block"):
        block, rest = layer.split(".", 1)
        number = int(block[5:])
        if rest in ("skip", "skipbn"):
            strided = [1, 2, 3, 12].index(number) + 1
            theirs = f"{'conv2d' if rest == 'skip' else 'batch_normalization'}_{strided}"
        else:
            place = (int(rest.split(".")[1]) + (1 if number == 1 else 0)) // 3 + 1
            theirs = f"block{number + 1}_sepconv{place}"
            if part is None:
                place = (int(rest.split(".")[1]) + (0 if number == 1 else -1)) // 3 + 1
                theirs = f"block{number + 1}_sepconv{place}_bn"
    elif layer.startswith("bn"):
        theirs = f"{stem['conv' + layer[2:]]}_bn"
    else:
        theirs = stem[layer]
    if array.ndim == 1:
        return f"{theirs}/{kinds[weight]}:0", array
    if part == "conv1":
        return f"{theirs}/depthwise_kernel:0", array.transpose(2, 3, 0, 1)
    return f"{theirs}/{'pointwise_kernel' if part else 'kernel'}:0", array.transpose(2, 3, 1, 0)


ACTIVATIONS = {"relu2": "relu2", "block3_pool": "block3.rep.6", "block7_add": "block7", "bn4": "bn4"}
SIZES = {"size": 64, "odd_size": 75, "batch": 2}


def counts():
    imagenet, two = Xception(1000), Xception(2)
    count = lambda net: sum(p.numel() for p in net.parameters())  # noqa: E731
    assert (count(imagenet), count(two)) == (22_855_952, 20_811_050), (count(imagenet), count(two))


if __name__ == "__main__":
    counts()
    networks = [
        reference("xception", "deepfakebench", lambda: Xception(2, adjust=False), classes=2, activations=ACTIVATIONS, **SIZES),
        reference("xception", "deepfakebench", lambda: Xception(1, adjust=True), classes=1,
                  activations={"adjust_relu": "adjust_channel.2"}, options={"adjustChannel": True}, **SIZES),
    ]
    gaps.same = True
    make = lambda: Xception(2, keras=True)  # noqa: E731
    networks.append(
        reference("xception", "keras", make, classes=2, activations=ACTIVATIONS, rename=keras_name, **SIZES)
    )
    write("xception.json", networks)
