"""One contestant of a benchmark, in a process of its own: PyTorch, eager. Builds a net, then answers lines of JSON on
standard input with lines of JSON on standard output:

    {"steps": 3}    runs three training steps or inferences; answers {"ms": [...], "value": ...}
    {"memory": true}  answers {"baseline": ..., "peak": ...}, bytes resident before the net was built and at most since

It ends when its input does. What it prints first is {"ready": {...}}."""
import argparse
import json
import sys
import time

import torch
from torch import nn

from nets import build, parameter_count


def resident(field):
    """A field of this process' memory status, in bytes: VmRSS (now) or VmHWM (at most so far)."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {field}")


def arguments(description):
    """The command line that every contestant takes, for the caller to add to."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--net", required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--classes", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--channels-last", action="store_true")
    return parser


def prepare(options):
    """The net, a batch of noise and its labels, and the memory that was resident before them."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    baseline = resident("VmRSS")
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    net = build(options.net, options.size, options.classes).to(memory_format=layout)
    images = torch.randn(options.batch, 3, options.size, options.size).to(memory_format=layout)
    labels = torch.arange(options.batch) % options.classes
    return net, images, labels, baseline


def serve(net, baseline, step):
    """Answers until the input ends; `step` runs one step to its end and returns a number that depends on all of it."""

    def answer(**fields):
        print(json.dumps(fields), flush=True)

    answer(ready={"parameters": parameter_count(net), "version": f"PyTorch {torch.__version__}"})
    for line in sys.stdin:
        request = json.loads(line)
        if "steps" in request:
            times = []
            for _ in range(request["steps"]):
                start = time.perf_counter()
                value = step()
                times.append(1000 * (time.perf_counter() - start))
            answer(ms=times, value=value)
        else:
            answer(baseline=baseline, peak=resident("VmHWM"))


def main():
    parser = arguments(__doc__)
    parser.add_argument("--task", choices=("training", "inference"), required=True)
    parser.add_argument("--bf16", action="store_true")
    options = parser.parse_args()
    net, images, labels, baseline = prepare(options)
    autocast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.bf16)

    if options.task == "training":
        net.train()
        optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)
        measure = nn.CrossEntropyLoss()

        def step():
            optimizer.zero_grad(set_to_none=True)
            with autocast:
                loss = measure(net(images), labels)
            loss.backward()
            optimizer.step()
            return loss.item()
    else:
        net.eval()

        def step():
            with torch.inference_mode(), autocast:
                return net(images).float().sum().item()

    serve(net, baseline, step)


if __name__ == "__main__":
    main()
