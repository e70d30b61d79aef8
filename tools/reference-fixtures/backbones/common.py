"""What the references of all large networks share: weights and images that numpy and JavaScript draw alike, so that none
are shipped, and a float64 run in PyTorch whose activations, statistics and gradients are written as samples and norms.

Value i of the array `name` is low + (high − low)·h/2³², rounded to float32, where h is the 32-bit finalizer below of
i + fnv1a(name). The ranges depend on the kind of array alone (`bounds`).

A float32 run takes another branch than a float64 one wherever an input of a relu is nearly 0 or the two largest of a max
pooling are nearly equal, and one such flip moves all gradients before it by up to 1e-2. So some shifts of batch norms are
nudged until no relu input and no pair of largest values is nearer than MARGIN times the root mean square error of PyTorch's
own float32 run in that place (at least 1e-6 of its values): the comparison of a training step is then free of flips. The
fixture lists the nudged values.

    /usr/bin/python3 tools/reference-fixtures/backbones/xception.py
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

FIXTURES = Path(__file__).parents[3] / "packages/backbones/test/fixtures"
SAMPLES = 4
MARGIN = 12


def fnv1a(text):
    h = 0x811C9DC5
    for byte in text.encode():
        h = (h ^ byte) * 0x01000193 % 2**32
    return h


def uniform(name, shape, low, high):
    """float64 values that are float32 ones."""
    with np.errstate(over="ignore"):
        x = np.arange(int(np.prod(shape, dtype=np.int64)), dtype=np.uint32) + np.uint32(fnv1a(name))
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x7FEB352D)
        x ^= x >> np.uint32(15)
        x *= np.uint32(0x846CA68B)
        x ^= x >> np.uint32(16)
    return (low + (high - low) * (x / 2**32)).astype(np.float32).astype(np.float64).reshape(shape)


def bounds(name, shape):
    """Kernels have variance 2/fanIn (depthwise ones) or 1/fanIn; batch norms' scales, shifts and statistics are mixed."""
    keras = name.endswith(":0")
    kind = name[:-2].split("/")[-1] if keras else name.split(".")[-1]
    if len(shape) > 1:
        depthwise = kind == "depthwise_kernel" if keras else len(shape) == 4 and shape[1] == 1
        axes = (shape[:2] if depthwise else shape[:-1]) if keras else shape[1:]
        bound = float(np.float32(np.sqrt(3 * (2 if depthwise else 1) / np.prod(axes))))
        return -bound, bound
    if name.endswith(".bn3.weight"):  # of a bottleneck's branch: deep networks with large ones amplify every rounding
        return 0.1, 0.4
    if kind in ("running_var", "moving_variance", "gamma"):
        return 0.5, 1.5
    if kind == "weight":  # of a batch norm
        return 0.5, 1.5
    return -0.5, 0.5


def fill(net):
    """Gives every floating-point array of the net the values of its name; returns their names and shapes."""
    arrays = []
    with torch.no_grad():
        for name, array in net.state_dict().items():
            if not array.is_floating_point():
                continue
            array.copy_(torch.from_numpy(uniform(name, tuple(array.shape), *bounds(name, tuple(array.shape)))))
            arrays.append([name, list(array.shape)])
    return arrays


def images(seed, batch, size):
    return torch.from_numpy(uniform(f"images.{seed}", (batch, size, size, 3), -1, 1)).permute(0, 3, 1, 2).contiguous()


def digits(values):
    return [float(f"{v:.7g}") for v in np.asarray(values).ravel()]


def summary(array):
    """Norm, and values at equal steps through the row-major order."""
    flat = np.ascontiguousarray(array).ravel()
    step = max(1, flat.size // SAMPLES)
    return [float(f"{np.linalg.norm(flat):.7g}"), *digits(flat[::step][:SAMPLES])]


def channels_last(tensor):
    tensor = tensor.detach()
    return (tensor.permute(0, 2, 3, 1) if tensor.dim() == 4 else tensor).contiguous().numpy()


class Recorder:
    """Outputs of the modules of a net in one run, and in its order what relus and max poolings choose from."""

    def __init__(self, net):
        # Of each choice: its kind, the batch norms before it, and per value the distance from another choice.
        self.outputs, self.choices, self.norms, self.counts = {}, [], [], {}
        self.handles = [module.register_forward_hook(self.hook(name)) for name, module in net.named_modules()]

    def hook(self, name):
        def record(module, inputs, output):
            x = inputs[0].detach() if isinstance(inputs[0], torch.Tensor) else None
            if isinstance(output, torch.Tensor):
                self.outputs[name] = output.detach()
            if isinstance(module, nn.ReLU):
                self.choices.append(("relu", self.norms[-1], x.clone()))
            if isinstance(module, nn.MaxPool2d):
                self.choices.append(("pool", self.norms[-2] if len(self.norms) > 1 else None, gaps(x, output.shape[2])))
            if isinstance(module, nn.BatchNorm2d):
                self.counts[name] = x.numel() // x.shape[1]
                self.norms.append(name)

        return record

    def stop(self):
        for handle in self.handles:
            handle.remove()
        return self


def gaps(x, outputs):
    """Distance of the two largest values of each 3×3 window at every second pixel, PyTorch's or TensorFlow's grid."""
    before = 1 if (x.shape[2] % 2 == 1 or not gaps.same) else 0
    windows = F.pad(x, (before, 2, before, 2), value=-1e300 if x.dtype == torch.float64 else -1e30)
    windows = windows.unfold(2, 3, 2).unfold(3, 3, 2)[:, :, :outputs, :outputs].flatten(4)
    top = windows.topk(2, -1)[0]
    gap = top[..., 0] - top[..., 1]
    # After a relu a window may hold nothing but zeros, none of which has a gradient.
    return torch.where((top[..., 0] == 0) & (top[..., 1] == 0), gap.max(), gap)


gaps.same = False


def recorded(net, x):
    recorder = Recorder(net)
    with torch.no_grad():
        net(x)
    return recorder.stop()


def copy_weights(to, source):
    to.load_state_dict({k: v.clone() for k, v in source.items()})


def first_near_flip(net, single, x):
    """The first choice in which values are nearer to a flip than allowed, as (kind, norm, values, allowed), or None."""
    exact, rounded = recorded(net.train(), x), recorded(single.train(), x.float())
    for (kind, norm, a), (_, _, b) in zip(exact.choices, rounded.choices):
        error = max(float((a - b.double()).square().mean().sqrt()), 1e-6 * float(a.square().mean().sqrt()))
        if float(a.abs().min()) < MARGIN * error:
            return kind, norm, a, MARGIN * error
    return None


def nudge(net, make, x):
    """Moves shifts of batch norms until no choice is near a flip; returns the moved ones as [name, channel, value],
    or None where no shift could help."""
    before = {k: v.clone() for k, v in net.state_dict().items()}
    single, moved = make().float(), {}
    for round_ in range(1000):
        state = {**before, **{k: v for k, v in net.state_dict().items() if k.endswith(".bias")}}
        for each in (net, single):  # statistics as they were: only the shifts move
            copy_weights(each, state)
        near = first_near_flip(net, single, x)
        if near is None:
            break
        kind, norm, values, allowed = near
        if norm is None:
            return None
        shifts = dict(net.named_modules())[norm].bias
        for channel in range(shifts.numel()) if kind == "relu" else [round_ % shifts.numel()]:
            if kind == "relu":
                v = values[:, channel]
                if float(v.abs().min()) >= allowed:
                    continue
                steps = [2 * allowed * k * sign for k in range(1, 1000) for sign in (1, -1)]
                step = next(d for d in steps if float((v + d).abs().min()) > 1.5 * allowed)
            else:  # what is before the pooling has to change
                step = 0.01
            value = float(np.float32(shifts[channel].item() + step))
            with torch.no_grad():
                shifts[channel] = value
            moved[f"{norm}.bias", channel] = value
    else:
        raise RuntimeError("still near a flip")
    copy_weights(net, state)
    return [[name, channel, value] for (name, channel), value in moved.items()]


def reference(name, variant, make, *, size, odd_size, batch, classes, activations, options=None, rename=None):
    """
    make: builds the net with its published names.
    activations: module names by our layer names.
    rename: for variants that follow Keras: (name, array) → (Keras' name, array in Keras' layout).
    """
    net = make().double()
    arrays = fill_renamed(net, rename) if rename else fill(net)
    translate = rename or (lambda key, array: (key, array))
    before = {k: v.clone() for k, v in net.state_dict().items()}
    chooses = any(isinstance(module, (nn.ReLU, nn.MaxPool2d)) for module in net.modules())
    for seed in range(100):
        copy_weights(net, before)
        x = images(seed, batch, size)
        nudges = nudge(net, make, x) if chooses else []
        if nudges is not None:
            break
    print(f"{name} {variant}: {len(nudges)} nudges", file=sys.stderr)
    net.eval()
    with torch.no_grad():
        odd = net(images(1, 1, odd_size))
        logits = net(x)

    net.train()
    recorder = Recorder(net)
    output = net(x)
    labels = torch.arange(batch) % 2
    if classes == 1:
        loss = F.binary_cross_entropy_with_logits(output[:, 0], labels.double())
    else:
        loss = F.cross_entropy(output, labels)
    loss.backward()
    recorder.stop()
    gradients = {}
    for key, parameter in net.named_parameters():
        if parameter.grad is not None:
            their, gradient = translate(key, parameter.grad.numpy())
            gradients[their] = summary(gradient)
    statistics = {}
    for key, array in net.state_dict().items():
        layer = key.rpartition(".")[0]
        if key.endswith(("running_mean", "running_var")) and layer in recorder.counts:
            their, value = translate(key, array.numpy())
            statistics[their] = [recorder.counts[layer], *summary(value)]
    return {
        "name": name, "variant": variant, "options": options or {}, "classes": classes, "size": size, "batch": batch,
        "images": seed, "weights": arrays, "nudges": [[translate(key, np.zeros(1))[0], *rest] for key, *rest in nudges],
        "logits": digits(logits), "odd": {"size": odd_size, "logits": digits(odd)},
        "training": {
            "logits": digits(output.detach()), "loss": float(f"{loss.item():.9g}"),
            "activations": {ours: summary(channels_last(recorder.outputs[theirs])) for ours, theirs in activations.items()},
            "statistics": statistics, "gradients": gradients,
        },
    }


def fill_renamed(net, rename):
    """As fill, from arrays that are drawn by the names and in the layout that `rename` gives them."""
    arrays = []
    with torch.no_grad():
        for name, array in net.state_dict().items():
            if not array.is_floating_point():
                continue
            # Where each value goes: renamed the way the values are.
            their, order = rename(name, np.arange(array.numel()).reshape(array.shape))
            drawn = uniform(their, order.shape, *bounds(their, order.shape))
            values = np.empty(array.numel())
            values[order.ravel()] = drawn.ravel()
            array.copy_(torch.from_numpy(values.reshape(array.shape)))
            arrays.append([their, list(order.shape)])
    return arrays


def write(file, networks):
    """One network a line."""
    FIXTURES.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(network, separators=(",", ":")) for network in networks)
    (FIXTURES / file).write_text(f'{{"samples":{SAMPLES},"networks":[\n{lines}\n]}}\n')
