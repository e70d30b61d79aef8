"""Golden values of the ranking and decision metrics, from scikit-learn, SciPy and PyTorch.

    python3 ranking.py

Written with scikit-learn 1.2, SciPy 1.10, NumPy 1.24, PyTorch 1.13. scikit-learn before 1.3 puts max + 1 as the first
threshold of an ROC curve, later releases infinity, which the fixture stores (as null).
"""

import warnings

import numpy as np
import torch
from common import write
from scipy.optimize import brentq
from sklearn import metrics

warnings.filterwarnings("ignore")  # scikit-learn's remarks on one-sided decisions


def cases():
    rng = np.random.default_rng(20240717)

    def normal(fakes, reals, shift):
        labels = np.r_[np.ones(fakes, int), np.zeros(reals, int)]
        order = rng.permutation(fakes + reals)
        return labels[order], (rng.normal(size=fakes + reals) + shift * labels)[order]

    labels, scores = normal(40, 40, 1.0)
    yield "balanced", labels, scores
    labels, scores = normal(6, 110, 1.5)
    yield "few fakes", labels, scores
    labels, scores = normal(90, 7, 0.7)
    yield "few reals", labels, scores
    labels, scores = normal(50, 45, 1.0)
    yield "heavy ties", labels, np.round(scores) / 4
    labels, scores = normal(30, 40, 2.0)
    yield "saturated probabilities", labels, np.round(1 / (1 + np.exp(-6 * scores)), 6)
    labels, scores = normal(35, 30, 1.0)
    yield "float32", labels, scores.astype(np.float32).astype(np.float64)
    labels, scores = normal(30, 30, 0.5)
    yield "wide range", labels, np.sign(scores) * 10.0 ** (6 * scores)
    labels, scores = normal(25, 25, -1.0)
    yield "worse than chance", labels, scores
    yield "perfect", np.array([0, 0, 0, 1, 1, 1, 1]), np.array([0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.7])
    yield "inverted", np.array([1, 1, 0, 0, 0]), np.array([-3.0, -2.0, 1.0, 2.0, 3.0])
    yield "constant", np.array([1, 0, 0, 1, 0]), np.full(5, 0.25)
    yield "two", np.array([1, 0]), np.array([0.4, 0.6])
    yield "two tied", np.array([1, 0]), np.array([0.5, 0.5])
    yield "three", np.array([0, 1, 0]), np.array([0.1, 0.2, 0.3])
    yield "four", np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])


def roc(labels, scores, drop):
    fpr, tpr, thresholds = metrics.roc_curve(labels, scores, drop_intermediate=drop)
    thresholds[0] = np.inf
    return fpr, tpr, thresholds


def eer_interpolated(labels, scores):
    """The crossing, segment by segment; the usual brentq recipe must agree."""
    fpr, tpr, thresholds = roc(labels, scores, drop=False)
    thresholds[0] = thresholds[1]
    gap = fpr - (1 - tpr)
    after = int(np.argmax(gap >= 0))
    share = -gap[after - 1] / (gap[after] - gap[after - 1])
    value = fpr[after - 1] + share * (fpr[after] - fpr[after - 1])
    threshold = thresholds[after - 1] + share * (thresholds[after] - thresholds[after - 1])
    recipe = brentq(lambda x: 1.0 - x - np.interp(x, fpr, tpr), 0.0, 1.0, xtol=1e-14)
    assert abs(value - recipe) < 1e-9, (value, recipe)
    return {"value": value, "threshold": threshold}


def eer_deepfakebench(labels, scores):
    """training/metrics/utils.py, get_test_metrics: roc_curve with its defaults, fpr[nanargmin(|fnr - fpr|)]."""
    fpr, tpr, thresholds = roc(labels, scores, drop=True)
    at = np.nanargmin(np.absolute((1 - tpr) - fpr))
    return {"value": fpr[at], "threshold": thresholds[at]}


def eer_torchmetrics(labels, scores):
    """functional/classification/eer.py: float32 rates, first index within epsilon of the least |fpr - (1 - tpr)|."""
    order = np.argsort(-scores, kind="stable")
    ends = np.r_[np.where(np.diff(scores[order]))[0], len(scores) - 1]
    tps = torch.from_numpy(np.r_[0, np.cumsum(labels[order])[ends]])
    fps = torch.from_numpy(np.r_[0, np.cumsum(1 - labels[order])[ends]])
    fpr, tpr = fps / fps[-1], tps / tps[-1]
    assert fpr.dtype == torch.float32
    diff = torch.abs(fpr - (1 - tpr))
    at = int((diff <= diff.min() + torch.finfo(torch.float32).eps).to(torch.int8).argmax())
    thresholds = np.r_[np.inf, scores[order][ends]]
    return {"value": float((fpr[at] + (1 - tpr[at])) / 2), "threshold": thresholds[at]}


def partial_area(fpr, tpr, limit):
    inside = fpr <= limit
    stop = int(inside.sum())
    x, y = fpr[:stop], tpr[:stop]
    if stop < len(fpr):
        end = np.interp(limit, fpr[stop - 1 : stop + 1], tpr[stop - 1 : stop + 1])
        x, y = np.r_[x, limit], np.r_[y, end]
    return float(np.trapz(y, x))


def tpr_at(fpr, tpr, rate):
    """On the segment that starts at the last point within the rate: the upper end where the curve is vertical."""
    stop = int((fpr <= rate).sum())
    reached = tpr[:stop].max()
    on_line = np.interp(rate, fpr[stop - 1 : stop + 1], tpr[stop - 1 : stop + 1]) if stop < len(fpr) else reached
    return {"falsePositiveRate": rate, "interpolated": on_line, "reached": reached}


def decisions(labels, scores, threshold):
    called = (scores >= threshold).astype(int)
    (tn, fp), (fn, tp) = metrics.confusion_matrix(labels, called, labels=[0, 1])
    one_sided = called.min() == called.max()
    return {
        "threshold": threshold,
        "matrix": {"truePositives": tp, "falsePositives": fp, "trueNegatives": tn, "falseNegatives": fn},
        "accuracy": metrics.accuracy_score(labels, called),
        "balancedAccuracy": metrics.balanced_accuracy_score(labels, called),
        "f1Score": metrics.f1_score(labels, called),
        "matthewsCorrelation": None if one_sided else metrics.matthews_corrcoef(labels, called),
    }


def golden(name, labels, scores):
    fpr, tpr, thresholds = roc(labels, scores, drop=False)
    dropped = roc(labels, scores, drop=True)
    precision, recall, pr_thresholds = metrics.precision_recall_curve(labels, scores)
    youden = int(np.argmax(np.round(tpr - fpr, 12)))
    limits = [0.01, 0.1, 0.25, 0.5, 1.0]
    return {
        "name": name,
        "labels": labels,
        "scores": scores,
        "auc": metrics.roc_auc_score(labels, scores),
        "averagePrecision": metrics.average_precision_score(labels, scores),
        "roc": {"falsePositiveRate": fpr, "truePositiveRate": tpr, "thresholds": thresholds},
        "rocDropped": {"falsePositiveRate": dropped[0], "truePositiveRate": dropped[1], "thresholds": dropped[2]},
        "precisionRecall": {"precision": precision, "recall": recall, "thresholds": pr_thresholds},
        "partialAuc": [
            {
                "maxFalsePositiveRate": limit,
                "standardized": metrics.roc_auc_score(labels, scores, max_fpr=limit),
                "area": partial_area(fpr, tpr, limit),
            }
            for limit in limits
        ],
        "truePositiveRateAt": [tpr_at(fpr, tpr, rate) for rate in [0.0, 0.01, 0.1, 0.2, 0.5, 1.0]],
        "equalErrorRate": {
            "interpolated": eer_interpolated(labels, scores),
            "deepfakebench": eer_deepfakebench(labels, scores),
            "torchmetrics": eer_torchmetrics(labels, scores),
        },
        "youden": {"threshold": thresholds[youden], "falsePositiveRate": fpr[youden], "truePositiveRate": tpr[youden]},
        "decisions": [decisions(labels, scores, threshold) for threshold in [0.0, 0.25, 0.5, float(np.median(scores))]],
    }


write("ranking.json", [golden(*case) for case in cases()])
