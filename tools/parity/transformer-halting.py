"""Writes golden logits, losses and gradients of tiny decoders that halt, for packages/transformer.

    python tools/parity/transformer-halting.py

Needs torch and safetensors (made with 2.13.0, 0.8.0). Rewrites packages/transformer/src/fixtures/halting-*.safetensors: as
the files of transformer-decoder.py, whose module this one extends, with the loss of training.

Everything is computed densely here: each repeat works on all tokens, and masks say whose results and whose keys
count. The package computes active tokens alone. Top-k choices come from sorting.
"""

import importlib.util
import math
from pathlib import Path

import torch

spec = importlib.util.spec_from_file_location("decoder", Path(__file__).with_name("transformer-decoder.py"))
base = importlib.util.module_from_spec(spec)
spec.loader.exec_module(base)
WIDTH, HEADS = base.WIDTH, base.HEADS


class Halting(base.Looped):
    def block(self, i, x, cache, context=None, alive=None):
        """`context`: what keys are made of; `alive` [B, T]: whose keys later queries see, besides the causal rule."""
        batch, time, _ = x.shape
        name = f"blocks.{i}"
        y = self.norm(f"{name}.attention_norm", x)
        z = y if context is None else self.norm(f"{name}.attention_norm", context)
        heads = lambda part, source: self.project(f"{name}.attention.{part}", source).view(batch, time, HEADS, -1).transpose(1, 2)
        q, k, v = self.rotate(heads("query", y)), self.rotate(heads("key", z)), heads("value", z)
        alive = torch.ones(batch, time, dtype=torch.bool) if alive is None else alive
        cache.append((k, v, alive))
        causal = torch.ones(time, time, dtype=torch.bool).tril()
        mask = torch.cat([causal[None] & own[:, None, :] for _, _, own in cache], 2)[:, None]
        scores = q @ torch.cat([k for k, _, _ in cache], 2).transpose(-1, -2) / math.sqrt(WIDTH // HEADS)
        weights = torch.softmax(scores.masked_fill(~mask, -1e30), -1)
        mixed = weights @ torch.cat([v for _, v, _ in cache], 2)
        x = x + self.project(f"{name}.attention.output", mixed.transpose(1, 2).reshape(batch, time, -1))
        up = self.project(f"{name}.feed_forward.up", self.norm(f"{name}.feed_forward_norm", x))
        return x + self.project(f"{name}.feed_forward.down", up * 0.5 * (1 + torch.erf(up / math.sqrt(2))))

    def enter(self, x, repeat):
        left = self.stack["repeats"] - repeat
        return x + left * self.p["depth_embedding.weight"][0] if self.stack["depthEmbedding"] == "linear" else x

    def leave(self, x):
        return self.norm("repeat_norm", x) if self.stack["repeatNorm"] else x

    def middle(self, x, caches, **how):
        for i in range(self.stack["layers"]):
            x = self.block(self.stack["begin"] + i, x, caches[i] if caches else [], **how)
        return x

    def ends(self, x, which):
        first, count = (0, self.stack["begin"]) if which == "begin" else (self.stack["begin"] + self.stack["layers"], self.stack["end"])
        for i in range(count):
            x = self.block(first + i, x, [])
        return x

    def head(self, x):
        return self.norm("final_norm", x) @ self.p["embedding.weight"].T

    def mixture(self, x):
        time, stack = x.shape[1], self.stack
        shared = stack["kind"] == "cotformer"
        caches = [[] for _ in range(stack["layers"])]
        active, weight = torch.ones(x.shape[:2], dtype=torch.bool), None
        for repeat in range(1, stack["repeats"] + 1):
            before, here = x, active[..., None]
            x = self.enter(x, repeat)
            for i in range(stack["layers"]):
                after = self.block(stack["begin"] + i, x, caches[i] if shared else [], alive=active if shared else None)
                x = after if shared else torch.where(here, after, before)
            x = self.leave(x)
            x = x if weight is None else (1 - weight) * before + weight * x
            x = torch.where(here, x, before)
            if repeat == stack["repeats"]:
                return x
            scores = x @ self.p[f"routers.{repeat}.weight"][0]
            count = math.floor(stack["capacities"][repeat - 1] * time + 1e-9)
            order = scores.masked_fill(~active, -torch.inf).sort(descending=True, stable=True).indices[:, :count]
            active = torch.zeros_like(active).scatter(1, order, True)
            weight = torch.sigmoid(scores)[..., None]

    def stick_breaking(self, x):
        repeats, threshold = self.stack["repeats"], 0.999
        halted, left, log_left, depth = torch.zeros_like(x), torch.ones(x.shape[:2]).double(), 0.0, 0.0
        for repeat in range(1, repeats + 1):
            before, active = x, left >= 1 - threshold
            x = self.enter(x, repeat)
            for i in range(self.stack["layers"]):
                x = self.block(self.stack["begin"] + i, x, [], context=halted + left[..., None] * x)
            x = torch.where(active[..., None], self.leave(x), before)
            if repeat == repeats:
                return halted + left[..., None] * x, (depth + repeats * left).mean()
            hidden = self.project("halting.hidden", x)
            gate = self.project("halting.output", hidden * 0.5 * (1 + torch.erf(hidden / math.sqrt(2))))
            log_left = log_left + torch.log_softmax(gate, -1)[..., 0]
            following = torch.where(log_left.exp() >= 1 - threshold, log_left.exp(), 0.0)
            halted = halted + (left - following)[..., None] * x
            depth, left = depth + repeat * (left - following), following

    def ponder(self, x, targets):
        repeats, shared = self.stack["repeats"], self.stack["kind"] == "cotformer"
        caches = [[] for _ in range(self.stack["layers"])] if shared else None
        left, logits, probabilities = torch.ones(x.shape[:2]).double(), [], []
        for repeat in range(1, repeats + 1):
            x = self.leave(self.middle(self.enter(x, repeat), caches))
            y = self.ends(x, "end")
            logits.append(self.head(y))
            stop = torch.sigmoid(self.project(f"halting.{repeat}", y)[..., 0]) if repeat < repeats else torch.ones_like(left)
            probabilities.append(left * stop)
            left = left * (1 - stop)
        p = torch.stack(probabilities)
        prior = torch.tensor([0.4 * 0.6**i for i in range(repeats - 1)] + [0.6 ** (repeats - 1)]).double()[:, None, None]
        errors = torch.stack([-torch.log_softmax(own, -1).gather(-1, targets[..., None])[..., 0] for own in logits])
        loss = (p * errors).sum(0).mean() + 0.2 * (p * torch.log((p + 1e-9) / prior)).sum(0).mean()
        passed = torch.cumsum(p, 0) - p  # halted before each repeat
        chosen = logits[0]
        for before, own in zip(passed[1:], logits[1:]):
            chosen = torch.where((before <= 0.5)[..., None], own, chosen)
        return chosen, loss

    def run(self, tokens, targets):
        """Logits as evaluated, and the loss of training."""
        x = self.p["embedding.weight"][tokens]
        pauses = self.options.get("pauseTokens", 0)
        if pauses:
            batch, time = tokens.shape
            own = self.p["pause_embedding.weight"].expand(batch, time, pauses, WIDTH)
            x = torch.cat([x[:, :, None], own], 2).flatten(1, 2)
        x = self.ends(x, "begin")
        halting, penalty = self.stack.get("halting", "none"), 0.0
        if halting == "ponder-net":
            return self.ponder(x, targets)
        if halting == "mixture-of-repeats":
            x = self.mixture(x)
        elif halting == "stick-breaking":
            x, depth = self.stick_breaking(x)
            penalty = 0.03 * depth
        else:
            x = self.middle(x, None)
        x = self.ends(x, "end")
        logits = self.head(x[:, pauses :: pauses + 1])
        return logits, -torch.log_softmax(logits, -1).gather(-1, targets[..., None]).mean() + penalty


def shapes_of(options):
    shapes, stack = base.looped_shapes(options), options["stack"]
    if options.get("pauseTokens"):
        shapes["pause_embedding.weight"] = (options["pauseTokens"], WIDTH)
    if stack.get("halting") == "stick-breaking":
        shapes |= {"halting.hidden.weight": (WIDTH, WIDTH), "halting.hidden.bias": (WIDTH,), "halting.output.weight": (2, WIDTH)}
    for repeat in range(1, stack.get("repeats", 1)):
        if stack.get("halting") == "mixture-of-repeats":
            shapes[f"routers.{repeat}.weight"] = (1, WIDTH)
        if stack.get("halting") == "ponder-net":
            shapes |= {f"halting.{repeat}.weight": (1, WIDTH), f"halting.{repeat}.bias": (1,)}
    return shapes


def write(name, stack, **others):
    options = {**base.common, **others, "stack": stack}
    params = {key: base.random_value(key, shape).requires_grad_() for key, shape in shapes_of(options).items()}
    tokens, targets = base.random_batch()
    logits, loss = Halting(options, params).run(tokens, targets)
    grads = dict(zip(params, torch.autograd.grad(loss, list(params.values()))))
    base.write(name, "tools/parity/transformer-halting.py", options, params, tokens, targets, logits, loss, grads)
    written = base.fixtures / f"decoder-{name}.safetensors"
    written.rename(base.fixtures / f"halting-{name}.safetensors")


def main():
    torch.manual_seed(20251125)
    torch.set_num_threads(1)
    loop = {"begin": 1, "layers": 2, "end": 1, "repeats": 3, "repeatNorm": True, "depthEmbedding": "linear"}
    routed = {**loop, "halting": "mixture-of-repeats", "capacities": [0.67, 0.34]}
    write("mixture-of-repeats", {"kind": "cotformer", **routed})
    write("adaptive-block-universal", {"kind": "block-universal", **routed})
    write("stick-breaking", {"kind": "block-universal", **loop, "halting": "stick-breaking"})
    write("ponder-net", {"kind": "block-universal", **loop, "halting": "ponder-net"})
    write("ponder-net-cotformer", {"kind": "cotformer", **loop, "halting": "ponder-net"})
    write("pause-tokens", {"layers": 2}, pauseTokens=2)


if __name__ == "__main__":
    main()
