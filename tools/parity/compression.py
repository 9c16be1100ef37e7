"""Golden values of compressors and of the Gaussian channel's accounts.

    python tools/parity/compression.py > packages/compression/src/fixtures/compression.json

PowerSGD comes out of PyTorch's own communication hook, in two gloo processes under DistributedDataParallel; LASER's half
step, the channel's powers and approximate message passing from plain numpy in float64, written from the papers' formulas.
"""

import json
import os
import sys
import tempfile

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.distributed.algorithms.ddp_comm_hooks import powerSGD_hook as hook
from torch.nn.parallel import DistributedDataParallel

SHAPES = {"first": (12, 10), "second": (12, 10), "third": (9, 16), "bias": (7,)}
RANK, STEPS, START = 2, 6, 2


def gradient(step, worker):
    generator = np.random.default_rng([step, worker])
    return {name: generator.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}


class Bag(torch.nn.Module):
    def __init__(self):
        super().__init__()
        for name, shape in SHAPES.items():
            self.register_parameter(name, torch.nn.Parameter(torch.zeros(shape)))

    def forward(self, gradients):
        return sum((p * torch.from_numpy(gradients[name])).sum() for name, p in self.named_parameters())


def worker(rank, folder):
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2)
    torch.set_num_threads(1)
    model = DistributedDataParallel(Bag())
    state = hook.PowerSGDState(None, matrix_approximation_rank=RANK, start_powerSGD_iter=START, min_compression_rate=0.5)
    model.register_comm_hook(state, hook.powerSGD_hook)
    # the factors that the hook draws at its first compressed step: all tensors in the bucket's order
    seed = np.random.RandomState(0).randint(1_000_000_000)
    order, received, starts = [], [], {}
    original = torch.randn

    def spy(*size, **kwargs):
        value = original(*size, **kwargs)
        if len(size) == 3:
            starts[len(starts)] = value.clone()
        return value

    hook.torch.randn = spy
    for step in range(STEPS):
        model.zero_grad()
        model(gradient(step, rank)).backward()
        received.append({name: p.grad.flatten().tolist() for name, p in model.module.named_parameters()})
    hook.torch.randn = original
    if rank == 0:
        order = [tuple(value.shape) for value in starts.values()]
        with open(f"{folder}/powersgd.json", "w") as file:
            json.dump(
                {
                    "rank": RANK,
                    "startAfter": START,
                    "seed": int(seed),
                    "factors": [{"shape": list(s), "values": v.flatten().tolist()} for s, v in zip(order, starts.values())],
                    "gradients": [
                        [{n: g.flatten().tolist() for n, g in gradient(step, k).items()} for k in range(2)]
                        for step in range(STEPS)
                    ],
                    "received": received,
                },
                file,
            )
    dist.barrier()
    sys.stdout.flush()
    os._exit(0)  # gloo's threads may abort an ordinary exit


def powersgd():
    with tempfile.TemporaryDirectory() as folder:
        mp.spawn(worker, args=(folder,), nprocs=2)
        with open(f"{folder}/powersgd.json") as file:
            return json.load(file)


def orthonormal(matrix):
    q, r = np.linalg.qr(matrix)
    return q * np.where(np.diag(r) < 0, -1, 1)


def laser():
    """Half-step LASER with local error feedback, three workers, no noise."""
    generator = np.random.default_rng(5)
    n, m, r, workers, steps = 9, 7, 2, 3, 6
    left, right = generator.normal(size=(n, r)), generator.normal(size=(m, r))
    start = {"left": left.flatten().tolist(), "right": right.flatten().tolist()}
    memory = np.zeros((workers, n, m))
    gradients, received, memories = [], [], []
    for t in range(steps):
        g = generator.normal(size=(workers, n, m)) + 0.5
        messages = g + memory
        if t % 2 == 0:
            basis = orthonormal(left)
            out = np.array([message.T @ basis for message in messages])
            mean = out.mean(axis=0)
            estimate = basis @ mean.T
            memory = messages - np.array([basis @ o.T for o in out])
            left, right = basis, mean
        else:
            basis = orthonormal(right)
            out = np.array([message @ basis for message in messages])
            mean = out.mean(axis=0)
            estimate = mean @ basis.T
            memory = messages - np.array([o @ basis.T for o in out])
            right, left = basis, mean
        gradients.append(g.flatten().tolist())
        received.append(estimate.flatten().tolist())
        memories.append(memory.flatten().tolist())
    shape = {"rows": n, "columns": m, "rank": r, "workers": workers}
    return {**shape, "start": start, "gradients": gradients, "received": received, "memories": memories}


def channel():
    """Powers, noise deviations and transmitted powers of three workers' three tensors."""
    generator = np.random.default_rng(6)
    workers, sizes, power = 3, [4, 12, 1], 7.0
    payloads = [[generator.normal(size=d) * scale for d, scale in zip(sizes, (1, 0.2, 5))] for _ in range(workers)]
    norms = np.array([[np.linalg.norm(u) for u in row] for row in payloads])
    result = {}
    for name, weight in {
        "norm": norms,
        "norm-squared": norms**2,
        "uniform": np.ones_like(norms),
        "size": np.ones_like(norms) * sizes,
        "size-squared": np.ones_like(norms) * np.square(sizes),
    }.items():
        share = weight / weight.sum(axis=1, keepdims=True)
        powers = power * share.mean(axis=0)
        loudest = norms.max(axis=0)
        deviation = loudest / (workers * np.sqrt(powers))
        used = (powers * (norms / loudest) ** 2).sum(axis=1)
        result[name] = {
            "expectedNoiseEnergy": float((np.array(sizes) * deviation**2).sum()),
            "transmittedPower": float(used.mean()),
            "peakTransmittedPower": float(used.max()),
        }
    return {
        "power": power,
        "sizes": sizes,
        "payloads": [np.concatenate([payloads[k][j] for k in range(workers)]).tolist() for j in range(3)],
        "reports": result,
    }


def amp():
    generator = np.random.default_rng(7)
    s, d, k, iterations, alpha = 60, 120, 9, 15, 1.4
    a = generator.normal(size=(s, d)) / np.sqrt(s)
    x = np.zeros(d)
    x[generator.choice(d, k, replace=False)] = generator.normal(size=k) * 3
    y = a @ x + 0.01 * generator.normal(size=s)
    estimate, residual = np.zeros(d), y.copy()
    for _ in range(iterations):
        v = estimate + a.T @ residual
        theta = alpha * np.linalg.norm(residual) / np.sqrt(s)
        estimate = np.sign(v) * np.maximum(np.abs(v) - theta, 0)
        residual = y - a @ estimate + residual * np.count_nonzero(estimate) / s
    return {
        "s": s, "d": d, "iterations": iterations, "threshold": alpha,
        "a": a.flatten().tolist(), "x": x.tolist(), "y": y.tolist(), "estimate": estimate.tolist(),
    }


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.8g}")
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    return value


if __name__ == "__main__":
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    json.dump(rounded({"powersgd": powersgd(), "laser": laser(), "channel": channel(), "amp": amp()}), sys.stdout)
    print()
