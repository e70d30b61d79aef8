"""A small conv + batch-norm + linear net in float64 with batches of three domains, which the fixtures of the optimizer share.

Parameters are one flat vector in PyTorch's layouts; they are written in TensorFlow.js' (HWIO, NHWC).
"""

import torch
import torch.nn.functional as F

DOMAINS = ["deepfakes", "face2face", "faceswap"]
BATCH, SIZE = 4, 6
BATCH_NORM_EPSILON = 1e-3
NAMES = ["conv/kernel", "norm/gamma", "norm/beta", "dense/kernel", "dense/bias"]
WEIGHT = [True, False, False, True, False]  # what the adaptive ascent scales

generator = torch.Generator().manual_seed(20250520)


def draw(*shape, scale=1.0):
    # three decimals: short in the fixture; rounded to float32 so that both sides start from the same numbers
    values = (torch.randn(shape, generator=generator) * scale * 1000).round() / 1000
    return values.float().double()


INITIAL = [
    draw(3, 1, 3, 3, scale=0.4),  # OIHW
    1 + draw(3, scale=0.1),
    draw(3, scale=0.1),
    draw(1, 3, scale=0.7),  # out, in
    draw(1, scale=0.1),
]
INITIAL = [value.float().double() for value in INITIAL]
LABELS = torch.tensor([1.0, 0.0, 1.0, 0.0]).double()
IMAGES = [draw(BATCH, 1, SIZE, SIZE) + 0.25 * k * LABELS[:, None, None, None] for k in range(len(DOMAINS))]
IMAGES = [value.float().double() for value in IMAGES]


def unflatten(flat):
    parts, offset = [], 0
    for value in INITIAL:
        parts.append(flat[offset : offset + value.numel()].view(value.shape))
        offset += value.numel()
    return parts


def features(theta, images):
    """What the last layer takes."""
    kernel, gamma, beta = unflatten(theta)[:3]
    x = F.conv2d(images, kernel)
    x = F.batch_norm(x, None, None, gamma, beta, training=True, eps=BATCH_NORM_EPSILON)
    return F.relu(x).mean(dim=(2, 3))


def logits_of(theta, feature):
    return F.linear(feature, *unflatten(theta)[3:])[:, 0]


def logits(theta, images):
    return logits_of(theta, features(theta, images))


def losses(theta, mixed):
    """The mean loss of every domain."""
    if mixed:
        out = logits(theta, torch.cat(IMAGES)).split(BATCH)
    else:
        out = [logits(theta, images) for images in IMAGES]
    return [F.binary_cross_entropy_with_logits(z, LABELS) for z in out]


def base_optimizer(base, parameter):
    o = base["options"]
    if base["name"] == "sgd":
        return torch.optim.SGD([parameter], lr=o["learningRate"], momentum=o["momentum"])
    return torch.optim.Adam([parameter], lr=o["learningRate"], weight_decay=o["weightDecay"])


def record(parts):
    kernel, gamma, beta, dense_kernel, dense_bias = parts
    arranged = [kernel.permute(2, 3, 1, 0), gamma, beta, dense_kernel.t(), dense_bias]
    return {
        name: {"shape": list(value.shape), "values": [float(f"{v:.9g}") for v in value.flatten().tolist()]}
        for name, value in zip(NAMES, arranged)
    }


def images(value):
    value = value.permute(0, 2, 3, 1)
    return {"shape": list(value.shape), "values": [float(f"{v:.9g}") for v in value.flatten().tolist()]}
