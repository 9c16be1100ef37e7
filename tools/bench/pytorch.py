"""The peer of the benchmarks: PyTorch on the CPU.

Reads one JSON request a line: {"peer": {...}, "iterations": n} and answers {"seconds": s}; "memory" answers
{"peak": bytes}. Whatever a request needs is built once and kept. The first line printed tells the version.
"""

import json
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def matmul(m, k, n, transposeA, transposeB):
    a = torch.randn(k, m).t() if transposeA else torch.randn(m, k)
    b = torch.randn(n, k).t() if transposeB else torch.randn(k, n)
    return lambda: a @ b


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x):
        batch, time, width = x.shape
        q, k, v = (
            part.view(batch, time, self.heads, width // self.heads).transpose(1, 2)
            for part in self.qkv(self.norm1(x)).split(width, dim=2)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.projection(y.transpose(1, 2).reshape(batch, time, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self, layers, width, heads, time, vocabulary):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(time, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens, targets):
        x = self.embedding(tokens) + self.positions(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        logits = self.head(self.norm(x))
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1))


def gpt(layers, width, heads, time, batch, vocabulary):
    torch.manual_seed(0)
    model = GPT(layers, width, heads, time, vocabulary)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    tokens = torch.randint(0, vocabulary, (batch, time + 1))
    inputs, targets = tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()

    def step():
        loss = model(inputs, targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def mlp(inputs, hidden, outputs, batch):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.randn(batch, inputs)
    y = torch.randint(0, outputs, (batch,))

    def step():
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def add16():
    x = torch.randn(16)
    return lambda: x + x


def linear16():
    x, w = torch.randn(16), torch.randn(16, 16)
    return lambda: F.linear(x, w)


builders = {"matmul": matmul, "gpt": gpt, "mlp": mlp, "add16": add16, "linear16": linear16}
built = {}


def main():
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else torch.get_num_threads()
    torch.set_num_threads(threads)
    print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        peer = request["peer"]
        name = json.dumps(peer, sort_keys=True)
        gradient = peer["kind"] in ("gpt", "mlp")
        with torch.set_grad_enabled(gradient):
            if name not in built:
                built.clear()
                built[name] = builders[peer["kind"]](**{key: value for key, value in peer.items() if key != "kind"})
                built[name]()
            step = built[name]
            start = time.perf_counter()
            for _ in range(request["iterations"]):
                step()
            seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"seconds": seconds, "peak": peak}), flush=True)


if __name__ == "__main__":
    main()
