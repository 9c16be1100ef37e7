"""Writes packages/tensor-core/src/testing/fixtures/operations.json: PyTorch's results and gradients, one small case an operation.

    python tools/parity/tensor-core-operations.py

Inputs are float32; PyTorch computes in float64 and the results are rounded to float32, so that the only rounding left
to judge is the other side's. Needs torch.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

OUT = Path(__file__).resolve().parents[2] / "packages/tensor-core/src/testing/fixtures/operations.json"
generator = np.random.default_rng(20240501)
cases = []


def normal(*shape):
    return generator.standard_normal(shape).astype(np.float32)


def uniform(low, high, *shape):
    return generator.uniform(low, high, shape).astype(np.float32)


def ints(high, *shape):
    return generator.integers(0, high, shape).astype(np.int32)


def distinct(*shape):
    """Shuffled numbers that differ by a quarter at least."""
    size = math.prod(shape)
    return ((generator.permutation(size) - size // 2 + 0.5) * 0.25).reshape(shape).astype(np.float32)


def number(value):
    value = np.float32(value)
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(f"{value:.9g}")


def packed(array):
    array = np.asarray(array)
    if array.dtype == np.bool_:
        return {"shape": array.shape, "dtype": "bool", "values": [int(v) for v in array.ravel()]}
    if array.dtype.kind == "i":
        return {"shape": array.shape, "dtype": "int32", "values": [int(v) for v in array.ravel()]}
    return {"shape": array.shape, "dtype": "float32", "values": [number(v) for v in array.ravel()]}


def case(name, function, *arrays):
    """Records function(*arrays) and, for seeded cotangents of its float outputs, the gradients of its float inputs."""
    tensors = [torch.tensor(a, dtype=torch.float64, requires_grad=True) if a.dtype == np.float32 else torch.tensor(a).long() for a in arrays]
    outputs = function(*tensors)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    floats = [o for o in outputs if o.dtype.is_floating_point]
    inputs = [t for t in tensors if t.requires_grad]
    entry = {"name": name, "inputs": [packed(a) for a in arrays], "outputs": [packed(o.detach().numpy()) for o in outputs]}
    if inputs and floats and all(o.requires_grad for o in floats):
        cotangents = [normal(*o.shape) for o in floats]
        gradients = torch.autograd.grad(floats, inputs, [torch.tensor(c, dtype=torch.float64) for c in cotangents], allow_unused=True)
        entry["cotangents"] = [packed(c) for c in cotangents]
        entry["gradients"] = [packed((torch.zeros_like(i) if g is None else g).numpy()) for g, i in zip(gradients, inputs)]
    cases.append(entry)


# — element-wise, one input —
for name, function, x in [
    ("negative", torch.neg, normal(7)),
    ("abs", torch.abs, normal(7)),
    ("sign", torch.sign, normal(5)),
    ("square", torch.square, normal(7)),
    ("exp", torch.exp, normal(7)),
    ("expm1", torch.expm1, normal(7) * np.float32(0.01)),
    ("log", torch.log, uniform(0.1, 9, 7)),
    ("log1p", torch.log1p, normal(7) * np.float32(0.01)),
    ("sqrt", torch.sqrt, uniform(0.1, 9, 7)),
    ("rsqrt", torch.rsqrt, uniform(0.1, 9, 7)),
    ("reciprocal", torch.reciprocal, uniform(0.1, 9, 7)),
    ("sin", torch.sin, normal(7)),
    ("cos", torch.cos, normal(7)),
    ("tanh", torch.tanh, normal(7)),
    ("sigmoid", torch.sigmoid, normal(7) * np.float32(3)),
    ("erf", torch.erf, normal(7)),
    ("floor", torch.floor, normal(7) * np.float32(3)),
    ("ceil", torch.ceil, normal(7) * np.float32(3)),
    ("round", torch.round, np.array([0.5, 1.5, -0.5, -2.5, 2.4, 2.6], np.float32)),
    ("relu", torch.relu, normal(7)),
    ("gelu none", F.gelu, normal(7)),
    ("gelu tanh", lambda x: F.gelu(x, approximate="tanh"), normal(7)),
    ("silu", F.silu, normal(7)),
    ("softplus", F.softplus, normal(7)),
    ("isNaN", torch.isnan, np.array([1, np.nan, np.inf], np.float32)),
    ("isFinite", torch.isfinite, np.array([1, np.nan, -np.inf], np.float32)),
]:
    case(name, function, x)

# — element-wise, two inputs —
case("add", torch.add, normal(2, 1, 3), normal(2, 1))
case("subtract", torch.sub, normal(3, 1), normal(4))
case("multiply", torch.mul, normal(2, 3), normal(3))
case("divide", torch.div, normal(2, 3), uniform(0.5, 3, 2, 1))
case("power", torch.pow, uniform(0.2, 3, 2, 3), normal(3))
case("power of zero and negative bases", lambda a: torch.pow(a, torch.tensor([2.0, 3.0, 0.0, 1.0], dtype=torch.float64)), np.array([0, -2, 0, -1.5], np.float32))
case("maximum", torch.maximum, np.array([1, 5, 2], np.float32), np.array([[2], [1]], np.float32))
case("minimum", torch.minimum, np.array([1, 5, 2], np.float32), np.array([[2], [1]], np.float32))
case("modulo", torch.remainder, np.array([7, -7, 7, -7, 5.5], np.float32), np.array([3, 3, -3, -3, 2.25], np.float32))
case("equal", torch.eq, ints(3, 6), ints(3, 6))
case("notEqual", torch.ne, ints(3, 6), ints(3, 6))
case("less", torch.lt, ints(3, 6), ints(3, 6))
case("lessEqual", torch.le, ints(3, 6), ints(3, 6))
case("greater", torch.gt, ints(3, 6), ints(3, 6))
case("greaterEqual", torch.ge, ints(3, 6), ints(3, 6))
case("where", lambda c, a, b: torch.where(c > 0, a, b), ints(2, 2, 3), normal(3), normal(2, 1))

# — reductions —
case("sum", lambda x: x.sum((0, 2)), normal(2, 3, 4))
case("mean", lambda x: x.mean(1), normal(2, 3, 4))
case("variance", lambda x: x.var(1, correction=1), normal(2, 5))
case("norm", lambda x: x.norm(dim=1), normal(2, 5))
case("prod", lambda x: x.prod(1), np.array([[1, 2, 3], [0, 2, 3], [0, 0, 3]], np.float32))
case("max", lambda x: x.amax(1), np.array([[1, 3, 3], [2, 0, 1]], np.float32))
case("min", lambda x: x.amin(0), np.array([[1, 3, 3], [1, 0, 1]], np.float32))
case("argMax", lambda x: x.argmax(1).int(), distinct(3, 4))
case("argMin", lambda x: x.argmin(0).int(), distinct(3, 4))
case("cumulativeSum", lambda x: x.cumsum(1), normal(2, 3, 2))
case("logSumExp", lambda x: x.logsumexp(-1), normal(3, 4))


def sort(x, descending=False):
    values, indices = x.sort(dim=1, descending=descending, stable=True)
    return values, indices.int()


case("sort", sort, distinct(2, 5, 2))
case("sort descending", lambda x: sort(x, True), distinct(2, 5))
case("topK", lambda x: [t.int() if t.dtype == torch.int64 else t for t in x.topk(3)], distinct(2, 6))

# — shape and indexing —
case("transpose", lambda x: x.permute(2, 0, 1), normal(2, 3, 4))
case("broadcastTo", lambda x: x.expand(2, 3, 4), normal(3, 1))
case("slice", lambda x: x[1:4:2, 1:], normal(5, 3))
case("pad", lambda x: F.pad(x, (1, 0, 0, 2), value=3.0), normal(2, 3))
case("flip", lambda x: x.flip(0, 2), normal(2, 2, 3))
case("concat", lambda *x: torch.cat(x, 1), normal(2, 1), normal(2, 3))
case("gather", lambda x, i: x.index_select(1, i.ravel()).reshape(2, 2, 3, 2), normal(2, 4, 2), ints(4, 2, 3))
case("scatterAdd", lambda x, i: torch.zeros(4, 2, dtype=torch.float64).index_add(0, i, x), normal(6, 2), ints(4, 6))
case("takeAlongAxis", lambda x, i: torch.gather(x, 1, i), normal(2, 4), ints(4, 2, 3))
case("oneHot", lambda i: F.one_hot(i, 4).float(), ints(4, 2, 3))

# — products —
case("matmul", torch.matmul, normal(2, 1, 3, 4), normal(3, 4, 2))
case("matmul transposed", lambda a, b: a.mT @ b.mT, normal(4, 3), normal(2, 4))
case("linear", F.linear, normal(2, 2, 3), normal(4, 3), normal(4))
case("einsum", lambda a, b: torch.einsum("bij,kj->bki", a, b), normal(2, 3, 4), normal(5, 4))
case("embedding", lambda table, ids: F.embedding(ids, table), normal(5, 3), ints(5, 2, 3))

# — images: NHWC here, NCHW there —


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def convolve(x, f, **options):
    return nhwc(F.conv2d(nchw(x), f.permute(3, 2, 0, 1), **options))


case("conv2d", lambda x, f: convolve(x, f, stride=(2, 1), padding=1), normal(1, 5, 4, 2), normal(3, 3, 2, 2))
case("conv2d grouped and dilated", lambda x, f: convolve(x, f, groups=2, dilation=(2, 1)), normal(1, 5, 3, 4), normal(2, 2, 2, 4))
case("conv1d", lambda x, f: F.conv1d(x.mT, f.permute(2, 1, 0), stride=2, padding=1).mT, normal(2, 6, 2), normal(3, 2, 3))
case("maxPool2d", lambda x: nhwc(F.max_pool2d(nchw(x), (2, 3), stride=2, padding=1)), distinct(1, 5, 6, 2))
case("averagePool2d", lambda x: nhwc(F.avg_pool2d(nchw(x), 2, stride=2, padding=1, count_include_pad=False)), normal(1, 5, 4, 2))

# — networks —
case("softmax", lambda x: x.softmax(-1), normal(2, 3, 4))
case("logSoftmax", lambda x: x.log_softmax(-1), normal(3, 4))
case("layerNorm", lambda x, g, b: F.layer_norm(x, (5,), g, b, eps=1e-5), normal(2, 3, 5), normal(5), normal(5))
case("rmsNorm", lambda x, g: F.rms_norm(x, (5,), g, eps=1e-6), normal(3, 5), normal(5))


def attend(query, keys, values, causal=False, bias=None):
    """[batch, time, heads, width]; every segment has its own causal mask; key heads are repeated."""
    heads = query.shape[2]
    time = query.shape[1]
    mask = torch.zeros(time, sum(k.shape[1] for k in keys), dtype=torch.float64)
    if causal:
        parts = [torch.full((time, k.shape[1]), -torch.inf, dtype=torch.float64).triu(1 + k.shape[1] - time) for k in keys]
        mask = torch.cat(parts, 1)
    if bias is not None:
        mask = mask + bias
    k, v = (torch.cat(parts, 1).repeat_interleave(heads // parts[0].shape[2], 2).transpose(1, 2) for parts in (keys, values))
    return F.scaled_dot_product_attention(query.transpose(1, 2), k, v, attn_mask=mask).transpose(1, 2)


case("attention", lambda q, k, v: attend(q, [k], [v]), normal(2, 3, 2, 4), normal(2, 5, 2, 4), normal(2, 5, 2, 4))
case("attention causal", lambda q, k, v: attend(q, [k], [v], True), normal(1, 3, 4, 2), normal(1, 4, 2, 2), normal(1, 4, 2, 2))
case("attention of three segments", lambda q, a, b, c, d, e, f: attend(q, [a, b, c], [d, e, f], True), *[normal(1, 3, 2, 2) for _ in range(7)])
case("attention biased", lambda q, k, v, b: attend(q, [k], [v], False, b), normal(1, 2, 2, 3), normal(1, 3, 2, 3), normal(1, 3, 2, 3), normal(1, 2, 2, 3))


def rotate(x, positions, base, interleaved):
    """As in the RoFormer paper (interleaved) and in GPT-NeoX (halves), by complex multiplication."""
    half = x.shape[-1] // 2
    angles = positions[..., None, None].double() * base ** (-torch.arange(half, dtype=torch.float64) / half)
    turn = torch.polar(torch.ones_like(angles), angles)
    pairs = x.unflatten(-1, (half, 2)) if interleaved else torch.stack([x[..., :half], x[..., half:]], -1)
    turned = torch.view_as_real(torch.view_as_complex(pairs.contiguous()) * turn)
    return turned.flatten(-2) if interleaved else torch.cat([turned[..., 0], turned[..., 1]], -1)


case("rotary", lambda x: rotate(x, torch.arange(3)[None], 10000.0, False), normal(2, 3, 1, 4))
case("rotary interleaved", lambda x, p: rotate(x, p, 100.0, True), normal(2, 3, 2, 4), ints(50, 2, 3))
case("softmaxCrossEntropy", lambda x, t: F.cross_entropy(x, t), normal(4, 5), ints(5, 4))
case("softmaxCrossEntropy ignoring", lambda x, t: F.cross_entropy(x, t, ignore_index=2, reduction="none"), normal(4, 3), np.array([0, 2, 1, 2], np.int32))
case("meanSquaredError", F.mse_loss, normal(3, 2), normal(3, 2))
case("sumOfSquares", lambda a, b: (a**2).sum() + (b**2).sum(), normal(3), normal(2, 2))


def optimize(make, steps, p, *gradients):
    parameter = torch.nn.Parameter(torch.tensor(p, dtype=torch.float64))
    optimizer = make([parameter])
    for gradient in gradients[:steps]:
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
    return parameter.detach()


def optimizer_case(name, make):
    arrays = [normal(2, 3) for _ in range(4)]
    result = optimize(make, 3, *arrays)
    cases.append({"name": name, "inputs": [packed(a) for a in arrays], "outputs": [packed(result.numpy())]})


optimizer_case("adamw three steps", lambda p: torch.optim.AdamW(p, lr=0.01, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1))
optimizer_case("sgd three steps", lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.01))
optimizer_case("sgd momentum three steps", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01))
optimizer_case("sgd nesterov three steps", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True))

# — recurrences, with PyTorch's own modules and parameters —
def recurrent(make, x, *rest):
    """rest: weight_ih, weight_hh, bias_ih, bias_hh, then the initial states [batch, hidden]."""
    weights, states = rest[:4], [state.unsqueeze(0) for state in rest[4:]]
    module = make(weights[0].shape[1], weights[1].shape[1], batch_first=True).double()
    named = dict(zip(["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"], weights))
    out, last = torch.func.functional_call(module, named, (x, tuple(states) if len(states) == 2 else states[0]))
    return [out, *(state.squeeze(0) for state in (last if isinstance(last, tuple) else [last]))]


for name, make, gates, states in [("lstm", torch.nn.LSTM, 4, 2), ("gru", torch.nn.GRU, 3, 1)]:
    case(
        name,
        lambda *arrays, make=make: recurrent(make, *arrays),
        normal(2, 4, 3), normal(gates * 5, 3), normal(gates * 5, 5), normal(gates * 5), normal(gates * 5), *[normal(2, 5) for _ in range(states)],
    )



def two_layers(make, x, *weights):
    module = make(3, 4, num_layers=2, bidirectional=True, batch_first=True).double()
    out, last = torch.func.functional_call(module, dict(zip((name for name, _ in module.named_parameters()), weights)), (x,))
    return [out, *(last if isinstance(last, tuple) else [last])]


for name, make in [("lstm", torch.nn.LSTM), ("gru", torch.nn.GRU)]:
    shapes = [p.shape for p in make(3, 4, num_layers=2, bidirectional=True).parameters()]
    case(f"{name} of two layers, bidirectional", lambda *arrays, make=make: two_layers(make, *arrays), normal(2, 3, 3), *[normal(*shape) for shape in shapes])

# — normalization over channels; PyTorch's channels come second —
def batch_norm(training, x, mean, variance, gain, bias):
    mean, variance = mean.detach().clone(), variance.detach().clone()
    y = F.batch_norm(x.movedim(-1, 1), mean, variance, gain, bias, training, 0.1, 1e-5).movedim(1, -1)
    return y, mean, variance


case("groupNorm", lambda x, g, b: F.group_norm(x.movedim(-1, 1), 2, g, b).movedim(1, -1), normal(2, 3, 3, 4), normal(4), normal(4))
case("instanceNorm", lambda x: F.instance_norm(x.movedim(-1, 1)).movedim(1, -1), normal(2, 5, 3))
case(
    "batchNorm training",
    lambda x, g, b: batch_norm(True, x, torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64), g, b)[0],
    normal(2, 3, 2, 3), normal(3), normal(3),
)
case("batchNorm inference", lambda x, m, v, g, b: F.batch_norm(x.movedim(-1, 1), m.detach(), v.detach(), g, b).movedim(1, -1), normal(2, 3, 3), normal(3), uniform(0.5, 2, 3), normal(3), normal(3))
running = batch_norm(True, torch.tensor(cases[-2]["inputs"][0]["values"], dtype=torch.float64).reshape(2, 3, 2, 3), torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64), None, None)
cases.append({"name": "batchNorm running", "inputs": cases[-2]["inputs"][:1], "outputs": [packed(running[1].numpy()), packed(running[2].numpy())]})

# — pooling of sequences, convolution with bias and rectifier —
case("maxPool1d", lambda x: F.max_pool1d(x.movedim(-1, 1), 3, 2, 1).movedim(1, -1), distinct(2, 7, 3))
case("averagePool1d", lambda x: F.avg_pool1d(x.movedim(-1, 1), 2).movedim(1, -1), normal(2, 7, 3))
case("conv2d with bias and relu", lambda x, f, b: F.relu(F.conv2d(x.permute(0, 3, 1, 2), f.permute(3, 2, 0, 1), b, padding=1)).permute(0, 2, 3, 1), normal(2, 4, 5, 3), normal(3, 3, 3, 4), normal(4))

# — decompositions; signs as ours: the diagonal of r and the largest entry of each column of v are positive —
def positive_qr(a):
    q, r = torch.linalg.qr(a)
    sign = torch.sign(torch.diagonal(r, dim1=-2, dim2=-1)).detach()
    return q * sign.unsqueeze(-2), r * sign.unsqueeze(-1)


def positive_svd(a):
    u, s, vh = torch.linalg.svd(a, full_matrices=False)
    v = vh.transpose(-2, -1)
    sign = torch.sign(v.gather(-2, v.abs().argmax(-2, keepdim=True))).detach()
    return u * sign, s, v * sign


case("cholesky", lambda x: torch.linalg.cholesky(x @ x.mT + torch.eye(3, dtype=torch.float64)), normal(2, 3, 3))
case("triangularSolve", lambda a, b: torch.linalg.solve_triangular(a + 3 * torch.eye(3, dtype=torch.float64), b, upper=False), normal(2, 3, 3), normal(2, 3, 2))
case("triangularSolve upper, transposed", lambda a, b: torch.linalg.solve_triangular((a + 3 * torch.eye(3, dtype=torch.float64)).triu().mT, b, upper=False), normal(3, 3), normal(3, 2))
case("qr", positive_qr, normal(2, 5, 3))
case("svd", positive_svd, normal(5, 3))

document = {"source": "tools/parity/tensor-core-operations.py", "torch": torch.__version__.split("+")[0], "cases": cases}
OUT.write_text(json.dumps(document, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")
print(f"{len(cases)} cases, {OUT.stat().st_size} bytes")
