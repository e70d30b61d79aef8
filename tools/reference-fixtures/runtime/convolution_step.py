"""Convolutions, max pooling and training batch norm with their gradients, by PyTorch in float64.

Writes packages/runtime/test/fixtures/convolution-step.json: small cases in NHWC layout (filters height, width, in, out),
inputs rounded to float32 beforehand, so that both sides start from the same numbers.

    /usr/bin/python3 tools/reference-fixtures/runtime/convolution_step.py
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

OUT = Path(__file__).parents[3] / "packages/runtime/test/fixtures/convolution-step.json"
random = np.random.RandomState(20180904)


def draw(*shape):
    return torch.tensor(random.standard_normal(shape).astype(np.float32).astype(np.float64), requires_grad=True)


def nhwc(tensor):
    return tensor.permute(0, 2, 3, 1)


def hwio(filter):
    return filter.permute(2, 3, 1, 0)


def values(tensor, digits=7):
    array = tensor.detach().contiguous().numpy()
    return {"shape": list(array.shape), "values": [float(f"{v:.{digits}g}") for v in array.ravel()]}


def exact(tensor):
    """Nine digits give a float32 back as it was."""
    return values(tensor, 9)


def same_padding(size, kernel, stride, dilation):
    """TensorFlow's "SAME": the odd row or column goes after."""
    total = max(0, (-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size)
    return total // 2, total - total // 2


def convolution(height, width, channels, out, kernel, stride, pad, dilation):
    x, w = draw(2, channels, height, width), draw(out, channels, *kernel)
    if pad == "same":
        top, bottom = same_padding(height, kernel[0], stride, dilation)
        left, right = same_padding(width, kernel[1], stride, dilation)
    else:
        top = bottom = left = right = 0 if pad == "valid" else pad
    y = F.conv2d(F.pad(x, (left, right, top, bottom)), w, stride=stride, dilation=dilation)
    dy = draw(*y.shape)
    dx, dw = torch.autograd.grad(y, (x, w), dy)
    return {
        "stride": stride, "pad": pad, "dilation": dilation,
        "x": exact(nhwc(x)), "filter": exact(hwio(w)), "y": values(nhwc(y)),
        "dy": exact(nhwc(dy)), "dx": values(nhwc(dx)), "dFilter": values(hwio(dw)),
    }


def pooling(height, width, channels, kernel, stride, pad):
    x = draw(2, channels, height, width)
    if pad == "same":
        top, bottom = same_padding(height, kernel, stride, 1)
        left, right = same_padding(width, kernel, stride, 1)
    else:
        top = bottom = left = right = 0
    y = F.max_pool2d(F.pad(x, (left, right, top, bottom), value=-np.inf), kernel, stride)
    dy = draw(*y.shape)
    (dx,) = torch.autograd.grad(y, (x,), dy)
    return {
        "size": kernel, "stride": stride, "pad": pad,
        "x": exact(nhwc(x)), "y": values(nhwc(y)), "dy": exact(nhwc(dy)), "dx": values(nhwc(dx)),
    }


def batch_norm(channels, epsilon):
    x, scale, offset = draw(3, channels, 4, 5), draw(channels), draw(channels)
    y = F.batch_norm(x, None, None, scale, offset, training=True, eps=epsilon)
    dy = draw(*y.shape)
    dx, dscale, doffset = torch.autograd.grad(y, (x, scale, offset), dy)
    return {
        "epsilon": epsilon, "x": exact(nhwc(x)), "scale": exact(scale), "offset": exact(offset),
        "y": values(nhwc(y)), "dy": exact(nhwc(dy)), "dx": values(nhwc(dx)),
        "dScale": values(dscale), "dOffset": values(doffset),
    }


OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(json.dumps({
    "convolutions": [
        convolution(5, 6, 3, 8, (3, 3), 1, "same", 1),
        convolution(7, 6, 2, 5, (5, 3), 2, "same", 1),
        convolution(8, 7, 3, 4, (2, 3), 3, "valid", 1),
        convolution(5, 5, 1, 1, (1, 1), 1, "valid", 1),
        convolution(6, 5, 2, 3, (3, 3), 2, 2, 1),
        convolution(9, 8, 2, 6, (3, 3), 1, "same", 3),
    ],
    "poolings": [pooling(6, 7, 3, 2, 2, "same"), pooling(6, 6, 2, 4, 4, "same"), pooling(7, 8, 2, 3, 2, "valid")],
    "batchNorms": [batch_norm(3, 1e-3), batch_norm(8, 1e-5)],
}) + "\n")
