"""EfficientNet B0 to B7 (Tan and Le 2019, arXiv 1905.11946) in plain torch.nn and float64, with the names, padding and
batch-norm settings of four public codes: `efficientnet-pytorch` (github.com/lukemelas/EfficientNet-PyTorch, padding for the
image at hand), `torchvision`, `keras` (`keras.applications`), and `deepfakebench` (its B4). Without dropout and stochastic
depth. The `state_dict` has the keys of the code in question; of Keras, the names of layers with PyTorch's endings.

`check_efficientnet.py` compares this file with the real packages. It was run with efficientnet_pytorch 0.7.1, torchvision
0.28.0 and Keras 3.15.1 on PyTorch 2.13.0, for B0 to B7 at 64 and 75 pixels: keys, shapes and batch-norm settings are the
same; logits and all gradients in float64, in inference and training, agree within 1e-6 of the largest (training on batches of
2 costs some digits); Keras' logits agree within 3e-6 (it normalizes in float32).

Writes packages/backbones/test/fixtures/efficientnet.json (B0 in its variants, and DeepfakeBench's B4), `common.py` says how;
and efficientnet-names.json: of every network and variant the numbers of parameters and multiply-accumulates and a SHA-256 of the names and shapes of
its arrays. With names of networks, writes what is in the first of these in all their variants to standard output instead.

    /usr/bin/python3 tools/reference-fixtures/backbones/efficientnet.py [efficientnet-b1 ...]
"""
import hashlib
import json
import math
import sys

import torch
from torch import nn
from torch.nn import functional as F

import common
from common import reference, write

# Factors of width and depth, usual input size, dropout.
SCALES = {
    "efficientnet-b0": (1.0, 1.0, 224, 0.2),
    "efficientnet-b1": (1.0, 1.1, 240, 0.2),
    "efficientnet-b2": (1.1, 1.2, 260, 0.3),
    "efficientnet-b3": (1.2, 1.4, 300, 0.3),
    "efficientnet-b4": (1.4, 1.8, 380, 0.4),
    "efficientnet-b5": (1.6, 2.2, 456, 0.4),
    "efficientnet-b6": (1.8, 2.6, 528, 0.5),
    "efficientnet-b7": (2.0, 3.1, 600, 0.5),
}
# Repeats, kernel, stride, expansion, outputs.
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320))
# Of B0, and of others: sizes odd and even are met on the way down from all. Batch norms of few values amplify rounding, which
# deep networks do over and over, so that these are given more.
SIZES = {"size": 40, "odd_size": 51, "batch": 2}
LARGE_SIZES = {"size": 96, "odd_size": 75, "batch": 4}
# Of each array, of which there are many: fewer than of other networks.
common.SAMPLES = 3
VARIANTS = ("efficientnet-pytorch", "deepfakebench", "torchvision", "keras")


def variants_of(name):
    return [v for v in VARIANTS if v != "deepfakebench" or name == "efficientnet-b4"]


def rounded(filters, factor):
    wanted = filters * factor
    width = max(8, int(wanted + 4) // 8 * 8)
    return width + 8 if width < 0.9 * wanted else width


class Paths:
    """The module's path in each code, of the stem, of a step of a block, of the head."""

    @staticmethod
    def efficientnet_pytorch(prefix="", classifier="_fc"):
        def block(index, stage, repeat, expands):
            at = f"{prefix}_blocks.{index}."
            return {
                "expand": (at + "_expand_conv", at + "_bn0"),
                "depthwise": (at + "_depthwise_conv", at + "_bn1"),
                "gate": (at + "_se_reduce", at + "_se_expand"),
                "project": (at + "_project_conv", at + "_bn2"),
            }
        return (prefix + "_conv_stem", prefix + "_bn0"), block, (prefix + "_conv_head", prefix + "_bn1"), classifier

    @staticmethod
    def torchvision():
        def block(index, stage, repeat, expands):
            steps = ["expand", "depthwise", "gate", "project"][0 if expands else 1:]
            paths = {}
            for number, step in enumerate(steps):
                at = f"features.{stage}.{repeat}.block.{number}."
                paths[step] = (at + "fc1", at + "fc2") if step == "gate" else (at + "0", at + "1")
            return paths
        return ("features.0.0", "features.0.1"), block, ("features.8.0", "features.8.1"), "classifier.1"

    @staticmethod
    def keras():
        def block(index, stage, repeat, expands):
            at = f"block{stage}{chr(97 + repeat)}_"
            return {
                "expand": (at + "expand_conv", at + "expand_bn"),
                "depthwise": (at + "dwconv", at + "bn"),
                "gate": (at + "se_reduce", at + "se_expand"),
                "project": (at + "project_conv", at + "project_bn"),
            }
        return ("stem_conv", "stem_bn"), block, ("top_conv", "top_bn"), "predictions"

    @classmethod
    def of(cls, variant):
        return {
            "efficientnet-pytorch": cls.efficientnet_pytorch,
            "deepfakebench": lambda: cls.efficientnet_pytorch("efficientnet.", "last_layer"),
            "torchvision": cls.torchvision,
            "keras": cls.keras,
        }[variant]()


def same(size, kernel, stride):
    total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class EfficientNet(nn.Module):
    def __init__(self, name, variant, classes=1000):
        super().__init__()
        wider, deeper, self.resolution, _ = SCALES[name]
        self.name, self.variant = name, variant
        if variant == "torchvision" and name <= "efficientnet-b4":
            self.norm_settings = {"eps": 1e-5, "momentum": 0.1}
        else:
            self.norm_settings = {"eps": 1e-3, "momentum": 0.01}
        stem, block_paths, head, self.classifier_path = Paths.of(variant)
        width = rounded(32, wider)
        self.stem = self.step(stem, 3, width, 3, 2)
        self.blocks = []
        for stage, (repeats, kernel, stride, expansion, filters) in enumerate(STAGES, 1):
            outputs = rounded(filters, wider)
            for repeat in range(math.ceil(repeats * deeper)):
                first = stride if repeat == 0 else 1
                inner = width * expansion
                paths = block_paths(len(self.blocks), stage, repeat, expansion > 1)
                steps = {}
                if expansion > 1:
                    steps["expand"] = self.step(paths["expand"], width, inner, 1, 1)
                steps["depthwise"] = self.step(paths["depthwise"], inner, inner, kernel, first, groups=inner)
                squeezed = max(1, int(width * 0.25))
                steps["gate"] = paths["gate"]
                self.put(paths["gate"][0], nn.Conv2d(inner, squeezed, 1))
                self.put(paths["gate"][1], nn.Conv2d(squeezed, inner, 1))
                steps["project"] = self.step(paths["project"], inner, outputs, 1, 1)
                self.blocks.append((steps, first == 1 and width == outputs))
                width = outputs
        self.features_width = rounded(1280, wider)
        self.head = self.step(head, width, self.features_width, 1, 1)
        self.put(self.classifier_path, nn.Linear(self.features_width, classes))
        # What goes through them is what a comparison can ask for.
        self.taps = nn.ModuleDict({at: nn.Identity() for at in ("stem", *(f"block{i}" for i in range(len(self.blocks))), "pooled")})

    def put(self, path, module):
        """Registers a module under a dotted path, in containers that are nothing else."""
        *parents, leaf = path.split(".")
        at = self
        for parent in parents:
            if parent not in at._modules:
                at.add_module(parent, nn.Module())
            at = at._modules[parent]
        at.add_module(leaf, module)

    def step(self, paths, inputs, outputs, kernel, stride, groups=1):
        self.put(paths[0], nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=False))
        self.put(paths[1], nn.BatchNorm2d(outputs, **self.norm_settings))
        return paths, kernel, stride

    def padding(self, size, planned, kernel, stride, is_stem):
        if self.variant == "efficientnet-pytorch":
            return same(size, kernel, stride)
        if self.variant == "torchvision":
            return kernel // 2, kernel // 2
        if self.variant == "deepfakebench":
            return (0, 0) if is_stem else same(planned, kernel, stride)
        # Keras: an explicit border where the stride is 2, "same" elsewhere.
        if stride == 2:
            return kernel // 2 - (1 - size % 2), kernel // 2
        return kernel // 2, kernel // 2

    def apply_step(self, x, step, activate=True):
        (conv, norm), kernel, stride = step
        if kernel > 1:
            before, after = self.padding(x.shape[2], self.planned, kernel, stride, step is self.stem)
            x = F.pad(x, (before, after, before, after))
        self.planned = math.ceil(self.planned / stride)
        x = self.get_submodule(norm)(self.get_submodule(conv)(x))
        return x * torch.sigmoid(x) if activate else x

    def forward(self, x):
        self.planned = self.resolution
        x = self.taps["stem"](self.apply_step(x, self.stem))
        for index, (steps, residual) in enumerate(self.blocks):
            y = self.apply_step(x, steps["expand"]) if "expand" in steps else x
            y = self.apply_step(y, steps["depthwise"])
            reduce, expand = (self.get_submodule(path) for path in steps["gate"])
            gate = reduce(y.mean((2, 3), keepdim=True))
            gate = torch.sigmoid(expand(gate * torch.sigmoid(gate)))
            y = self.apply_step(y * gate, steps["project"], activate=False)
            x = self.taps[f"block{index}"](x + y if residual else y)
        x = self.apply_step(x, self.head)
        return self.get_submodule(self.classifier_path)(self.taps["pooled"](x.mean((2, 3))))


def keras_name(name, array):
    """Keras' name and layout of an array."""
    layer, _, weight = name.rpartition(".")
    if array.ndim == 4 and layer.endswith("_dwconv"):
        return f"{layer}/depthwise_kernel:0", array.transpose(2, 3, 0, 1)
    if array.ndim > 1:
        return f"{layer}/kernel:0", array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T
    norm = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    return f"{layer}/{norm[weight] if layer.endswith('bn') else weight}:0", array


def fixture(name, variant, sizes):
    blocks = EfficientNet(name, variant).blocks
    first = min(i for i, (_, residual) in enumerate(blocks) if i > 0 and not residual)
    last = max(i for i, (_, residual) in enumerate(blocks) if residual)
    activations = {"stem_swish": "taps.stem", f"block{first}_project_bn": f"taps.block{first}",
                   f"block{last}_add": f"taps.block{last}", "mean": "taps.pooled"}
    rename = keras_name if variant == "keras" else None
    classes = 1 if variant == "torchvision" else 2
    return reference(name, variant, lambda: EfficientNet(name, variant, classes), classes=classes,
                     activations=activations, rename=rename, **sizes)


def macs(net):
    """Multiply-accumulates of convolutions and the classifier for one image of the usual size."""
    count = []
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            uses = lambda out: out.shape[2] * out.shape[3] if out.dim() == 4 else 1  # noqa: E731
            module.register_forward_hook(lambda m, _, out, uses=uses: count.append(m.weight.numel() * uses(out)))
    size = 256 if net.variant == "deepfakebench" else net.resolution
    with torch.no_grad():
        net.to("meta").eval()(torch.empty(1, 3, size, size, device="meta"))
    return sum(count)


def names_and_shapes(name, variant):
    """Numbers of parameters and multiply-accumulates for one class, and a hash of a line for each array, sorted."""
    net = EfficientNet(name, variant, 1)
    rename = keras_name if variant == "keras" else lambda key, array: (key, array)
    arrays = [rename(k, v.numpy()) for k, v in net.state_dict().items() if v.is_floating_point()]
    lines = sorted(f"{key} {list(array.shape)}".replace(", ", ",") + "\n" for key, array in arrays)
    parameters = sum(p.numel() for p in net.parameters())
    return {"name": name, "variant": variant, "parameters": parameters, "macs": macs(net), "arrays": len(lines),
            "sha256": hashlib.sha256("".join(lines).encode()).hexdigest()}


def main(names):
    if names:
        for name in names:
            for variant in variants_of(name):
                print(json.dumps(fixture(name, variant, LARGE_SIZES), separators=(",", ":")))
        return
    b0 = [fixture("efficientnet-b0", variant, SIZES) for variant in variants_of("efficientnet-b0")]
    write("efficientnet.json", [*b0, fixture("efficientnet-b4", "deepfakebench", LARGE_SIZES)])
    all_names = [names_and_shapes(name, variant) for name in SCALES for variant in variants_of(name)]
    lines = ",\n".join(json.dumps(each) for each in all_names)
    (common.FIXTURES / "efficientnet-names.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main(sys.argv[1:])
