"""The peer of the benchmarks: PyTorch on the CPU, in one of two modes.

    pytorch.py THREADS eager|compiled      answers requests, one JSON object a line
    pytorch.py THREADS memory REQUEST      runs steps of one request and prints what memory they took at most

A request is {"peer": {...}, "settle": s, "timed": s}; the answer {"seconds": s of one iteration}, or {"error": text}.
Whatever a request needs is built once and kept. Rounds are measured as in src/time-round.ts: iterations without timing
for `settle` seconds, then whole batches of them until `timed` seconds are over. The first line printed tells the
version. REQUEST is {"peer": {...}, "steps": n}; memory as in src/memory-process.ts.
"""

import json
import math
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

COMPILED = len(sys.argv) > 2 and sys.argv[2] == "compiled"


def compiled(function):
    """What torch.compile makes of it, where that is the mode: of a model its forward and backward pass."""
    return torch.compile(function, dynamic=False) if COMPILED else function


def matmul(m, k, n, transposeA, transposeB, batch):
    outer = () if batch == 1 else (batch,)
    a = torch.randn(*outer, k, m).mT if transposeA else torch.randn(*outer, m, k)
    b = torch.randn(*outer, n, k).mT if transposeB else torch.randn(*outer, k, n)
    product = compiled(lambda x, y: x @ y)
    return lambda: product(a, b)


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
    run = compiled(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    tokens = torch.randint(0, vocabulary, (batch, time + 1))
    inputs, targets = tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()

    def step():
        loss = run(inputs, targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def mlp(inputs, hidden, outputs, batch):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))
    run = compiled(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.randn(batch, inputs)
    y = torch.randint(0, outputs, (batch,))

    def step():
        loss = F.cross_entropy(run(x), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def cnn(batch):
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10),
    )
    return classifier(model, torch.optim.SGD(model.parameters(), lr=0.01), torch.randn(batch, 1, 28, 28), 10)


class LastState(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, batch_first=True)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, x):
        return self.head(self.lstm(x)[1][0][0])


def lstm(batch, time, inputs, hidden, outputs):
    torch.manual_seed(0)
    model = LastState(inputs, hidden, outputs)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    return classifier(model, optimizer, torch.randn(batch, time, inputs), outputs)


class MultiModN(nn.Module):
    def __init__(self, widths, state, hidden, tasks, dropout):
        super().__init__()
        self.state = nn.Parameter(torch.randn(state))
        self.encoders = nn.ModuleList(
            nn.Sequential(
                nn.Dropout(dropout), nn.Linear(width + state, hidden), nn.ReLU(),
                nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, state), nn.ReLU(),
            )
            for width in widths
        )
        self.decoders = nn.ModuleList(
            nn.Sequential(nn.Linear(state, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))
            for _ in range(tasks)
        )

    def forward(self, inputs, present, labels):
        state = self.state.expand(inputs[0].shape[0], -1)
        loss = sum(F.binary_cross_entropy_with_logits(d(state)[:, 0], y) for d, y in zip(self.decoders, labels))
        for encoder, x, mask in zip(self.encoders, inputs, present):
            state = torch.where(mask[:, None] > 0, encoder(torch.cat([x, state], 1)), state)
            count = mask.sum().clamp(min=1)
            for decoder, y in zip(self.decoders, labels):
                losses = F.binary_cross_entropy_with_logits(decoder(state)[:, 0], y, reduction="none")
                loss = loss + (losses * mask).sum() / count
        return loss / (len(self.decoders) * (len(self.encoders) + 1))


def multimodn(widths, state, hidden, tasks, batch, dropout):
    torch.manual_seed(0)
    widths = [int(width) for width in widths.split()]
    model = MultiModN(widths, state, hidden, tasks, dropout)
    run = compiled(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    inputs = [torch.randn(batch, width) for width in widths]
    rows = torch.arange(batch)
    present = [((rows + at) % 3 != 0).float() for at in range(len(widths))]
    labels = [((rows >> at) & 1).float() for at in range(tasks)]

    def step():
        loss = run(inputs, present, labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def classifier(model, optimizer, x, classes):
    run = compiled(model)
    y = torch.randint(0, classes, (x.shape[0],))

    def step():
        loss = F.cross_entropy(run(x), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def federated(clients, inputs, hidden, outputs, batch):
    """A round of FedAvg: a plain loop over clients, one SGD step each from the server's model, and the mean."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))
    run = compiled(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    data = [(torch.randn(batch, inputs), torch.randint(0, outputs, (batch,))) for _ in range(clients)]
    server = [parameter.detach().clone() for parameter in model.parameters()]

    def round():
        sums = [torch.zeros_like(parameter) for parameter in server]
        for x, y in data:
            with torch.no_grad():
                for parameter, value in zip(model.parameters(), server):
                    parameter.copy_(value)
            loss = F.cross_entropy(run(x), y)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            loss.item()
            with torch.no_grad():
                for total, parameter in zip(sums, model.parameters()):
                    total.add_(parameter)
        for value, total in zip(server, sums):
            value.copy_(total / clients)

    return round


class Done:
    """A future of communication that one process does not need."""

    def __init__(self, value):
        self.result = value

    def value(self):
        return self.result

    def wait(self):
        return self.result

    def then(self, function):
        return Done(function(self))

    def get_future(self):
        return self


class Alone:
    """What the hook needs of torch.distributed and of a process group, for one process: nothing is sent."""

    class group:
        WORLD = None

    def all_reduce(self, tensor, group=None, async_op=True):
        return Done([tensor])

    def size(self):
        return 1


def powersgd(layers, width, heads, time, batch, vocabulary, rank):
    """One step of PyTorch's PowerSGD hook on the gradients of a GPT, all in one bucket, without communication."""
    from torch.distributed.algorithms.ddp_comm_hooks import powerSGD_hook as hook

    torch.manual_seed(0)
    shapes = [p.shape for p in GPT(layers, width, heads, time, vocabulary).parameters()]
    buffer = torch.randn(sum(shape.numel() for shape in shapes))
    views = [part.view(shape) for part, shape in zip(buffer.split([shape.numel() for shape in shapes]), shapes)]

    class Bucket:
        def buffer(self):
            return buffer

        def index(self):
            return 0

        def gradients(self):
            return views

        def is_last(self):
            return True

    hook.dist = Alone()
    state = hook.PowerSGDState(hook.dist, matrix_approximation_rank=rank, start_powerSGD_iter=2)
    state.iter = 2
    return lambda: hook.powerSGD_hook(state, Bucket())


def add16():
    x = torch.randn(16)
    add = compiled(lambda x: x + x)
    return lambda: add(x)


def linear16():
    x, w = torch.randn(16), torch.randn(16, 16)
    product = compiled(lambda x, w: F.linear(x, w))
    return lambda: product(x, w)


builders = {
    "matmul": matmul, "gpt": gpt, "mlp": mlp, "cnn": cnn, "lstm": lstm, "federated": federated, "multimodn": multimodn,
    "powersgd": powersgd, "add16": add16, "linear16": linear16,
}
without_gradient = ("matmul", "powersgd", "add16", "linear16")
built = {}


def build(peer):
    return builders[peer["kind"]](**{key: value for key, value in peer.items() if key != "kind"})


def measure(step, settle, timed):
    start = time.perf_counter()
    count = 0
    while True:
        step()
        count += 1
        spent = time.perf_counter() - start
        if spent >= settle:
            break
    batch = max(1, math.ceil(timed * count / spent))
    start = time.perf_counter()
    count = 0
    while True:
        for _ in range(batch):
            step()
        count += batch
        spent = time.perf_counter() - start
        if spent >= timed:
            return spent / count


def answer(request):
    peer = request["peer"]
    name = json.dumps(peer, sort_keys=True)
    with torch.set_grad_enabled(peer["kind"] not in without_gradient):
        if name not in built:
            built.clear()
            if COMPILED:
                torch._dynamo.reset()
            built[name] = build(peer)
            for _ in range(2):
                built[name]()
        return measure(built[name], request["settle"], request["timed"])


def resident(field):
    """Bytes: VmRSS now, VmHWM at most; where there is no such file, the most that the process ever had."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field))
    except FileNotFoundError:
        scale = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


def memory(request):
    before = resident("VmRSS")
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass
    step = build(request["peer"])
    for _ in range(request["steps"]):
        step()
    return {"before": before, "peak": resident("VmHWM")}


def main():
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else torch.get_num_threads())
    if len(sys.argv) > 3:
        print(json.dumps(memory(json.loads(sys.argv[3]))))
        return
    print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            result = {"seconds": answer(request)}
        except Exception as error:  # told to the one who asked: others may still be timed
            result = {"error": f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
