"""The scikit-learn half of against-scikit-learn.mjs: answers one question a line, timing itself."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import sklearn
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

folder = Path(sys.argv[1])


def equal_error_rate(labels, scores):
    fpr, tpr, _ = roc_curve(labels, scores)
    return fpr[np.nanargmin(np.absolute((1 - tpr) - fpr))]


def all_four(labels, scores):
    roc_curve(labels, scores)
    average_precision_score(labels, scores)
    equal_error_rate(labels, scores)
    return roc_auc_score(labels, scores)


metrics = {
    "ROC-AUC": roc_auc_score,
    "ROC curve": lambda labels, scores: len(roc_curve(labels, scores)[2]),
    "average precision": average_precision_score,
    "EER": equal_error_rate,
    "all four": all_four,
}


def reply(answer):
    print(json.dumps(answer), flush=True)


reply({"versions": f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}, Python {sys.version.split()[0]}"})
for line in sys.stdin:
    question = json.loads(line)
    if "load" in question:
        labels = np.fromfile(folder / "labels", dtype=np.uint8)
        scores = np.fromfile(folder / "scores", dtype=question["load"])
        reply({})
    else:
        start = time.perf_counter()
        value = metrics[question["metric"]](labels, scores)
        reply({"milliseconds": 1000 * (time.perf_counter() - start), "value": float(value)})
