"""Checks `efficientnet.py` against the packages that it re-states, where they are installed: keys and shapes of the
`state_dict`, logits, and gradients of the images and of all weights, in float64, at several input sizes, from the same random
weights; in training mode (batch statistics) without dropout and stochastic depth.

    python check_efficientnet.py [efficientnet-b0 …]

needs efficientnet_pytorch, torchvision, and Keras (with KERAS_BACKEND=torch); says which is missing."""

import importlib
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np
import torch

from efficientnet import SCALES, EfficientNet

SIZES = (64, 75)


def randomize(net):
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for key, value in net.state_dict().items():
            if value.dtype != torch.float64:
                continue
            noise = torch.rand(value.shape, generator=generator, dtype=torch.float64) - 0.5
            if value.dim() > 1:
                value.copy_(noise * 3.0 / value[0].numel() ** 0.5)
            else:
                value.copy_(1 + 0.5 * noise if key.endswith(("weight", "running_var")) else noise)


def compare(ours, theirs, images):
    """
    The largest deviation, relative to the largest value of its array, of logits and gradients in inference and in training.
    Values below 1e-6 count as that: in training a shift before the next batch norm has no gradient but rounding.
    """
    worst = 0.0
    for training in (False, True):
        results = []
        for net in (ours, theirs):
            net.train(training)
            net.zero_grad()
            x = images.clone().requires_grad_()
            logits = net(x)
            (logits * torch.linspace(-1, 1, logits.numel(), dtype=torch.float64).reshape(logits.shape)).sum().backward()
            grads = {name: p.grad for name, p in net.named_parameters()}
            results.append({"logits": logits.detach(), "images": x.grad, **grads})
        for key, value in results[0].items():
            other = results[1][key]
            worst = max(worst, ((value - other).abs().max() / other.abs().max().clamp_min(1e-6)).item())
    return worst


def against_torch(name, variant, theirs, batch=2):
    ours = EfficientNet(name, variant).double()
    theirs = theirs.double()
    randomize(ours)
    mine, real = ours.state_dict(), theirs.state_dict()
    if [(k, v.shape) for k, v in sorted(mine.items())] != [(k, v.shape) for k, v in sorted(real.items())]:
        raise SystemExit(f"{name} {variant}: keys or shapes differ: {set(mine) ^ set(real)}")
    norms = [(m.eps, round(m.momentum, 12)) for net in (ours, theirs) for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert len(set(norms)) == 1, norms
    for size in SIZES:
        # Training moves the running statistics, which PyTorch's own batch norm computes otherwise.
        theirs.load_state_dict(ours.state_dict())
        images = torch.rand(batch, 3, size, size, dtype=torch.float64) * 2 - 1
        print(f"{name} {variant} {size} px: {len(mine)} keys, largest deviation {compare(ours, theirs, images):.1e}", flush=True)


def against_keras(name):
    import keras

    keras.backend.set_floatx("float64")
    ours = EfficientNet(name, "keras").double()
    randomize(ours)
    # The sizes of the inputs are part of a Keras model.
    for size in SIZES:
        create = getattr(keras.applications, name.replace("efficientnet-b", "EfficientNetB"))
        net = create(weights=None, input_shape=(size, size, 3), classifier_activation=None)
        state = ours.state_dict()
        used = set()
        for layer in net.layers:
            for variable in layer.weights:
                if layer.name.startswith("normalization"):
                    continue
                suffix = {"kernel": "weight", "bias": "bias", "gamma": "weight", "beta": "bias",
                          "moving_mean": "running_mean", "moving_variance": "running_var"}[variable.name]
                key = f"{layer.name}.{suffix}"
                value = state[key].numpy()
                if value.ndim == 4:
                    value = value.transpose(2, 3, 0, 1) if "dwconv" in key else value.transpose(2, 3, 1, 0)
                elif value.ndim == 2:
                    value = value.T
                assert tuple(variable.shape) == value.shape, (key, variable.shape, value.shape)
                variable.assign(value)
                used.add(key)
        missing = {k for k in state if not k.endswith("num_batches_tracked")} - used
        assert not missing, missing
        norms = {(l.epsilon, round(1 - l.momentum, 12)) for l in net.layers if isinstance(l, keras.layers.BatchNormalization)}
        assert norms == {(1e-3, 0.01)}, norms
        images = np.random.default_rng(1).uniform(-1, 1, (2, size, size, 3))
        expected = keras.ops.convert_to_numpy(net(images * 255.0, training=False))
        ours.eval()
        with torch.no_grad():
            actual = ours(torch.tensor(images.transpose(0, 3, 1, 2))).numpy()
        deviation = np.abs(actual - expected).max() / np.abs(expected).max()
        print(f"{name} keras {size} px: {len(used)} weights, largest deviation of the logits {deviation:.1e}", flush=True)


def deepfakebench(package):
    """What DeepfakeBench does to B4: a first convolution without padding, a classifier of its own."""
    net = torch.nn.Module()
    net.efficientnet = package.EfficientNet.from_name("efficientnet-b4", drop_connect_rate=0.0)
    net.efficientnet._conv_stem = torch.nn.Conv2d(3, 48, kernel_size=3, stride=2, bias=False)
    net.efficientnet._fc = torch.nn.Identity()
    net.last_layer = torch.nn.Linear(1792, 1000)
    net.forward = lambda x: net.last_layer(net.efficientnet.extract_features(x).mean((2, 3)))
    return net


def package(name):
    try:
        return importlib.import_module(name)
    except Exception as error:
        print(f"NOT CHECKED: {name}: {error}")
        return None


def main(names):
    pytorch, vision, keras = package("efficientnet_pytorch"), package("torchvision"), package("keras")
    for name in names:
        if pytorch:
            net = pytorch.EfficientNet.from_name(name, image_size=None, drop_connect_rate=0.0, dropout_rate=0.0)
            against_torch(name, "efficientnet-pytorch", net)
            if name == "efficientnet-b4":
                against_torch(name, "deepfakebench", deepfakebench(pytorch))
        if vision:
            create = getattr(vision.models, name.replace("-", "_"))
            against_torch(name, "torchvision", create(stochastic_depth_prob=0.0, dropout=0.0))
        if keras:
            against_keras(name)


if __name__ == "__main__":
    main(sys.argv[1:] or list(SCALES))
