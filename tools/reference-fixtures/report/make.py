"""Reference numbers for @roga/report, computed with NumPy and scikit-learn.

Run: python3 make.py ../../../packages/report/test/fixtures
Writes summary.json (a comparison with its means, spreads and paired differences) and scores.json
(a score table with its ROC curves and histograms).
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

OUT = Path(sys.argv[1])
rng = np.random.default_rng(20250523)


def spread(values):
    values = np.array(values)
    if len(values) == 0:
        return None
    return {
        "count": len(values),
        "mean": values.mean(),
        "deviation": values.std(ddof=1) if len(values) > 1 else None,
        "min": values.min(),
        "max": values.max(),
    }


def summary():
    seen, unseen = ["df", "f2f", "fs"], ["sbi", "gan", "diff", "blend"]
    seeds = {"ROGA": [3, 1, 2, 7], "ERM": [1, 2, 3], "sam": [9]}
    runs = []
    for algorithm, own in seeds.items():
        for seed in own:
            domains = {}
            for name in seen + unseen:
                auc, eer, ap = rng.uniform(0.4, 1, 3)
                low, high = max(0, auc - rng.uniform(0, 0.1)), min(1, auc + rng.uniform(0, 0.1))
                metric = lambda v, lo=None, hi=None: {"value": v, "low": lo, "high": hi}
                domains[name] = {
                    "auc": metric(auc, low, high),
                    "eer": metric(eer),
                    "ap": metric(ap),
                    "fakes": 30,
                    "reals": 40,
                    "videos": 7,
                }
            runs.append(
                {
                    "algorithm": algorithm,
                    "seed": seed,
                    "domains": domains,
                    "seconds": rng.uniform(10, 5000),
                    "imagesPerSecond": rng.uniform(1, 200),
                    "selectedEpoch": int(rng.integers(1, 20)),
                }
            )
    # One run lacks a value on one unseen domain, which must leave the means of every run.
    for metric in ("auc", "eer", "ap"):
        runs[5]["domains"]["gan"][metric] = {"value": None, "low": None, "high": None}
    entered = ["sbi", "diff", "blend"]

    def macro(run, domains, metric):
        return float(np.mean([run["domains"][d][metric]["value"] for d in domains]))

    def of(algorithm):
        return [run for run in runs if run["algorithm"] == algorithm]

    expected = {"cells": {}, "seen": {}, "unseen": {}, "seconds": {}, "imagesPerSecond": {}}
    for algorithm in seeds:
        for kind, domains in (("seen", seen), ("unseen", entered)):
            expected[kind][algorithm] = {
                metric: spread([macro(run, domains, metric) for run in of(algorithm)])
                for metric in ("auc", "eer", "ap")
            }
        for key in ("seconds", "imagesPerSecond"):
            expected[key][algorithm] = spread([run[key] for run in of(algorithm)])
        for domain in seen + unseen:
            results = [run["domains"][domain] for run in of(algorithm)]
            expected["cells"][f"{domain}/{algorithm}"] = {
                **{
                    metric: spread([r[metric]["value"] for r in results if r[metric]["value"] is not None])
                    for metric in ("auc", "eer", "ap")
                },
                "low": min(r["auc"]["low"] for r in results if r["auc"]["low"] is not None),
                "high": max(r["auc"]["high"] for r in results if r["auc"]["high"] is not None),
            }
    differences = []
    for algorithm in ("ROGA", "sam"):
        pairs = [
            macro(run, entered, "auc") - macro(other, entered, "auc")
            for run in of(algorithm)
            for other in of("ERM")
            if other["seed"] == run["seed"]
        ]
        differences.append(
            {"algorithm": algorithm, "difference": spread(pairs), "higher": int(np.sum(np.array(pairs) > 0))}
        )
    expected["differences"] = differences
    comparison = {
        "title": "reference",
        "createdAt": "2025-05-23T00:00:00Z",
        "sourceDomains": seen,
        "targetDomains": unseen,
        "runs": runs,
        "selection": "validation",
        "engine": "none",
        "notes": [],
    }
    return {"comparison": comparison, "expected": expected}


def scores():
    labels, values, domains, expected = [], [], [], {}
    # Ties, but none of them on an edge of a bin.
    draw = lambda a, b, n: np.round(np.minimum(np.round(rng.beta(a, b, n), 2) + 0.003, 0.993), 3)
    shared = draw(2, 4, 60)
    for name, strength in (("df", 5), ("gan", 2.5)):
        fakes = draw(strength, 2, 50)
        labels += [1] * 50
        values += fakes.tolist()
        domains += [name] * 50
        y = np.array([1] * 50 + [0] * 60)
        s = np.concatenate([fakes, shared])
        fpr, tpr, _ = roc_curve(y, s)
        edges = np.linspace(0, 1, 21)
        share = lambda v: (np.histogram(v, edges)[0] / len(v)).tolist()
        expected[name] = {
            "auc": roc_auc_score(y, s),
            "fpr": fpr.tolist(),
            "tpr": tpr.tolist(),
            "real": share(shared),
            "fake": share(fakes),
        }
    labels += [0] * 60
    values += shared.tolist()
    domains += ["real"] * 60
    return {"table": {"name": "reference", "labels": labels, "scores": values, "domains": domains}, "expected": expected}


for name, content in (("summary", summary()), ("scores", scores())):
    (OUT / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")
