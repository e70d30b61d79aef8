"""Xception (Chollet 2017, arXiv 1610.02357) in plain torch.nn, in the layer order of Cadene's pretrainedmodels, which
DeepfakeBench trains: batch norms of epsilon 1e-5 after every convolution, none between the depthwise and the pointwise
half of a separable one, no convolution biases."""
from torch import nn


class SeparableConv2d(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class Block(nn.Module):
    """Separable convolutions of the given widths beside a skip connection, strided by a max pooling at the end."""

    def __init__(self, inputs, widths, stride, relu_first=True):
        super().__init__()
        outputs = widths[-1]
        self.skip = None
        if stride != 1 or outputs != inputs:
            self.skip = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        layers = []
        for i, (before, after) in enumerate(zip([inputs, *widths], widths)):
            if i > 0 or relu_first:
                layers.append(nn.ReLU(inplace=i > 0))
            layers += [SeparableConv2d(before, after), nn.BatchNorm2d(after)]
        if stride != 1:
            layers.append(nn.MaxPool2d(3, stride, 1))
        self.rep = nn.Sequential(*layers)

    def forward(self, x):
        shortcut = x if self.skip is None else self.skip(x)
        y = self.rep(x)
        y += shortcut
        return y


class Xception(nn.Module):
    def __init__(self, classes=2):
        super().__init__()
        relu = lambda: nn.ReLU(inplace=True)  # noqa: E731
        self.stem = nn.Sequential(
            nn.Conv2d(3, 32, 3, 2, bias=False), nn.BatchNorm2d(32), relu(),
            nn.Conv2d(32, 64, 3, bias=False), nn.BatchNorm2d(64), relu(),
        )
        self.blocks = nn.Sequential(
            Block(64, [128, 128], 2, relu_first=False),
            Block(128, [256, 256], 2),
            Block(256, [728, 728], 2),
            *[Block(728, [728, 728, 728], 1) for _ in range(8)],
            Block(728, [728, 1024], 2),
        )
        self.tail = nn.Sequential(
            SeparableConv2d(1024, 1536), nn.BatchNorm2d(1536), relu(),
            SeparableConv2d(1536, 2048), nn.BatchNorm2d(2048), relu(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )
        self.classifier = nn.Linear(2048, classes)

    def forward(self, x):
        return self.classifier(self.tail(self.blocks(self.stem(x))))
