"""Golden values of packages/multimodal, by an independent implementation in PyTorch and scikit-learn.

    python tools/parity/multimodal-golden.py

writes packages/multimodal/src/fixtures/golden.json: MultiModN's outputs, losses and gradients in every mode, losses of
all kinds of tasks, encoders of sequences and images, parallel fusion, metrics.
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from sklearn import metrics

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
out = pathlib.Path(__file__).parents[2] / "packages/multimodal/src/fixtures/golden.json"


def listed(x):
    return {"shape": list(x.shape), "values": [round(v, 9) for v in x.detach().reshape(-1).tolist()]}


# --- the sequential model --------------------------------------------------------------------------------------------

S, B = 4, 5
widths = {"a": 3, "b": 2, "c": 2}


def new_parameters():
    p = {"initial.state": torch.randn(S)}
    for name, width in widths.items():
        p[f"encoders.{name}.layers.0.weight"] = torch.randn(6, width + S) * 0.4
        p[f"encoders.{name}.layers.0.bias"] = torch.randn(6) * 0.1
        p[f"encoders.{name}.layers.1.weight"] = torch.randn(S, 6) * 0.4
        p[f"encoders.{name}.layers.1.bias"] = torch.randn(S) * 0.1
    return p


def encode(p, name, state, x):
    hidden = torch.relu(F.linear(torch.cat([x, state], 1), p[f"encoders.{name}.layers.0.weight"], p[f"encoders.{name}.layers.0.bias"]))
    return F.linear(hidden, p[f"encoders.{name}.layers.1.weight"], p[f"encoders.{name}.layers.1.bias"])


inputs = {name: torch.randn(B, width) for name, width in widths.items()}
present = {"a": torch.tensor([1, 1, 1, 1, 1.0]), "b": torch.tensor([1, 0, 1, 0, 1.0]), "c": torch.zeros(B)}
sick = torch.tensor([1, 0, 0, 1, 1])
sick_known = torch.tensor([1, 1, 1, 0, 1.0])
grade = torch.tensor([2, 0, 1, 1, 2])
sick_weights = torch.tensor([0.5, 2.0, 1.0, 1.0, 1.5])


def run(mode):
    """Sums over samples one at a time: no masks, only ifs, so that it has nothing in common with a masked batch."""
    p = {k: v.clone().requires_grad_() for k, v in parameters[mode["head"]].items()}
    order = mode["order"]
    whole = {n: bool((present[n] == 1).all()) for n in widths}
    has = {n: [whole[n] if mode["skip"] == "batch" else bool(present[n][b]) for b in range(B)] for n in widths}
    states = [p["initial.state"][None] for _ in range(B)]
    rows = [[(states[b], None) for b in range(B)]]
    for name in order:
        row = []
        for b in range(B):
            if has[name][b]:
                c = encode(p, name, states[b], inputs[name][b : b + 1])
                new = states[b] + c if mode["update"] == "residual" else c
                row.append((new, ((new - states[b]) ** 2).mean()))
                states[b] = new
            else:
                row.append((states[b], None))
        rows.append(row)

    def sick_loss(s, b):
        z = F.linear(s, p["decoders.sick.layers.0.weight"], p["decoders.sick.layers.0.bias"])
        if mode["head"] == "reference":
            return F.cross_entropy(torch.sigmoid(z), sick[b : b + 1])
        return F.binary_cross_entropy_with_logits(z[:, 0], sick[b : b + 1].double())

    def grade_loss(s, b):
        z = F.linear(s, p["decoders.grade.layers.0.weight"], p["decoders.grade.layers.0.bias"])
        return F.cross_entropy(z, grade[b : b + 1])

    total = 0
    for loss, known, weights in ((sick_loss, sick_known, sick_weights), (grade_loss, torch.ones(B), torch.ones(B))):
        task, used = 0, 0
        for at, row in enumerate(rows):
            who = [b for b in range(B) if known[b] == 1 and (at == 0 or has[order[at - 1]][b])]
            if who:
                used += 1
                task = task + sum((weights[b] if mode["weighted"] else 1) * loss(row[b][0], b) for b in who) / len(who)
        task = task / (used if mode["denominator"] == "rows" else len(widths) + 1)
        total = total + task
    total = 0.7 * total / 2
    change = sum(c for row in rows[1:] for _, c in row if c is not None)
    if not isinstance(change, int):
        total = total + 0.01 * 0.3 * change / B / len(order)
    total.backward()
    outputs = torch.stack(
        [
            torch.cat([F.linear(row[b][0], p["decoders.grade.layers.0.weight"], p["decoders.grade.layers.0.bias"]) for b in range(B)])
            for row in rows
        ]
    )
    gradients = {k: listed(v.grad if v.grad is not None else torch.zeros_like(v)) for k, v in p.items()}
    return {**mode, "loss": total.item(), "grade": listed(outputs), "gradients": gradients}


parameters = {}
for head, width in (("logit", 1), ("reference", 2)):
    p = new_parameters()
    p["decoders.sick.layers.0.weight"], p["decoders.sick.layers.0.bias"] = torch.randn(width, S) * 0.5, torch.randn(width) * 0.1
    p["decoders.grade.layers.0.weight"], p["decoders.grade.layers.0.bias"] = torch.randn(3, S) * 0.5, torch.randn(3) * 0.1
    parameters[head] = p

base = {"skip": "sample", "update": "overwrite", "denominator": "rows", "head": "logit", "order": ["a", "b", "c"], "weighted": False}
modes = [
    base,
    {**base, "update": "residual"},
    {**base, "skip": "batch"},
    {**base, "denominator": "reference"},
    {**base, "order": ["b", "c", "a"]},
    {**base, "weighted": True},
    {**base, "skip": "batch", "denominator": "reference", "head": "reference"},
]
golden = {
    "sequential": {
        "inputs": {k: listed(v) for k, v in inputs.items()},
        "present": {k: v.tolist() for k, v in present.items()},
        "sick": sick.tolist(),
        "sickKnown": sick_known.tolist(),
        "sickWeights": sick_weights.tolist(),
        "grade": grade.tolist(),
        "parameters": {head: {k: listed(v) for k, v in p.items()} for head, p in parameters.items()},
        "runs": [run(mode) for mode in modes],
    }
}

# --- losses of tasks -------------------------------------------------------------------------------------------------

z = torch.randn(6, 4)
moments, events = torch.tensor([0, 1, 3, 4, 2, 4]), torch.tensor([1, 0, 1, 0, 1, 0])
survival = []
for b in range(6):
    h = torch.sigmoid(z[b])
    likelihood = torch.prod(1 - h[: moments[b]]) * (h[moments[b]] if events[b] == 1 else 1)
    survival.append(-torch.log(likelihood).item())
labels = torch.randint(0, 2, (6, 4)).double()
y = torch.randn(6)
normal = torch.distributions.Normal(z[:, 0], torch.exp(z[:, 1] / 2))
golden["losses"] = {
    "outputs": listed(z),
    "survival": {"moments": moments.tolist(), "events": events.tolist(), "losses": survival,
                 "alive": torch.cumprod(1 - torch.sigmoid(z), 1)[0].tolist()},
    "multiLabel": {"labels": listed(labels), "losses": listed(F.binary_cross_entropy_with_logits(z, labels, reduction="none"))},
    "regression": {"targets": y.tolist(), "losses": (-normal.log_prob(y) - 0.5 * np.log(2 * np.pi)).tolist(),
                   "fixed": (0.5 * (z[:, 0] - y) ** 2).tolist(), "deviation": torch.exp(z[:, 1] / 2).tolist()},
}

# --- encoders --------------------------------------------------------------------------------------------------------


def module_case(params, x, state, result):
    return {"params": {k: listed(v) for k, v in params.items()}, "input": listed(x), "state": listed(state), "output": listed(result)}


state = torch.randn(2, S)
cases = {}
x = torch.randn(2, 5, 3)
for cell, module in (("gru", torch.nn.GRU), ("lstm", torch.nn.LSTM)):
    net = module(3, 6, num_layers=2, bidirectional=True, batch_first=True)
    head = torch.nn.Linear(12 + S, S)
    states = net(x)[1]
    last = (states[0] if cell == "lstm" else states)[-2:]
    params = {f"cell.{k}": v for k, v in net.state_dict().items()}
    params |= {"head.weight": head.weight, "head.bias": head.bias}
    cases[cell] = module_case(params, x, state, head(torch.cat([last[0], last[1], state], 1)))

image = torch.randn(2, 1, 8, 6)
conv = torch.nn.Conv2d(1, 3, 3, padding=1)
hidden, head = torch.nn.Linear(3 * 4 * 3, 5), torch.nn.Linear(5 + S, S)
maps = F.max_pool2d(torch.relu(conv(image)), 2).permute(0, 2, 3, 1).reshape(2, -1)  # channels last
cases["image"] = module_case(
    {
        "filters.0.weight": conv.weight.permute(2, 3, 1, 0), "filters.0.bias": conv.bias,
        "hidden.weight": hidden.weight, "hidden.bias": hidden.bias, "head.weight": head.weight, "head.bias": head.bias,
    },
    image.permute(0, 2, 3, 1), state, head(torch.cat([torch.relu(hidden(maps)), state], 1)),
)

conv = torch.nn.Conv1d(3, 4, 3, padding=1)
head = torch.nn.Linear(8 + S, S)
maps = torch.relu(conv(x.permute(0, 2, 1)))
cases["series"] = module_case(
    {"filters.0.weight": conv.weight.permute(2, 1, 0), "filters.0.bias": conv.bias, "head.weight": head.weight, "head.bias": head.bias},
    x, state, head(torch.cat([maps.mean(2), maps.amax(2), state], 1)),
)

W, T, H = 8, 5, 2
block = torch.nn.TransformerEncoderLayer(W, H, 4 * W, dropout=0, activation=F.gelu, norm_first=True, batch_first=True)
entry, norm, head, positions = torch.nn.Linear(3, W), torch.nn.LayerNorm(W), torch.nn.Linear(W + S, S), torch.randn(T, W) * 0.1
with torch.no_grad():
    for module in (block.norm1, block.norm2, norm):
        module.weight.add_(torch.randn(W) * 0.1)
        module.bias.add_(torch.randn(W) * 0.1)
attended = norm(block(entry(x) + positions)).mean(1)
cases["transformer"] = module_case(
    {
        "input.weight": entry.weight, "input.bias": entry.bias, "positions": positions,
        "blocks.0.norm1.gain": block.norm1.weight, "blocks.0.norm1.bias": block.norm1.bias,
        "blocks.0.norm2.gain": block.norm2.weight, "blocks.0.norm2.bias": block.norm2.bias,
        "blocks.0.qkv.weight": block.self_attn.in_proj_weight, "blocks.0.qkv.bias": block.self_attn.in_proj_bias,
        "blocks.0.projection.weight": block.self_attn.out_proj.weight, "blocks.0.projection.bias": block.self_attn.out_proj.bias,
        "blocks.0.up.weight": block.linear1.weight, "blocks.0.up.bias": block.linear1.bias,
        "blocks.0.down.weight": block.linear2.weight, "blocks.0.down.bias": block.linear2.bias,
        "norm.gain": norm.weight, "norm.bias": norm.bias, "head.weight": head.weight, "head.bias": head.bias,
    },
    x, state, head(torch.cat([attended, state], 1)),
)
golden["encoders"] = cases

# --- metrics ---------------------------------------------------------------------------------------------------------

rng = np.random.default_rng(3)
n = 80
labels = rng.integers(0, 2, n)
scores = np.round(labels + rng.normal(0, 1.2, n), 1)  # with ties
p = 1 / (1 + np.exp(-scores))
classes = rng.integers(0, 3, n)
logits = rng.normal(0, 1, (n, 3)) + 1.2 * np.eye(3)[classes]
q = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
golden["metrics"] = {
    "scores": scores.tolist(),
    "labels": labels.tolist(),
    "binary": {
        "auroc": metrics.roc_auc_score(labels, scores),
        "averagePrecision": metrics.average_precision_score(labels, scores),
        "accuracy": metrics.accuracy_score(labels, p >= 0.5),
        "balancedAccuracy": metrics.balanced_accuracy_score(labels, p >= 0.5),
        "f1": metrics.f1_score(labels, p >= 0.5, average="macro"),
        "sensitivity": metrics.recall_score(labels, p >= 0.5),
        "specificity": metrics.recall_score(1 - labels, p < 0.5),
        "brier": metrics.brier_score_loss(labels, p),
        "logLoss": metrics.log_loss(labels, p),
    },
    "logits": logits.tolist(),
    "classes": classes.tolist(),
    "multiClass": {
        "auroc": metrics.roc_auc_score(classes, q, multi_class="ovr", average="macro"),
        "accuracy": metrics.accuracy_score(classes, q.argmax(1)),
        "balancedAccuracy": metrics.balanced_accuracy_score(classes, q.argmax(1)),
        "f1": metrics.f1_score(classes, q.argmax(1), average="macro"),
        "logLoss": metrics.log_loss(classes, q),
    },
    "regression": {
        "predicted": scores.tolist(),
        "actual": logits[:, 0].tolist(),
        "rmse": metrics.root_mean_squared_error(logits[:, 0], scores),
        "mae": metrics.mean_absolute_error(logits[:, 0], scores),
        "r2": metrics.r2_score(logits[:, 0], scores),
    },
}

out.parent.mkdir(exist_ok=True)
out.write_text(json.dumps(golden) + "\n")
print(out, out.stat().st_size, "bytes")
