"""ResNet-18, -34 and -50 by PyTorch in float64, written from the paper with torchvision's layer names; the networks of
DeepfakeBench, which number its modules, are the same.

Writes packages/backbones/test/fixtures/resnet.json; `common.py` says how. With an argument, compares instead with
torchvision, where that is installed: keys, shapes, and logits in inference and training.

    /usr/bin/python3 tools/reference-fixtures/backbones/resnet.py [check]
"""

import sys

import torch
from torch import nn

from common import fill, images, reference, write

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
PARAMETERS = {18: 11_689_512, 34: 21_797_672, 50: 25_557_032}


class Block(nn.Module):
    def __init__(self, inputs, width, stride, bottleneck):
        super().__init__()
        outputs = width * (4 if bottleneck else 1)
        kernels = (1, 3, 1) if bottleneck else (3, 3)
        widths = (width, width, outputs) if bottleneck else (width, width)
        self.count = len(kernels)
        for i, (kernel, out) in enumerate(zip(kernels, widths), 1):
            strides = stride if i == (2 if bottleneck else 1) else 1
            setattr(self, f"conv{i}", nn.Conv2d(inputs if i == 1 else widths[i - 2], out, kernel, strides, kernel // 2, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(out))
            setattr(self, f"relu{i}", nn.ReLU())
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        for i in range(1, self.count + 1):
            x = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(x))
            x = getattr(self, f"relu{i}")(x if i < self.count else x + shortcut)
        return x


class ResNet(nn.Module):
    def __init__(self, number, classes):
        super().__init__()
        bottleneck = number == 50
        self.conv1, self.bn1, self.relu = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = 64
        for stage, (width, count) in enumerate(zip((64, 128, 256, 512), BLOCKS[number]), 1):
            blocks = []
            for i in range(count):
                blocks.append(Block(inputs, width, 2 if stage > 1 and i == 0 else 1, bottleneck))
                inputs = width * (4 if bottleneck else 1)
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


def check():
    import torchvision

    for number in BLOCKS:
        ours, theirs = ResNet(number, 1000).double(), getattr(torchvision.models, f"resnet{number}")(weights=None).double()
        fill(ours)
        theirs.load_state_dict(ours.state_dict())
        for size in (64, 75):
            for training in (False, True):
                x = images(0, 2, size)
                a, b = ours.train(training)(x), theirs.train(training)(x)
                print(number, size, training, float((a - b).abs().max() / b.abs().max()))


def deepfakebench(name, array):
    """The number of the module in the sequence of torchvision's."""
    parts = name.split(".")
    numbers = {"conv1": "0", "bn1": "1", "layer1": "4", "layer2": "5", "layer3": "6", "layer4": "7"}
    return (name if parts[0] == "fc" else ".".join(["resnet", numbers[parts[0]], *parts[1:]])), array


if __name__ == "__main__":
    if sys.argv[1:]:
        raise SystemExit(check())
    for number, count in PARAMETERS.items():
        assert sum(p.numel() for p in ResNet(number, 1000).parameters()) == count
    activations = {"pool1": "maxpool", "layer2_1_relu": "layer2.1", "layer4_1_relu": "layer4.1"}
    networks = [
        reference(f"resnet{number}", variant, lambda: ResNet(number, classes), classes=classes, activations=activations,
                  size=64, odd_size=75, batch=batch, rename=deepfakebench if variant == "deepfakebench" else None)
        # ResNet-50 is ill-conditioned where a batch norm sees 8 values.
        for number, variant, classes, batch in ((18, "torchvision", 1, 2), (34, "deepfakebench", 2, 2), (50, "torchvision", 2, 4))
    ]
    write("resnet.json", networks)
