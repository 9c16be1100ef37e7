"""Golden values of mode connectivity, in numpy and scipy from the definitions.

    python tools/parity/mode-connectivity.py > packages/fed-opt/src/fixtures/connectivity.json

Independent of the TypeScript: every mix is a plain dictionary that is built and run by itself, in double precision.
"""

import json

import numpy as np
from scipy.optimize import linear_sum_assignment

generator = np.random.default_rng(20230713)
f32 = lambda x: np.asarray(x, dtype=np.float32).astype(np.float64)  # values that both sides can hold

sizes = [5, 7, 6, 6, 3]
layers = ["hidden.0", "hidden.1", "hidden.2", "out"]


def model():
    out = {}
    for i, name in enumerate(layers):
        out[f"{name}.weight"] = f32(generator.normal(size=(sizes[i + 1], sizes[i])) * np.sqrt(2 / sizes[i]))
        out[f"{name}.bias"] = f32(generator.normal(size=sizes[i + 1]) * 0.3)
    return out


def logits(params, x):
    for name in layers:
        x = x @ params[f"{name}.weight"].T + params[f"{name}.bias"]
        if name != "out":
            x = np.maximum(x, 0)
    return x


def measures(params, x, y):
    z = logits(params, x)
    z = z - z.max(axis=1, keepdims=True)
    log_probabilities = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    loss = -log_probabilities[np.arange(len(y)), y].mean()
    return {"loss": float(loss), "error": float((z.argmax(axis=1) != y).mean())}


def moved(base, other, chosen, alpha):
    return {
        key: (1 - alpha) * base[key] + alpha * other[key] if key.rsplit(".", 1)[0] in chosen else base[key]
        for key in base
    }


def barrier_case():
    a, b = model(), model()
    x = f32(generator.normal(size=(40, sizes[0])))
    y = generator.integers(0, 3, size=40)
    ends = {"a": measures(a, x, y), "b": measures(b, x, y)}
    sets = {name: [name] for name in layers}
    sets["hidden.1…out"] = layers[1:]
    sets["full"] = layers
    entries = []
    for name, chosen in sets.items():
        for base, (start, other) in {"a": (a, b), "b": (b, a)}.items():
            swapped = measures(moved(start, other, chosen, 1.0), x, y)
            for alpha in [0.25, 0.5, 1.0]:
                found = measures(moved(start, other, chosen, alpha), x, y)
                values = {}
                for measure in ["loss", "error"]:
                    raw = found[measure]
                    values[measure] = {
                        "raw": raw,
                        "vsMean": raw - 0.5 * (ends["a"][measure] + ends["b"][measure]),
                        "vsBase": raw - ends[base][measure],
                        "vsSegmentEnds": raw - ((1 - alpha) * ends[base][measure] + alpha * swapped[measure]),
                    }
                entries.append({"set": name, "layers": chosen, "base": base, "alpha": alpha, "values": values})
    distances = []
    for name in layers:
        p = np.concatenate([a[k].ravel() for k in a if k.startswith(name + ".")])
        q = np.concatenate([b[k].ravel() for k in b if k.startswith(name + ".")])
        distances.append({"name": name, "distance": float(np.linalg.norm(p - q)), "cosine": float(p @ q / np.linalg.norm(p) / np.linalg.norm(q))})
    za, zb = logits(a, x), logits(b, x)
    soft = lambda z: np.exp(z - z.max(1, keepdims=True)) / np.exp(z - z.max(1, keepdims=True)).sum(1, keepdims=True)
    za = f32(za)
    zb = f32(za + 0.4 * generator.normal(size=zb.shape))
    ca, cb = za - za.mean(0), zb - zb.mean(0)
    # the other form of CKA, through Gram matrices of the examples
    ga, gb = ca @ ca.T, cb @ cb.T
    similarity = {
        "agreement": float((za.argmax(1) == zb.argmax(1)).mean()),
        "closeProbabilities": float((np.abs(soft(za) - soft(zb)) < 5e-2).mean()),
        "cka": float((ga * gb).sum() / np.linalg.norm(ga) / np.linalg.norm(gb)),
    }
    listed = lambda m: {k: {"shape": list(v.shape), "values": v.ravel().tolist()} for k, v in m.items()}
    return {
        "a": listed(a),
        "b": listed(b),
        "x": x.tolist(),
        "y": y.tolist(),
        "endpoints": ends,
        "entries": entries,
        "distances": distances,
        "logits": {"a": za.tolist(), "b": zb.tolist(), "tolerance": 5e-2, **similarity},
    }


def assignment_cases():
    cases = []
    for n in [1, 2, 3, 8, 25]:
        cost = generator.normal(size=(n, n))
        rows, columns = linear_sum_assignment(cost)
        cases.append({"cost": cost.tolist(), "columns": columns.tolist(), "total": float(cost[rows, columns].sum())})
    ties = generator.integers(0, 3, size=(9, 9)).astype(float)
    rows, columns = linear_sum_assignment(ties)
    cases.append({"cost": ties.tolist(), "columns": None, "total": float(ties[rows, columns].sum())})
    return cases


def matching_case():
    """Hidden units of a noisy copy renumbered; the best numbering is found by scipy, layer by layer, until nothing moves."""
    a = model()
    orders = {name: generator.permutation(sizes[i + 1]) for i, name in enumerate(layers[:-1])}
    b = {k: v + 0.05 * generator.normal(size=v.shape) for k, v in a.items()}
    for i, name in enumerate(layers[:-1]):
        order = orders[name]
        b[f"{name}.weight"] = b[f"{name}.weight"][order]
        b[f"{name}.bias"] = b[f"{name}.bias"][order]
        b[f"{layers[i + 1]}.weight"] = b[f"{layers[i + 1]}.weight"][:, order]
    b = {k: f32(v) for k, v in b.items()}
    found = {name: np.arange(sizes[i + 1]) for i, name in enumerate(layers[:-1])}
    for _ in range(50):
        changed = False
        for i, name in enumerate(layers[:-1]):
            before = found[layers[i - 1]] if i > 0 else np.arange(sizes[0])
            after = found[layers[i + 1]] if i + 2 < len(layers) else np.arange(sizes[-1])
            gain = a[f"{name}.weight"] @ b[f"{name}.weight"][:, before].T
            gain += np.outer(a[f"{name}.bias"], b[f"{name}.bias"])
            gain += a[f"{layers[i + 1]}.weight"].T @ b[f"{layers[i + 1]}.weight"][after]
            _, columns = linear_sum_assignment(gain, maximize=True)
            changed |= bool((columns != found[name]).any())
            found[name] = columns
        if not changed:
            break
    listed = lambda m: {k: {"shape": list(v.shape), "values": v.ravel().tolist()} for k, v in m.items()}
    inverse = {name: np.argsort(order).tolist() for name, order in orders.items()}
    assert all(found[name].tolist() == inverse[name] for name in orders), "scipy's descent finds the true numbering"
    return {"a": listed(a), "b": listed(b), "permutations": inverse}


def subspace_case():
    snapshots = f32(generator.normal(size=(6, 14)))
    snapshots[4] = snapshots[0]  # adds nothing
    probe = f32(generator.normal(size=14))
    u, s, _ = np.linalg.svd(snapshots.T, full_matrices=False)
    basis = u[:, s > 1e-6 * s[0]]
    return {
        "snapshots": snapshots.tolist(),
        "probe": probe.tolist(),
        "rank": int(basis.shape[1]),
        "share": float(np.sum((basis.T @ probe) ** 2) / (probe @ probe)),
    }


def statistics_case():
    batches = [f32(generator.normal(1.5, 2, size=(n, 4))) for n in [8, 5, 11]]
    together = np.concatenate(batches)
    return {
        "batches": [batch.tolist() for batch in batches],
        "mean": together.mean(0).tolist(),
        "variance": together.var(0, ddof=1).tolist(),
    }


print(
    json.dumps(
        {
            "barrier": barrier_case(),
            "assignment": assignment_cases(),
            "matching": matching_case(),
            "subspace": subspace_case(),
            "statistics": statistics_case(),
        }
    )
)
