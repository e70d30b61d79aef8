"""Averages over twenty steps of a trajectory of weights, in float64.

EMA and SWA are torch.optim.swa_utils.AveragedModel. SWAD is written from Algorithm 1 of Cha et al., "SWAD: Domain
Generalization by Seeking Flat Minima", NeurIPS 2021, with every iterate kept and indices as in the paper; a validation
every v iterations stands for all of them.

Run: python3 weight_averages.py > weight-averages.json   (written with PyTorch 1.13)
"""

import json

import torch
from torch.optim.swa_utils import AveragedModel

STEPS = 20
generator = torch.Generator().manual_seed(31)


def draw(*shape):
    return torch.randn(shape, generator=generator).double()


class Weights(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.kernel = torch.nn.Parameter(torch.zeros(3, 2).double())
        self.bias = torch.nn.Parameter(torch.zeros(2).double())

    def become(self, values):
        with torch.no_grad():
            for parameter, value in zip(self.parameters(), values):
                parameter.copy_(value)


# A walk that drifts, rounded to float32 so that both sides start from the same numbers.
walk, position = [], [draw(3, 2), draw(2)]
for _ in range(STEPS):
    position = [p + 0.3 * draw(*p.shape) + 0.1 for p in position]
    walk.append([p.float().double() for p in position])


def record(tensors):
    return [{"shape": list(t.shape), "values": t.detach().flatten().tolist()} for t in tensors]


def averaged(avg_fn, steps):
    model = Weights()
    average = AveragedModel(model, avg_fn=avg_fn)
    for values in steps:
        model.become(values)
        average.update_parameters(model)
    return record(average.module.parameters())


def ema(decay):
    return lambda mean, value, count: decay * mean + (1 - decay) * value


def ema_warm(decay):
    def step(mean, value, count):
        d = min(decay, (1 + count.item()) / (10 + count.item()))
        return d * mean + (1 - d) * value

    return step


def swad(losses, every, n_s, n_e, r):
    """t_s, t_e (evaluations, from 1) and the mean of the iterates between them."""
    t_s, t_e, threshold = 0, len(losses), float("inf")
    value = lambda i: losses[i - 1]  # noqa: E731
    for i in range(1, len(losses) + 1):
        if threshold == float("inf"):
            if i >= n_s and value(i - n_s + 1) == min(value(i - k) for k in range(n_s)):
                t_s = i - n_s + 1
                threshold = r / n_s * sum(value(i - k) for k in range(n_s))
        elif i >= n_e and threshold < min(value(i - k) for k in range(n_e)):
            t_e = i - n_e
            break
    first = max(t_s - 1, 0) * every
    iterates = walk[first : t_e * every]
    mean = [torch.stack(parts).mean(0) for parts in zip(*iterates)]
    return {"start": t_s, "end": t_e, "average": record(mean)}


SWAD_CASES = [
    # title, validation losses, iterations between them, n_s, n_e, r
    ("a valley", [2, 1.5, 1.2, 1, 0.9, 0.8, 0.85, 0.9, 0.8, 0.7, 0.75, 0.9, 1.1, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9], 1, 3, 4, 1.3),
    ("a valley without an end", [2, 1.5, 1.2, 1, 0.9, 0.8, 0.85, 0.9, 0.8, 0.7, 0.75, 0.8, 0.7, 0.7, 0.7, 0.8, 0.7, 0.7, 0.8, 0.7], 1, 3, 6, 1.3),
    ("no start", [2 - i / 20 for i in range(20)], 1, 3, 6, 1.3),
    ("overfits at once", [1, 0.5, 0.6, 0.7, 2, 2, 2, 2, 2, 0.1], 2, 3, 2, 1.2),
    ("little patience after much", [1, 0.5, 0.55, 0.6, 0.6, 2, 0.1, 0.1, 0.1, 0.1], 2, 5, 1, 1.1),
    ("segments", [1.0, 0.6, 0.7, 0.65, 0.6, 1.0, 1.1, 1.2, 1.3, 1.4], 2, 2, 3, 1.2),
    ("a start at once", [0.5, 0.5, 0.7, 0.9, 0.9], 4, 2, 2, 1.3),
]

averages = {
    "ema": ("ema", {"decay": 0.9}, averaged(ema(0.9), walk)),
    "ema, warm-up": ("ema", {"decay": 0.9, "warmup": True}, averaged(ema_warm(0.9), walk)),
    "ema, warm-up that ends": ("ema", {"decay": 0.4, "warmup": True}, averaged(ema_warm(0.4), walk)),
    "swa": ("swa", {}, averaged(None, walk)),
    "swa from step 5, every 4": ("swa", {"start": 5, "every": 4}, averaged(None, walk[5::4])),
}
print(
    json.dumps(
        {
            "walk": [record(values) for values in walk],
            "averages": [
                {"title": title, "name": name, "options": options, "average": average}
                for title, (name, options, average) in averages.items()
            ],
            "swad": [
                {
                    "title": title,
                    "losses": losses,
                    "every": every,
                    "options": {"convergencePatience": n_s, "overfitPatience": n_e, "tolerance": r},
                    **swad([torch.tensor(float(x)).float().item() for x in losses], every, n_s, n_e, r),
                }
                for title, losses, every, n_s, n_e, r in SWAD_CASES
            ],
        }
    )
)
