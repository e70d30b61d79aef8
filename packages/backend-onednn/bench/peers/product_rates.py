"""Prints Gflop/s of a matrix product through PyTorch's BLAS, and of the same one as a 1x1 convolution (oneDNN): a peer that
runs on a reference BLAS, or on OpenBLAS with the wrong OPENBLAS_CORETYPE, is no peer."""
import argparse
import json
import time

import torch

SIZE = 1024


def rate(run):
    times = []
    for _ in range(8):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 2 * SIZE**3 / min(times) / 1e9


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--threads", type=int, required=True)
torch.set_num_threads(parser.parse_args().threads)
a, b = torch.randn(SIZE, SIZE), torch.randn(SIZE, SIZE)
image = torch.randn(1, SIZE, 32, 32).contiguous(memory_format=torch.channels_last)
kernel = b.reshape(SIZE, SIZE, 1, 1)
with torch.inference_mode():
    blas, convolution = rate(lambda: a @ b), rate(lambda: torch.nn.functional.conv2d(image, kernel))
print(json.dumps({"blas": blas, "convolution": convolution, "version": torch.__version__}))
