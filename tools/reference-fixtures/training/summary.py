"""Figures of a score table by scikit-learn and SciPy, for `packages/training/test/fixtures/summary.json`.

Run: python3 tools/reference-fixtures/training/summary.py
"""

import json
import pathlib
from collections import defaultdict

import numpy as np
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

OUT = pathlib.Path(__file__).parents[3] / "packages/training/test/fixtures/summary.json"


def make_rows(rng):
    """Frames of a video share most of their score. "own" has reals of its own; the others share those of "real"."""
    rows = []
    for domain, label, centre in [
        ("real", 0, 0.4),
        ("swap", 1, 0.55),
        ("texture", 1, 0.5),
        ("own", 0, 0.3),
        ("own", 1, 0.6),
    ]:
        for video in range(8):
            level = centre + 0.15 * rng.standard_normal()
            for frame in range(int(rng.integers(2, 6))):
                # In 64ths: frames tie, and sums are exact, so a video's mean does not depend on how it is summed.
                score = float((np.clip(level + 0.05 * rng.standard_normal(), 0, 1) * 64).round() / 64)
                name = f"v{video}"
                rows.append(
                    {
                        "sample": f"{domain}/{label}/{name}/{frame}",
                        "video": name,
                        "identity": name,
                        "domain": domain,
                        "label": label,
                        "score": score,
                    }
                )
    return rows


def figures(labels, scores):
    fpr, tpr, _ = roc_curve(labels, scores, drop_intermediate=False)
    return {
        "auc": roc_auc_score(labels, scores),
        "eer": brentq(lambda x: 1 - x - interp1d(fpr, tpr)(x), 0, 1, xtol=1e-15),
        "ap": average_precision_score(labels, scores),
    }


def by_video(rows):
    groups = defaultdict(list)
    for row in rows:
        groups[row["label"], row["domain"], row["video"]].append(row["score"])
    return [(label, float(np.mean(scores))) for (label, _, _), scores in groups.items()]


def main():
    rows = make_rows(np.random.default_rng(0))
    out = {"rows": rows, "frame": {}, "video": {}}
    for domain in ["own", "swap", "texture"]:
        reals = "own" if domain == "own" else "real"
        chosen = [r for r in rows if (r["label"] and r["domain"] == domain) or (not r["label"] and r["domain"] == reals)]
        out["frame"][domain] = figures([r["label"] for r in chosen], [r["score"] for r in chosen])
        out["video"][domain] = figures(*zip(*by_video(chosen)))
    OUT.write_text(json.dumps(out, indent=1) + "\n")


main()
