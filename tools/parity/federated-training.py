"""Golden values of federated algorithms, in plain numpy from the papers' pseudo-code.

    python tools/parity/federated-training.py > packages/fed-opt/src/fixtures/training.json

Clients are quadratics f_i(x) = ½ xᵀA_i x − b_iᵀx in two clusters; every client is asked in every round. Independent of
the TypeScript: one loop over clients for each algorithm, no shared code but the gradient.
"""

import json
import math

import numpy as np

generator = np.random.default_rng(20230618)
N, D, K = 6, 3, 2
LABELS = [0, 0, 0, 1, 1, 1]
OPTIMA = np.array([[2.0, -1.0, 0.5], [-1.5, 2.0, 3.0]])
SIZES = [10.0, 20.0, 30.0, 5.0, 15.0, 20.0]


def problem():
    A, b = [], []
    for label in LABELS:
        X = generator.normal(size=(8, D))
        H = X.T @ X / 8
        A.append(H)
        b.append(H @ OPTIMA[label] + 0.1 * generator.normal(size=D))
    return np.array(A), np.array(b)


A, B = problem()
START = np.array([0.3, -0.2, 0.1])
RATE, ROUNDS, STEPS = 0.2, 7, 3
SHARES = np.array(SIZES) / sum(SIZES)


def g(i, x):
    return A[i] @ x - B[i]


def f(i, x):
    return 0.5 * x @ A[i] @ x - B[i] @ x


def train(i, x, steps=STEPS, anchor=None, strength=0.0, correction=0.0, momentum=0.0):
    v = np.zeros(D)
    for _ in range(steps):
        d = g(i, x) + correction
        if anchor is not None:
            d = d + strength * (x - anchor)
        v = momentum * v + d
        x = x - RATE * v
    return x


def averages():
    plain, prox, momentum, adam, heavy = (START.copy() for _ in range(5))
    velocity = np.zeros(D)
    first, second = np.zeros(D), np.full(D, 1e-3**2)
    for _ in range(ROUNDS):
        plain = sum(s * train(i, plain) for i, s in enumerate(SHARES))
        prox = sum(s * train(i, prox, anchor=prox, strength=0.5) for i, s in enumerate(SHARES))
        heavy = sum(s * train(i, heavy, momentum=0.9) for i, s in enumerate(SHARES))
        change = sum(s * (train(i, momentum) - momentum) for i, s in enumerate(SHARES))
        velocity = 0.9 * velocity + change
        momentum = momentum + velocity
        change = sum(s * (train(i, adam) - adam) for i, s in enumerate(SHARES))
        first = 0.9 * first + 0.1 * change
        second = 0.99 * second + 0.01 * change**2
        adam = adam + 0.05 * first / (np.sqrt(second) + 1e-3)
    return {"fedAvg": plain, "fedProx": prox, "fedAvgM": momentum, "fedAdam": adam, "clientMomentum": heavy}


def scaffold():
    x, c, own = START.copy(), np.zeros(D), np.zeros((N, D))
    for _ in range(ROUNDS):
        models = [train(i, x, correction=c - own[i]) for i in range(N)]
        fresh = np.array([own[i] - c + (x - models[i]) / (STEPS * RATE) for i in range(N)])
        x = x + np.mean([m - x for m in models], axis=0)
        c = c + np.mean(fresh - own, axis=0)
        own = fresh
    return x


def ditto():
    w, v = START.copy(), np.tile(START, (N, 1))
    for _ in range(ROUNDS):
        v = np.array([train(i, v[i], anchor=w, strength=0.7) for i in range(N)])
        w = sum(s * train(i, w) for i, s in enumerate(SHARES))
    return v


def clusters_of_oracle():
    w = np.tile(START, (K, 1))
    for _ in range(ROUNDS):
        w = np.array(
            [
                sum(SIZES[i] * train(i, w[k]) for i in range(N) if LABELS[i] == k)
                / sum(SIZES[i] for i in range(N) if LABELS[i] == k)
                for k in range(K)
            ]
        )
    return w[LABELS]


def ifca(kind):
    w = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    picks = []
    for _ in range(ROUNDS):
        pick = [int(np.argmin([f(i, w[k]) for k in range(K)])) for i in range(N)]
        picks.append(pick)
        new = w.copy()
        for k in range(K):
            members = [i for i in range(N) if pick[i] == k]
            if not members:
                continue
            total = sum(SIZES[i] for i in members)
            if kind == "model":
                new[k] = sum(SIZES[i] * train(i, w[k]) for i in members) / total
            else:
                new[k] = w[k] - RATE * sum(SIZES[i] * g(i, w[k]) for i in members) / total
        w = new
    return {"models": w[picks[-1]].tolist(), "picks": picks}


def threshold(points, center, passes, radius):
    for _ in range(passes):
        d = np.linalg.norm(points - center, axis=1)
        tau = radius(d)
        center = np.mean([p if q <= tau else center for p, q in zip(points, d)], axis=0)
    return center


def quantile(q):
    return lambda d: np.sort(d)[min(len(d) - 1, math.floor(len(d) * q))]


def federated_clustering(momentum, local):
    x, m = np.tile(START, (N, 1)), np.zeros((N, D))
    for _ in range(ROUNDS):
        x = np.array([train(i, x[i], steps=local - 1) for i in range(N)])
        v = []
        for i in range(N):
            points = np.array([g(j, x[i]) for j in range(N)])
            v.append(threshold(points, points[i], 10, quantile(0.4)))
        m = momentum * m + np.array(v)
        x = x - RATE * m
    return x


def momentum_clustering(first, freeze=None):
    x, m, centers, label = np.tile(START, (N, 1)), None, None, None
    for t in range(ROUNDS):
        gradients = np.array([g(i, x[i]) for i in range(N)])
        m = gradients if m is None else 0.3 * gradients + 0.7 * m
        if centers is None:
            far = int(np.argmax(np.linalg.norm(m - m[first], axis=1)))
            centers = m[[first, far]]
        if freeze is not None and t >= freeze:
            centers = np.array([m[label == k].mean(axis=0) if (label == k).any() else centers[k] for k in range(K)])
        else:
            centers = np.array([threshold(m, c, 10, lambda d: 2.5) for c in centers])
            label = np.array([int(np.argmin([np.linalg.norm(p - c) for c in centers])) for p in m])
        x = x - RATE * centers[label]
    return x


def myopic():
    x = np.tile(START, (N, 1))
    for _ in range(ROUNDS):
        points = np.array([g(i, x[i]) for i in range(N)])
        groups = [[i] for i in range(N)]
        while len(groups) > K:
            pairs = [(a, b) for a in range(len(groups)) for b in range(a + 1, len(groups))]
            a, b = min(pairs, key=lambda p: np.linalg.norm(points[groups[p[0]]].mean(0) - points[groups[p[1]]].mean(0)))
            groups[a] = groups[a] + groups[b]
            del groups[b]
        for group in groups:
            x[group] = x[group] - RATE * points[group].mean(axis=0)
    return x


def clustered_fl():
    """One split at most: every client moves with cluster 0 until it is stationary, then the best bipartition."""
    w, label = [START.copy()], [0] * N
    for _ in range(40):
        changes = np.array([train(i, w[label[i]]) - w[label[i]] for i in range(N)])
        new = []
        for k in range(len(w)):
            members = [i for i in range(N) if label[i] == k]
            new.append(w[k] + sum(SIZES[i] * changes[i] for i in members) / sum(SIZES[i] for i in members))
        if len(w) == 1 and np.linalg.norm(changes.mean(0)) < 0.3 and np.linalg.norm(changes, axis=1).max() > 0.5:
            unit = changes / np.linalg.norm(changes, axis=1, keepdims=True)
            cosine = unit @ unit.T
            best, halves = math.inf, None
            for bits in range(1, 2 ** (N - 1)):  # client 0 stays in the first half
                second = [i for i in range(1, N) if bits >> (i - 1) & 1]
                one = [i for i in range(N) if i not in second]
                across = max(cosine[i, j] for i in one for j in second)
                if across < best:
                    best, halves = across, second
            for i in halves:
                label[i] = 1
            new.append(new[0].copy())
        w = new
    return {"models": [w[k].tolist() for k in label], "labels": label}


def neighbours():
    features, queries = generator.normal(size=(7, 4)), generator.normal(size=(3, 4))
    labels = [0, 1, 2, 0, 1, 2, 1]
    p = generator.uniform(0.1, 1, size=(3, 3))
    p /= p.sum(axis=1, keepdims=True)
    out = []
    for q, row in zip(queries, p):
        d = np.linalg.norm(features - q, axis=1)
        near = np.argsort(d)[:3]
        weight = np.exp(-d[near] / 4)
        own = np.zeros(3)
        for i, w in zip(near, weight / weight.sum()):
            own[labels[i]] += w
        out.append(0.6 * own + 0.4 * row)
    return {
        "features": features.tolist(),
        "labels": labels,
        "queries": queries.tolist(),
        "probabilities": p.tolist(),
        "expected": np.array(out).tolist(),
    }


def rows(value):
    return np.asarray(value).tolist()


print(
    json.dumps(
        {
            "A": rows(A),
            "b": rows(B),
            "sizes": SIZES,
            "labels": LABELS,
            "start": rows(START),
            "rate": RATE,
            "rounds": ROUNDS,
            "steps": STEPS,
            "global": {name: rows(x) for name, x in {**averages(), "scaffold": scaffold()}.items()},
            "local": rows([train(i, START, steps=ROUNDS * STEPS) for i in range(N)]),
            "ditto": rows(ditto()),
            "oracle": rows(clusters_of_oracle()),
            "ifcaModel": ifca("model"),
            "ifcaGradient": ifca("gradient"),
            "federatedClustering": rows(federated_clustering(0.0, 1)),
            "federatedClusteringHeavyBall": rows(federated_clustering(0.9, 1)),
            "federatedClusteringLocalSteps": rows(federated_clustering(0.0, STEPS)),
            "momentumClustering": [rows(momentum_clustering(first)) for first in range(N)],
            "momentumClusteringFrozen": [rows(momentum_clustering(first, 3)) for first in range(N)],
            "myopic": rows(myopic()),
            "clusteredFl": clustered_fl(),
            "neighbours": neighbours(),
        },
        indent=1,
    )
)
