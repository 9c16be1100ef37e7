"""Golden orders for the learning data orders of packages/curriculum, written from the papers with NumPy.

    python3 tools/parity/curriculum-orders.py packages/curriculum/src/fixtures/golden-orders.json

Each case starts from the order 0, 1, 2, ... and is shown the gradients of every epoch, which are part of the file. All
arithmetic is float64 over whole arrays; a case where some decision is closer than float32 can tell is refused.
"""

import json
import sys

import numpy as np

random = np.random.default_rng(20260517)
closest = [np.inf]


def decide(running, vector):
    """+1 where adding makes the running sum no longer than subtracting."""
    plus = np.linalg.norm(running + vector)
    minus = np.linalg.norm(running - vector)
    if running.any():
        closest[0] = min(closest[0], abs(plus - minus) / (plus + minus))
    return 1 if plus <= minus else -1


def mean_balance(epochs):
    n, d = epochs[0].shape
    order, stale, orders = list(range(n)), np.zeros(d), []
    for table in epochs:
        running, front, back = np.zeros(d), [], []
        for i in order:
            centred = table[i] - stale
            sign = decide(running, centred)
            running = running + sign * centred
            (front if sign > 0 else back).append(i)
        stale = table.mean(axis=0)
        order = front + back[::-1]
        orders.append(order)
    return orders


def pair_balance(epochs):
    n, d = epochs[0].shape
    order, orders = list(range(n)), []
    for table in epochs:
        running, front, back = np.zeros(d), [], []
        for a, b in zip(order[0::2], order[1::2]):
            difference = table[a] - table[b]
            sign = decide(running, difference)
            running = running + sign * difference
            front.append(a if sign > 0 else b)
            back.append(b if sign > 0 else a)
        middle = [order[-1]] if n % 2 else []
        order = front + middle + back[::-1]
        orders.append(order)
    return orders


def split(arrivals, table):
    """One level: the whole row of arrivals at a node, split into what goes left and right."""
    running, left, right = np.zeros(table.shape[1]), [], []
    for a, b in zip(arrivals[0::2], arrivals[1::2]):
        difference = table[a] - table[b]
        sign = decide(running, difference)
        running = running + sign * difference
        left.append(a if sign > 0 else b)
        right.append(b if sign > 0 else a)
    if len(arrivals) % 2:
        left.append(arrivals[-1])
    return left, right


def recursive(arrivals, table, depth, is_right):
    if depth == 0:
        return arrivals[::-1] if is_right else arrivals
    left, right = split(arrivals, table)
    return recursive(left, table, depth - 1, False) + recursive(right, table, depth - 1, True)


def recursive_balance(epochs, depth):
    order, orders = list(range(len(epochs[0]))), []
    for table in epochs:
        order = recursive(order, table, depth, False)
        orders.append(order)
    return orders


def greedy_herding(epochs):
    orders = []
    for table in epochs:
        centred = table - table.mean(axis=0)
        remaining, running, order = list(range(len(table))), np.zeros(table.shape[1]), []
        while remaining:
            norms = np.linalg.norm(running + centred[remaining], axis=1)
            two = np.sort(norms)[:2]
            if len(two) == 2:
                closest[0] = min(closest[0], (two[1] - two[0]) / two[1])
            pick = remaining.pop(int(np.argmin(norms)))
            running = running + centred[pick]
            order.append(pick)
        orders.append(order)
    return orders


def case(name, n, d, run, epochs=4, **options):
    base = random.normal(size=(n, d))
    tables = [np.round(base + 0.3 * random.normal(size=(n, d)) + 0.5, 3) for _ in range(epochs)]
    closest[0] = np.inf
    orders = run(tables)
    if closest[0] < 1e-5:
        raise SystemExit(f"{name}, n = {n}: a decision is too close to call ({closest[0]})")
    return {
        "order": name,
        "size": n,
        "dimension": d,
        "options": options,
        "gradients": [table.ravel().tolist() for table in tables],
        "orders": orders,
    }


cases = [
    case("mean-balance", 12, 3, mean_balance),
    case("mean-balance", 25, 6, mean_balance),
    case("pair-balance", 12, 3, pair_balance),
    case("pair-balance", 25, 6, pair_balance),
    case("recursive-balance", 16, 3, lambda e: recursive_balance(e, 2), depth=2),
    case("recursive-balance", 32, 5, lambda e: recursive_balance(e, 3), depth=3),
    case("recursive-balance", 27, 4, lambda e: recursive_balance(e, 3), depth=3),
    case("greedy-herding", 12, 3, greedy_herding),
    case("greedy-herding", 25, 6, greedy_herding),
]

with open(sys.argv[1], "w") as file:
    json.dump({"numpy": np.__version__, "cases": cases}, file)
    file.write("\n")
