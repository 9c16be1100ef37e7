"""Golden values of aggregators and attacks, in plain numpy from the papers' formulas.

    python tools/parity/federated-rules.py > packages/fed-opt/src/fixtures/rules.json

Independent of the TypeScript: loops and sorts written out, scipy-free (the normal quantile is the standard library's).
"""

import json
import math
from statistics import NormalDist

import numpy as np

generator = np.random.default_rng(20230618)


def sets_of_points():
    plain = generator.normal(size=(9, 5))
    outliers = np.concatenate([generator.normal(size=(8, 4)), 1e3 + generator.normal(size=(3, 4))])
    clusters = np.concatenate([generator.normal(size=(6, 6)), 8 + generator.normal(size=(5, 6))])
    return {"plain": plain, "outliers": outliers, "clusters": clusters}


def median(z):
    ordered = np.sort(z, axis=0)
    n = len(z)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2


def trimmed(z, b):
    return np.sort(z, axis=0)[b : len(z) - b].mean(axis=0)


def krum_scores(z, f):
    scores = []
    for i in range(len(z)):
        squares = sorted(float(np.sum((z[i] - z[j]) ** 2)) for j in range(len(z)) if j != i)
        scores.append(sum(squares[: len(z) - f - 2]))
    return np.array(scores)


def krum(z, f):
    return z[int(np.argmin(krum_scores(z, f)))]


def multi_krum(z, f, m):
    return z[np.argsort(krum_scores(z, f), kind="stable")[:m]].mean(axis=0)


def geometric_median(z, steps, nu, weights):
    v = np.zeros(z.shape[1])
    for _ in range(steps):
        beta = np.array([w / max(np.linalg.norm(v - p), nu) for w, p in zip(weights, z)])
        v = (beta[:, None] * z).sum(axis=0) / beta.sum()
    return v


def centered_clipping(z, tau, passes, v):
    for _ in range(passes):
        step = np.zeros_like(v)
        for p in z:
            norm = np.linalg.norm(p - v)
            step += (p - v) * min(1.0, tau / norm)
        v = v + step / len(z)
    return v


def threshold(z, v, passes, radius):
    for _ in range(passes):
        tau = radius(np.array([np.linalg.norm(p - v) for p in z]))
        v = np.mean([p if np.linalg.norm(p - v) <= tau else v for p in z], axis=0)
    return v


def quantile(q):
    return lambda d: np.sort(d)[min(len(d) - 1, math.floor(len(d) * q))]


def gap(d):
    d = np.sort(d)
    width = np.diff(d)
    i = int(np.argmax(width))
    return (d[i] + d[i + 1]) / 2


def mad(d):
    near = np.sort(d)[: max(1, math.ceil(len(d) / 2))]
    return np.median(near) + 3 * 1.4826 * np.median(np.abs(near - np.median(near)))


def nearest_neighbor_mixing(z, f):
    rows = []
    for i in range(len(z)):
        order = sorted(range(len(z)), key=lambda j: float(np.sum((z[i] - z[j]) ** 2)))
        rows.append(z[order[: len(z) - f]].mean(axis=0))
    return np.array(rows)


def norm_clipping(z, c):
    return np.array([p * min(1.0, c / np.linalg.norm(p)) for p in z])


def alie(honest, attackers):
    n = len(honest) + attackers
    s = math.floor(n / 2 + 1) - attackers
    z = NormalDist().inv_cdf((n - attackers - s) / (n - attackers))
    return honest.mean(axis=0) - z * honest.std(axis=0, ddof=1)


def min_max(honest, p):
    center = honest.mean(axis=0)
    limit = max(np.linalg.norm(a - b) for a in honest for b in honest)
    low, high = 0.0, 1e6
    for _ in range(200):
        middle = (low + high) / 2
        if max(np.linalg.norm(center + middle * p - h) for h in honest) <= limit:
            low = middle
        else:
            high = middle
    return center + low * p


def cases():
    for name, z in sets_of_points().items():
        n = len(z)
        weights = generator.uniform(0.5, 2, size=n)
        weights /= weights.sum()
        f = 2 if name == "plain" else 3
        start = z[0]
        honest = z[: n - f]
        deviation = honest.std(axis=0, ddof=1)
        mean = honest.mean(axis=0)
        yield name, {
            "points": z.tolist(),
            "weights": weights.tolist(),
            "byzantine": f,
            "aggregates": {
                "mean": (weights[:, None] * z).sum(axis=0).tolist(),
                "coordinateMedian": median(z).tolist(),
                "trimmedMean": trimmed(z, f).tolist(),
                "krum": krum(z, f).tolist(),
                "multiKrum": multi_krum(z, f, 3).tolist(),
                "geometricMedian": geometric_median(z, 8, 0.1, weights).tolist(),
                "centeredClipping": centered_clipping(z, 2.0, 3, np.zeros(z.shape[1])).tolist(),
                "thresholdFixed": threshold(z, start, 10, lambda d: 5.0).tolist(),
                "thresholdQuantile": threshold(z, start, 10, quantile(0.4)).tolist(),
                "thresholdGap": threshold(z, start, 10, gap).tolist(),
                "thresholdMad": threshold(z, start, 10, mad).tolist(),
                "mixedKrum": krum(nearest_neighbor_mixing(z, f), f).tolist(),
                "clippedMean": (weights[:, None] * norm_clipping(z, 1.5)).sum(axis=0).tolist(),
            },
            "attacks": {
                "signFlip": (-z[n - f :]).tolist(),
                "innerProductManipulation": np.tile(-0.1 * mean, (f, 1)).tolist(),
                "aLittleIsEnough": np.tile(alie(honest, f), (f, 1)).tolist(),
                "minMaxDeviation": np.tile(
                    min_max(honest, -deviation / np.linalg.norm(deviation)), (f, 1)
                ).tolist(),
                "minMaxMean": np.tile(min_max(honest, -mean / np.linalg.norm(mean)), (f, 1)).tolist(),
            },
        }


print(json.dumps(dict(cases()), indent=1))
