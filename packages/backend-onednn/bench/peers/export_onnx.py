"""Writes a benchmarked net as an ONNX file, in its inference form: torch.onnx.export folds the batch norms."""
import argparse
import warnings

import torch

from nets import build

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--net", required=True)
parser.add_argument("--size", type=int, required=True)
parser.add_argument("--batch", type=int, required=True)
parser.add_argument("--classes", type=int, required=True)
parser.add_argument("--out", required=True)
options = parser.parse_args()

# The padding before strided convolutions is left to onnxruntime, which folds it itself.
warnings.filterwarnings("ignore", message="Constant folding")
torch.manual_seed(1)
net = build(options.net, options.size, options.classes).eval()
images = torch.randn(options.batch, 3, options.size, options.size)
torch.onnx.export(net, images, options.out, opset_version=14, input_names=["images"], output_names=["logits"])
