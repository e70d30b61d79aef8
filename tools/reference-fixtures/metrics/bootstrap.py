"""Golden values of the bootstrap: generator, draws and intervals written again in Python, AUCs from scikit-learn.

    python3 bootstrap.py

SplitMix64 and xoshiro128** follow their papers; numbers below a bound come from the top bits, rejecting those too large.
BCa intervals are SciPy's, computed from a distribution and a jackknife that the fixture holds.
"""

import numpy as np
from common import write
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

MASK64, MASK32 = (1 << 64) - 1, (1 << 32) - 1


def split_mix(seed, index):
    z = (seed + (index + 1) * 0x9E3779B97F4A7C15) & MASK64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK64
    return z ^ (z >> 31)


def rotate(x, k):
    return ((x << k) | (x >> (32 - k))) & MASK32


class Xoshiro:
    def __init__(self, seed, replicate):
        words = [split_mix(seed, 2 * replicate), split_mix(seed, 2 * replicate + 1)]
        self.s = [words[0] & MASK32, words[0] >> 32, words[1] & MASK32, words[1] >> 32]

    def next(self):
        s = self.s
        result = (rotate((s[1] * 5) & MASK32, 7) * 9) & MASK32
        shifted = (s[1] << 9) & MASK32
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = rotate(s[3], 11)
        return result

    def below(self, bound):
        if bound == 1:
            return 0
        shift = 32 - (bound - 1).bit_length()
        while True:
            drawn = self.next() >> shift
            if drawn < bound:
                return drawn


def weights(seed, replicate, strata, count):
    random = Xoshiro(seed, replicate)
    drawn = np.zeros(count, int)
    for stratum in strata:
        for _ in stratum:
            drawn[stratum[random.below(len(stratum))]] += 1
    return drawn


def interval(name, statistic, labels, scores, clusters, seed, replicates, confidence, stratified):
    ids = list(dict.fromkeys(clusters))
    of_sample = np.array([ids.index(cluster) for cluster in clusters])
    label_of = np.array([labels[of_sample == i][0] for i in range(len(ids))])
    everything = np.arange(len(ids))
    strata = [everything[label_of == 0], everything[label_of == 1]] if stratified else [everything]
    values, undefined = [], 0
    for replicate in range(replicates):
        weight = weights(seed, replicate, strata, len(ids))[of_sample]
        if len(np.unique(labels[weight > 0])) < 2:
            undefined += 1
        else:
            values.append(statistic(labels, scores, sample_weight=weight))
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return {
        "name": name,
        "labels": labels,
        "scores": scores,
        "clusters": list(clusters),
        "statistic": {roc_auc_score: "rocAuc", average_precision_score: "averagePrecision"}[statistic],
        "options": {"seed": seed, "replicates": replicates, "confidence": confidence, "stratified": stratified},
        "value": statistic(labels, scores),
        "low": low,
        "high": high,
        "standardError": np.std(values, ddof=1),
        "undefinedReplicates": undefined,
    }


rng = np.random.default_rng(1979)


def videos(count, frames):
    """Frames of videos that share most of their score, with ties."""
    labels = np.repeat(np.arange(count) % 2, frames)
    shared = np.repeat(rng.normal(size=count), frames)
    scores = np.round(labels + shared + 0.3 * rng.normal(size=count * frames), 1)
    order = rng.permutation(count * frames)
    return labels[order], scores[order], [f"video {i}" for i in np.repeat(np.arange(count), frames)[order]]


def single(count):
    labels = (rng.random(count) < 0.5).astype(int)
    return labels, labels + rng.normal(size=count), list(range(count))


labels, scores, clusters = videos(14, 4)
few_labels, few_scores, few_clusters = np.array([1, 0, 0, 0, 1, 0]), np.array([0.9, 0.8, 0.3, 0.2, 0.7, 0.1]), list(range(6))
large = 2**53 - 1
write(
    "bootstrap.json",
    [
        interval("clustered", roc_auc_score, labels, scores, clusters, 7, 100, 0.95, False),
        interval("clustered, stratified", roc_auc_score, labels, scores, clusters, 7, 100, 0.9, True),
        interval("clustered", average_precision_score, labels, scores, clusters, 11, 60, 0.95, False),
        interval("single samples", roc_auc_score, *single(40), 0, 80, 0.95, False),
        interval("largest seed", average_precision_score, *single(30), large, 50, 0.8, True),
        interval("undefined replicates", roc_auc_score, few_labels, few_scores, few_clusters, 3, 100, 0.95, False),
    ],
)


def bca(labels, scores, confidence):
    paired = lambda y, s: roc_auc_score(y, s)
    result = stats.bootstrap(
        (labels, scores), paired, paired=True, vectorized=False, n_resamples=300, method="BCa",
        confidence_level=confidence, random_state=np.random.default_rng(5),
    )
    keep = np.arange(len(labels))
    jackknife = [roc_auc_score(labels[keep != i], scores[keep != i]) for i in keep]
    return {
        "labels": labels,
        "scores": scores,
        "confidence": confidence,
        "value": roc_auc_score(labels, scores),
        "distribution": result.bootstrap_distribution,
        "jackknife": jackknife,
        "low": result.confidence_interval.low,
        "high": result.confidence_interval.high,
    }


skewed_labels, skewed_scores, _ = single(40)
write("bca.json", [bca(skewed_labels, skewed_scores + skewed_labels, 0.95), bca(skewed_labels, np.round(skewed_scores), 0.8)])
