"""The benchmarked nets by name, on the PyTorch side."""
from efficientnet import EfficientNet
from xception import Xception

NAMES = ("xception", "efficientnet-b0", "efficientnet-b4")


def build(name, size, classes):
    if name == "xception":
        return Xception(classes)
    if name in NAMES:
        return EfficientNet(name, size, classes)
    raise SystemExit(f"--net must be one of {', '.join(NAMES)}, got {name!r}")


def parameter_count(net):
    return sum(parameter.numel() for parameter in net.parameters())
