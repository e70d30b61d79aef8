"""EfficientNet B0 to B7 (Tan and Le 2019, arXiv 1905.11946) in plain torch.nn, in the layer order of
efficientnet_pytorch: TensorFlow's "same" padding, batch norms of epsilon 1e-3, swish, squeeze-excite. Without dropout and
drop-connect, which take no time worth measuring. Padding that is the same on both sides goes into the convolution and
swish is torch's own SiLU: both are faster than what efficientnet_pytorch does, with the same result."""
import math

from torch import nn

# (repeats, kernel, stride, expansion, outputs) of the seven stages of B0.
STAGES = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)]
# Width and depth of B0 to B7.
FACTORS = ((1.0, 1.0), (1.0, 1.1), (1.1, 1.2), (1.2, 1.4), (1.4, 1.8), (1.6, 2.2), (1.8, 2.6), (2.0, 3.1))
SCALES = {f"efficientnet-b{number}": factors for number, factors in enumerate(FACTORS)}


def scaled_width(filters, scale):
    """The multiple of 8 nearest to filters * scale, at least 90 % of it."""
    wanted = filters * scale
    width = max(8, int(wanted + 4) // 8 * 8)
    return int(width + 8 if width < 0.9 * wanted else width)


def convolution(inputs, outputs, kernel, stride, size, groups=1, bias=False):
    """A convolution with "same" padding for images of `size` pixels: a list of modules, and the size of its output."""
    out = math.ceil(size / stride)
    pad = max((out - 1) * stride + kernel - size, 0)
    before, after = pad // 2, pad - pad // 2
    if before == after:
        return [nn.Conv2d(inputs, outputs, kernel, stride, before, groups=groups, bias=bias)], out
    padding = nn.ZeroPad2d((before, after, before, after))
    return [padding, nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=bias)], out


def norm(filters):
    return nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01)


class SqueezeExcite(nn.Module):
    def __init__(self, filters, squeezed):
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(filters, squeezed, 1), nn.SiLU(inplace=True),
            nn.Conv2d(squeezed, filters, 1), nn.Sigmoid(),
        )

    def forward(self, x):
        return x * self.gate(x)


class MBConv(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride, expansion, size):
        super().__init__()
        filters = inputs * expansion
        layers = []
        if expansion != 1:
            layers += [nn.Conv2d(inputs, filters, 1, bias=False), norm(filters), nn.SiLU(inplace=True)]
        depthwise, self.size = convolution(filters, filters, kernel, stride, size, groups=filters)
        layers += [*depthwise, norm(filters), nn.SiLU(inplace=True), SqueezeExcite(filters, max(1, inputs // 4))]
        layers += [nn.Conv2d(filters, outputs, 1, bias=False), norm(outputs)]
        self.layers = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        y = self.layers(x)
        return y + x if self.residual else y


class EfficientNet(nn.Module):
    def __init__(self, name, size, classes=2):
        super().__init__()
        wider, deeper = SCALES[name]
        width = scaled_width(32, wider)
        stem, size = convolution(3, width, 3, 2, size)
        layers = [*stem, norm(width), nn.SiLU(inplace=True)]
        for repeats, kernel, stride, expansion, filters in STAGES:
            outputs = scaled_width(filters, wider)
            for i in range(math.ceil(repeats * deeper)):
                block = MBConv(width, outputs, kernel, stride if i == 0 else 1, expansion, size)
                layers.append(block)
                width, size = outputs, block.size
        head = scaled_width(1280, wider)
        layers += [nn.Conv2d(width, head, 1, bias=False), norm(head), nn.SiLU(inplace=True)]
        self.features = nn.Sequential(*layers)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.classifier = nn.Linear(head, classes)

    def forward(self, x):
        return self.classifier(self.pool(self.features(x)))
