"""Golden values of log loss, Brier score, reliability bins, temperature and Platt scaling.

    python3 calibration.py

Log loss and Brier score from scikit-learn; bins from NumPy, checked against scikit-learn's calibration_curve;
temperature from SciPy's root finder on the derivative; Platt scaling from scikit-learn's unpenalised logistic regression
(targets 0 and 1) and from SciPy's minimiser on the smoothed targets.
"""

import numpy as np
from common import write
from scipy.optimize import brentq, minimize
from scipy.special import expit
from sklearn.calibration import _SigmoidCalibration, calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss


def loss(labels, probabilities):
    return log_loss(labels, probabilities, labels=[0, 1], eps=0.0)


def loss_of_logits(labels, logits):
    """Stays finite where the probability rounds to 0 or 1."""
    return np.mean(np.logaddexp(0, np.where(labels == 1, -logits, logits)))


def bins(labels, p, count, strategy):
    edges = np.linspace(0, 1, count + 1) if strategy == "equalWidth" else np.quantile(p, np.linspace(0, 1, count + 1))
    which = np.searchsorted(edges[1:-1], p)
    rows, error = [], 0.0
    for i in range(count):
        inside = which == i
        row = {"lower": edges[i], "upper": edges[i + 1], "count": int(inside.sum()), "meanProbability": None, "fakeShare": None}
        if inside.any():
            row["meanProbability"], row["fakeShare"] = p[inside].mean(), labels[inside].mean()
            error += inside.mean() * abs(row["meanProbability"] - row["fakeShare"])
        rows.append(row)
    share, mean = calibration_curve(labels, p, n_bins=count, strategy="uniform" if strategy == "equalWidth" else "quantile")
    assert np.allclose(share, [row["fakeShare"] for row in rows if row["count"]])
    assert np.allclose(mean, [row["meanProbability"] for row in rows if row["count"]])
    return {"bins": count, "strategy": strategy, "rows": rows, "error": error}


def temperature(labels, logits):
    slope = lambda inverse: np.sum((expit(inverse * logits) - labels) * logits)
    unit = 1 / np.abs(logits).max()
    inverse = unit * brentq(lambda x: slope(unit * x), 1e-6, 1e6, xtol=1e-14, rtol=1e-15, maxiter=500)
    return {"temperature": 1 / inverse, "logLossAfter": loss(labels, expit(inverse * logits))}


def platt_plain(labels, logits):
    scale = logits.std()
    model = LogisticRegression(penalty=None, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    model.fit(logits[:, None] / scale, labels)
    slope, intercept = model.coef_[0, 0] / scale, model.intercept_[0]
    return {"slope": slope, "intercept": intercept, "logLossAfter": loss(labels, expit(slope * logits + intercept))}


def platt_smoothed(labels, logits):
    fakes, reals = labels.sum(), (1 - labels).sum()
    targets = np.where(labels == 1, (fakes + 1) / (fakes + 2), 1 / (reals + 2))
    scale = logits.std()
    x = logits / scale

    def value(w):
        z = w[0] * x + w[1]
        return np.sum(np.logaddexp(0, z) - targets * z)

    def gradient(w):
        residual = expit(w[0] * x + w[1]) - targets
        return np.array([residual @ x, residual.sum()])

    def hessian(w):
        p = expit(w[0] * x + w[1])
        weight = p * (1 - p)
        return np.array([[weight @ (x * x), weight @ x], [weight @ x, weight.sum()]])

    w = minimize(value, np.zeros(2), jac=gradient, hess=hessian, method="trust-exact", options={"gtol": 1e-12}).x
    for _ in range(3):
        w = w - np.linalg.solve(hessian(w), gradient(w))
    rough = _SigmoidCalibration().fit(x, labels)  # p = 1 / (1 + exp(a f + b))
    assert np.allclose([-rough.a_, -rough.b_], w, rtol=1e-2, atol=1e-2)
    slope, intercept = w[0] / scale, w[1]
    return {"slope": slope, "intercept": intercept, "logLossAfter": loss(labels, expit(slope * logits + intercept))}


def golden(name, labels, logits):
    p = expit(logits)
    separable = logits[labels == 1].min() >= logits[labels == 0].max()
    return {
        "name": name,
        "labels": labels,
        "logits": logits,
        "probabilities": p,
        "logLoss": loss(labels, p),
        "logLossOfLogits": loss_of_logits(labels, logits),
        "clippedLogLoss": log_loss(labels, p, labels=[0, 1], eps=0.05),
        "brier": brier_score_loss(labels, p),
        "reliability": [
            bins(labels, p, count, strategy) for count in (1, 5, 15) for strategy in ("equalWidth", "equalMass")
        ],
        "temperature": None if separable else temperature(labels, logits),
        "platt": None if separable else platt_plain(labels, logits),
        "plattSmoothed": platt_smoothed(labels, logits),
    }


rng = np.random.default_rng(2017)


def sample(count, fake_share, slope, intercept):
    labels = (rng.random(count) < fake_share).astype(int)
    return labels, slope * (rng.normal(size=count) + 1.5 * labels - 0.75) + intercept


# Two logits a hundred times farther out than the rest: most of the loss's curvature is theirs.
OUTLIERS = np.array([
    [0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 1, 1, 1],
    [219277, 252217, -259355, 607660, -127369, -73138, 649650, 497158, 127886, 7652187, -163746, 165525, 241456, 83118, 619982, 193540, 22136800, 418365, 757222, 235462, 359380, -38138, -203002, 22357799, 252612, -47442, -43249, -71712, 303294, 487734],
])

write(
    "calibration.json",
    [
        golden("overconfident", *sample(80, 0.5, 4.0, 0.0)),
        golden("underconfident and shifted", *sample(80, 0.3, 0.3, -0.1)),
        golden("heavy ties", *(lambda y, x: (y, np.round(x)))(*sample(90, 0.6, 1.5, -0.5))),
        golden("large scale", *sample(60, 0.5, 40.0, 10.0)),
        golden("far outliers", OUTLIERS[0], OUTLIERS[1].astype(float)),
        golden("separable", np.array([0, 0, 0, 1, 1]), np.array([-2.0, -1.5, -1.0, 0.5, 2.0])),
    ],
)
