"""Binary cross-entropy and its gradient in PyTorch, float64 at float32 logits, for `packages/training/test/fixtures/binary-loss.json`.

In float32 PyTorch forms the gradient as sigmoid(x) - y, which cancels for confident right answers.

Run: python3 tools/reference-fixtures/training/binary_loss.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F

OUT = pathlib.Path(__file__).parents[3] / "packages/training/test/fixtures/binary-loss.json"


def case(name, logits, labels):
    logits = torch.tensor(logits, dtype=torch.float32).double().requires_grad_()
    target = torch.tensor(labels, dtype=torch.float64)
    if logits.shape[1] == 1:
        loss = F.binary_cross_entropy_with_logits(logits[:, 0], target)
        scores = torch.sigmoid(logits[:, 0])
    else:
        loss = F.cross_entropy(logits, target.long())
        scores = torch.softmax(logits, dim=1)[:, 1]
    loss.backward()
    return {
        "name": name,
        "logits": logits.tolist(),
        "labels": labels,
        "loss": loss.item(),
        "gradient": logits.grad.tolist(),
        "scores": scores.tolist(),
    }


def main():
    torch.manual_seed(0)
    one = (torch.randn(9, 1) * 3).tolist()
    two = (torch.randn(9, 2) * 3).tolist()
    labels = [1, 0, 0, 1, 1, 0, 1, 0, 1]
    extreme = [-100.0, -100.0, 100.0, 100.0, -20.0, 20.0, 0.0, 0.0]
    extreme_labels = [0, 1, 0, 1, 0, 1, 0, 1]
    cases = [
        case("one logit", one, labels),
        case("two logits", two, labels),
        case("one logit, extremes and zeros", [[x] for x in extreme], extreme_labels),
        case("two logits, extremes and zeros", [[-x / 2, x / 2] for x in extreme], extreme_labels),
        case("one logit, all right and confident", [[-12.0], [12.0], [15.5]], [0, 1, 1]),
    ]
    OUT.write_text(json.dumps({"torch": torch.__version__, "cases": cases}, indent=1) + "\n")


main()
