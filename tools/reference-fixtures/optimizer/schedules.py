"""Learning rates of 20 steps by torch.optim.lr_scheduler, at a base rate of 1.

Run: python3 schedules.py > schedules.json   (written with PyTorch 1.13)
"""

import json
import warnings

import torch
from torch.optim import lr_scheduler as schedulers

warnings.simplefilter("ignore")
STEPS = 20


def rates(make):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer)
    found = []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def warmup_cosine(optimizer):
    warmup = schedulers.LinearLR(optimizer, start_factor=0.2, total_iters=5)
    cosine = schedulers.CosineAnnealingLR(optimizer, T_max=STEPS - 5, eta_min=0.1)
    return schedulers.SequentialLR(optimizer, [warmup, cosine], milestones=[5])


print(
    json.dumps(
        {
            "steps": STEPS,
            "constant": rates(lambda o: schedulers.ConstantLR(o, factor=0.3, total_iters=1000)),
            "cosine": rates(lambda o: schedulers.CosineAnnealingLR(o, T_max=STEPS)),
            "cosine to 0.1": rates(lambda o: schedulers.CosineAnnealingLR(o, T_max=STEPS, eta_min=0.1)),
            "step": rates(lambda o: schedulers.StepLR(o, step_size=6, gamma=0.5)),
            "warmup": rates(lambda o: schedulers.LinearLR(o, start_factor=0.2, total_iters=5)),
            "warmup, cosine to 0.1": rates(warmup_cosine),
        }
    )
)
