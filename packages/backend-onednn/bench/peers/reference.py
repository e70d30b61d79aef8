"""Writes what PyTorch computes with a benchmarked net, in float64 and in float32, as a safetensors file for
`check-parity.mjs`: the weights ("state.<i>", in the order of `state_dict`), a batch of images (NHWC) and labels, and for
each precision the logits in evaluation and in training mode, the loss, and its gradients by the parameters ("f64.grad.<i>",
<i> as in "state.<i>")."""
import argparse
import json
import struct

import torch
from torch import nn

from nets import build


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, tensor in tensors.items():
        end = offset + tensor.numel() * tensor.element_size()
        dtype = {torch.float32: "F32", torch.float64: "F64"}[tensor.dtype]
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.detach().contiguous().numpy().tobytes())


def settle_norms(net, images):
    """Gives the batch norms running statistics as after training, and scales and shifts that are not all alike."""
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.bias, 0, 0.1)
        norm.momentum = 1.0
    with torch.no_grad():
        net.train()(images)
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum


def results(net, images, labels):
    with torch.no_grad():
        evaluated = net.eval()(images)
    net.zero_grad()
    logits = net.train()(images)
    loss = nn.functional.cross_entropy(logits, labels)
    loss.backward()
    return {"evaluation": evaluated, "training": logits, "loss": loss.reshape(1)}


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--net", required=True)
parser.add_argument("--size", type=int, required=True)
parser.add_argument("--batch", type=int, required=True)
parser.add_argument("--classes", type=int, required=True)
parser.add_argument("--out", required=True)
options = parser.parse_args()

torch.manual_seed(1)
net = build(options.net, options.size, options.classes)
shape = (options.batch, 3, options.size, options.size)
settle_norms(net, torch.randn(16, *shape[1:]))
images, labels = torch.randn(shape), torch.arange(options.batch) % options.classes
state = {name: array.clone() for name, array in net.state_dict().items() if array.is_floating_point()}
numbers = {name: i for i, name in enumerate(state)}

tensors = {f"state.{numbers[name]}": array for name, array in state.items()}
tensors["images"] = images.permute(0, 2, 3, 1)
tensors["labels"] = labels.float()
for precision, dtype in (("f64", torch.float64), ("f32", torch.float32)):
    net.load_state_dict(state, strict=False)
    net.to(dtype)
    tensors.update({f"{precision}.{name}": array for name, array in results(net, images.to(dtype), labels).items()})
    for name, parameter in net.named_parameters():
        tensors[f"{precision}.grad.{numbers[name]}"] = parameter.grad.clone()
write_safetensors(options.out, tensors)
