"""Golden values of DeLong's test from the O(n^2) definition: every fake compared with every real, in NumPy.

    python3 delong.py

DeLong, DeLong and Clarke-Pearson 1988: structural components V10 and V01 and the covariance of the two AUCs.
"""

import numpy as np
from common import write
from scipy.stats import norm
from sklearn.metrics import roc_auc_score


def components(labels, scores):
    fakes, reals = scores[labels == 1], scores[labels == 0]
    wins = (fakes[:, None] > reals[None, :]) + 0.5 * (fakes[:, None] == reals[None, :])
    return wins.mean(axis=1), wins.mean(axis=0)


def golden(name, labels, a, b, confidence):
    parts = [components(labels, scores) for scores in (a, b)]
    s10 = np.cov(np.stack([v10 for v10, _ in parts]))
    s01 = np.cov(np.stack([v01 for _, v01 in parts]))
    covariance = s10 / (labels == 1).sum() + s01 / (labels == 0).sum()
    auc = np.array([roc_auc_score(labels, scores) for scores in (a, b)])
    difference = auc[0] - auc[1]
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    width = norm.ppf((1 + confidence) / 2)
    own = np.sqrt(covariance[0, 0])
    center, spread = np.log(auc[0] / (1 - auc[0])), own / (auc[0] * (1 - auc[0]))
    logit = 1 / (1 + np.exp(-(center + width * spread * np.array([-1, 1]))))
    return {
        "name": name,
        "labels": labels,
        "scoresA": a,
        "scoresB": b,
        "confidence": confidence,
        "aucA": auc[0],
        "aucB": auc[1],
        "difference": difference,
        "standardError": error,
        "z": difference / error,
        "pValue": 2 * norm.sf(abs(difference / error)),
        "interval": {"low": difference - width * error, "high": difference + width * error},
        "intervalA": {
            "standardError": own,
            "linear": [auc[0] - width * own, auc[0] + width * own],
            "logit": logit,
        },
    }


rng = np.random.default_rng(1988)


def pair(fakes, reals, shift_a, shift_b, shared):
    labels = rng.permutation(np.r_[np.ones(fakes, int), np.zeros(reals, int)])
    common = shared * rng.normal(size=fakes + reals)
    a = common + rng.normal(size=fakes + reals) + shift_a * labels
    return labels, a, common + rng.normal(size=fakes + reals) + shift_b * labels


balanced = pair(40, 40, 1.5, 0.8, 1.0)
ties = pair(30, 35, 1.0, 0.7, 0.5)
few = pair(4, 60, 2.0, 1.0, 2.0)
far = pair(60, 60, 3.0, -1.0, 0.0)
two = (np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.1]), np.array([0.2, 0.8, 0.7, 0.1]))
write(
    "delong.json",
    [
        golden("balanced", *balanced, 0.95),
        golden("heavy ties", ties[0], np.round(ties[1]), np.round(ties[2]), 0.9),
        golden("few fakes", *few, 0.99),
        golden("far apart", *far, 0.95),
        golden("two of each", *two, 0.95),
    ],
)
