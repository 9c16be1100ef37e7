"""Writes packages/tensor-core/src/optimizers/fixtures/{trajectories,schedules}.json with torch.optim.

Each trajectory minimises a fixed non-convex function of a matrix and a vector (see `objective`); the gradients that
PyTorch computed are stored with the parameters, so that the TypeScript test replays the optimizer alone.

Run: python tools/parity/tensor-core/optimizers.py
"""

import json
import pathlib

import torch

OUT = pathlib.Path(__file__).parents[3] / "packages/tensor-core/src/optimizers/fixtures"
STEPS = 25


def one_cycle(optimizer, peak, **options):
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=peak, total_steps=STEPS, cycle_momentum=False, **options)


def decay_matrices(build):
    return lambda weight, bias: build([{"params": [weight]}, {"params": [bias], "weight_decay": 0.0}])


CASES = {
    "sgd": (lambda w, b: torch.optim.SGD([w, b], lr=0.05), {}),
    "sgd-momentum-decay": (lambda w, b: torch.optim.SGD([w, b], lr=0.05, momentum=0.9, weight_decay=0.01), {}),
    "sgd-nesterov": (lambda w, b: torch.optim.SGD([w, b], lr=0.05, momentum=0.8, nesterov=True), {}),
    "adam": (lambda w, b: torch.optim.Adam([w, b], lr=0.03), {}),
    "adam-l2": (lambda w, b: torch.optim.Adam([w, b], lr=0.03, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1), {}),
    "adamw-all": (lambda w, b: torch.optim.AdamW([w, b], lr=0.03, weight_decay=0.1), {}),
    "adamw-matrices": (decay_matrices(lambda groups: torch.optim.AdamW(groups, lr=0.03, weight_decay=0.3)), {}),
    "adamw-clip-norm": (lambda w, b: torch.optim.AdamW([w, b], lr=0.03, weight_decay=0.0), {"clip_norm": 0.5}),
    "sgd-clip-value": (lambda w, b: torch.optim.SGD([w, b], lr=0.1), {"clip_value": 0.2}),
    "adamw-one-cycle": (lambda w, b: torch.optim.AdamW([w, b], lr=0.03, betas=(0.9, 0.95), weight_decay=0.0), {"one_cycle": 0.1}),
}


def objective(weight, bias, step):
    target = torch.sin(torch.arange(6, dtype=torch.float32).reshape(3, 2) + 0.3 * step)
    return ((weight - target) ** 2).sum() * 0.5 + (bias**4).sum() * 0.25 - torch.cos(weight @ bias).sum() * 2


def short(tensor):
    """Nine digits, which name a float32 exactly."""
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def trajectory(build, clip_norm=None, clip_value=None, one_cycle_peak=None):
    weight = torch.linspace(-1, 1, 6).reshape(3, 2).requires_grad_()
    bias = torch.tensor([0.5, -0.25]).requires_grad_()
    optimizer = build(weight, bias)
    schedule = one_cycle(optimizer, one_cycle_peak, pct_start=0.2) if one_cycle_peak else None
    steps = []
    for step in range(STEPS):
        optimizer.zero_grad()
        objective(weight, bias, step).backward()
        entry = {"weightGradient": short(weight.grad), "biasGradient": short(bias.grad)}
        if clip_norm:
            torch.nn.utils.clip_grad_norm_([weight, bias], clip_norm)
        if clip_value:
            torch.nn.utils.clip_grad_value_([weight, bias], clip_value)
        optimizer.step()
        if schedule and step < STEPS - 1:
            schedule.step()
        steps.append(entry | {"weight": short(weight), "bias": short(bias)})
    return steps


def schedules():
    cases = []
    for options in (
        {"max_lr": 0.1, "total_steps": 10},
        {"max_lr": 2e-3, "total_steps": 137, "pct_start": 0.2, "div_factor": 100.0, "final_div_factor": 0.05},
        {"max_lr": 1.0, "total_steps": 3, "pct_start": 0.25},
        {"max_lr": 1e-3, "total_steps": 50, "pct_start": 0.5, "anneal_strategy": "linear"},
        {"max_lr": 1e-3, "total_steps": 40, "pct_start": 1.0, "div_factor": 10.0},
        {"max_lr": 1e-3, "total_steps": 7, "pct_start": 0.0},
    ):
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, cycle_momentum=False, **options)
        rates = []
        for step in range(options["total_steps"]):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if step < options["total_steps"] - 1:
                schedule.step()
        cases.append({"options": options, "rates": rates})
    return cases


source = f"tools/parity/tensor-core/optimizers.py, torch {torch.__version__}"
trajectories = {}
for name, (build, extra) in CASES.items():
    trajectories[name] = trajectory(build, extra.get("clip_norm"), extra.get("clip_value"), extra.get("one_cycle"))
OUT.mkdir(exist_ok=True)
(OUT / "trajectories.json").write_text(json.dumps({"source": source, "trajectories": trajectories}, separators=(",", ":")) + "\n")
(OUT / "schedules.json").write_text(json.dumps({"source": source, "oneCycle": schedules()}, separators=(",", ":")) + "\n")
