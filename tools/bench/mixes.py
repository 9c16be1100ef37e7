"""A loop over mixes of two perceptrons in PyTorch: tools/bench/src/mixes.ts starts it with the path of its request.

Prints {"seconds": S, "losses": [...]}: the second of two passes over all mixes is timed.
"""

import json
import sys
import time

import torch

request = json.load(open(sys.argv[1]))
torch.set_num_threads(request["threads"])
read = lambda part: torch.tensor(part["values"], dtype=torch.float32).reshape(part["shape"])
a = {name: read(part) for name, part in request["a"].items()}
b = {name: read(part) for name, part in request["b"].items()}
x = read(request["x"])
y = torch.tensor(request["y"])
layers = sorted({name.rsplit(".", 1)[0] for name in a}, key=lambda name: int(name.split(".")[1]))
modules = []
for i, name in enumerate(layers):
    out, inputs = a[f"{name}.weight"].shape
    modules.append(torch.nn.Linear(inputs, out))
    if i < len(layers) - 1:
        modules.append(torch.nn.ReLU())
net = torch.nn.Sequential(*modules)
keys = {name: str(2 * i) for i, name in enumerate(layers)}


def mixed(shares):
    state = {}
    for layer, share in zip(layers, shares):
        for part in ("weight", "bias"):
            p, q = a[f"{layer}.{part}"], b[f"{layer}.{part}"]
            state[f"{keys[layer]}.{part}"] = p if share == 0 else q if share == 1 else (1 - share) * p + share * q
    return state


def sweep():
    losses = []
    with torch.inference_mode():
        for shares in request["mixes"]:
            net.load_state_dict(mixed(shares))
            losses.append(torch.nn.functional.cross_entropy(net(x), y).item())
    return losses


sweep()
start = time.perf_counter()
losses = sweep()
print(json.dumps({"seconds": time.perf_counter() - start, "losses": losses}))
