"""Writes golden logits, losses and gradients of small decoders for packages/transformer.

    python tools/parity/transformer-decoder.py

Needs torch, transformers and safetensors (made with 2.13.0, 5.18.0, 0.8.0). Rewrites
packages/transformer/src/fixtures/decoder-*.safetensors. Each file holds one configuration (metadata `case`: `options`, what
createDecoder takes, and `source`, who computed it), random parameters under `params/`, int32 `tokens` and `targets`,
and in float64 rounded to float32: `logits`, `loss` (mean cross-entropy) and every gradient under `grads/`.

The looped models are computed by the plain module below, which is written from the paper: keys of all repeats are
joined and masked by a T x rT matrix, rotations are complex products, norms and softmax are spelled out. The others
are GPT-2, GPT-NeoX and Llama of the transformers library.
"""

import json
import math
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM, LlamaConfig, LlamaForCausalLM

fixtures = Path(__file__).resolve().parents[2] / "packages/transformer/src/fixtures"
VOCABULARY, WIDTH, HEADS, TIME, BATCH = 13, 8, 2, 6, 2
common = {"vocabularySize": VOCABULARY, "width": WIDTH, "heads": HEADS, "contextLength": TIME}


class Looped:
    """Standard, Block Universal and CoTFormer decoders over a dictionary of parameters."""

    def __init__(self, options, params):
        self.options, self.p = options, params
        self.stack = {"kind": "standard", "begin": 0, "end": 0, "repeats": 1, "repeatNorm": False, "depthEmbedding": "none"}
        self.stack.update(options["stack"])

    def norm(self, name, x):
        gain, bias = self.p[f"{name}.weight"], self.p.get(f"{name}.bias", 0.0)
        if self.options.get("norm") == "rms":
            return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5) * gain
        centred = x - x.mean(-1, keepdim=True)
        return centred / torch.sqrt((centred * centred).mean(-1, keepdim=True) + 1e-5) * gain + bias

    def project(self, name, x):
        return torch.einsum("...i,oi->...o", x, self.p[f"{name}.weight"]) + self.p.get(f"{name}.bias", 0.0)

    def rotate(self, x):  # [B, H, T, D]
        time, width = x.shape[-2:]
        rotary = {"base": 10000.0, "interleaved": True, **self.options.get("rotary", {})}
        frequencies = rotary["base"] ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
        angles = torch.arange(time, dtype=torch.float64)[:, None] * frequencies
        turn = torch.polar(torch.ones_like(angles), angles)
        if rotary["interleaved"]:
            pairs = torch.complex(x[..., 0::2], x[..., 1::2]) * turn
            return torch.stack([pairs.real, pairs.imag], -1).flatten(-2)
        pairs = torch.complex(x[..., : width // 2], x[..., width // 2 :]) * turn
        return torch.cat([pairs.real, pairs.imag], -1)

    def block(self, i, x, cache):
        batch, time, _ = x.shape
        groups = self.options.get("keyValueHeads", HEADS)
        name = f"blocks.{i}"
        y = self.norm(f"{name}.attention_norm", x)
        heads = lambda part, count: self.project(f"{name}.attention.{part}", y).view(batch, time, count, -1).transpose(1, 2)
        q, k, v = heads("query", HEADS), heads("key", groups), heads("value", groups)
        if self.options.get("positions", "rotary") == "rotary":
            q, k = self.rotate(q), self.rotate(k)
        cache.append((k, v))
        keys = torch.cat([k for k, _ in cache], 2).repeat_interleave(HEADS // groups, 1)
        values = torch.cat([v for _, v in cache], 2).repeat_interleave(HEADS // groups, 1)
        mask = torch.ones(time, time, dtype=torch.bool).tril().repeat(1, len(cache))  # T x rT
        scores = (q @ keys.transpose(-1, -2) / math.sqrt(WIDTH // HEADS)).masked_fill(~mask, -torch.inf)
        weights = torch.exp(scores - scores.amax(-1, keepdim=True))
        mixed = (weights / weights.sum(-1, keepdim=True)) @ values
        x = x + self.project(f"{name}.attention.output", mixed.transpose(1, 2).reshape(batch, time, -1))
        y = self.norm(f"{name}.feed_forward_norm", x)
        up = self.project(f"{name}.feed_forward.up", y)
        activation = self.options.get("activation", "gelu")
        if activation == "gelu":
            up = up * 0.5 * (1 + torch.erf(up / math.sqrt(2)))
        elif activation == "relu":
            up = up.clamp_min(0)
        elif activation == "swiglu":
            gate = self.project(f"{name}.feed_forward.gate", y)
            up = gate / (1 + torch.exp(-gate)) * up
        return x + self.project(f"{name}.feed_forward.down", up)

    def logits(self, tokens):
        stack = self.stack
        begin, layers, repeats = stack["begin"], stack["layers"], stack["repeats"]
        x = self.p["embedding.weight"][tokens]
        if self.options.get("positions") == "learned":
            x = x + self.p["position_embedding.weight"][: tokens.shape[1]]
        for i in range(begin):
            x = self.block(i, x, [])
        caches = [[] for _ in range(layers)]
        for repeat in range(1, repeats + 1):
            if stack["depthEmbedding"] == "linear":
                x = x + (repeats - repeat) * self.p["depth_embedding.weight"][0]
            elif stack["depthEmbedding"] == "learned":
                x = x + self.p["depth_embedding.weight"][repeats - repeat]
            for i in range(layers):
                x = self.block(begin + i, x, caches[i] if stack["kind"] == "cotformer" else [])
            if stack["repeatNorm"]:
                x = self.norm("repeat_norm", x)
        for i in range(stack["end"]):
            x = self.block(begin + layers + i, x, [])
        return self.norm("final_norm", x) @ self.p["embedding.weight" if self.options.get("tiedHead", True) else "head.weight"].T


def looped_shapes(options):
    """Names and shapes of all parameters, from the options."""
    stack = {"begin": 0, "end": 0, **options["stack"]}
    bias, groups = options.get("bias", False), options.get("keyValueHeads", HEADS)
    gated = options.get("activation") == "swiglu"
    inner = options.get("feedForwardWidth", 4 * WIDTH)
    shapes = {"embedding.weight": (VOCABULARY, WIDTH)}

    def linear(name, out, inputs):
        shapes[f"{name}.weight"] = (out, inputs)
        if bias:
            shapes[f"{name}.bias"] = (out,)

    def norm(name):
        shapes[f"{name}.weight"] = (WIDTH,)
        if options.get("normBias", False):
            shapes[f"{name}.bias"] = (WIDTH,)

    if options.get("positions") == "learned":
        shapes["position_embedding.weight"] = (TIME, WIDTH)
    depth = {"linear": 1, "learned": stack.get("repeats", 1)}.get(stack.get("depthEmbedding"))
    if depth:
        shapes["depth_embedding.weight"] = (depth, WIDTH)
    for i in range(stack["begin"] + stack["layers"] + stack["end"]):
        norm(f"blocks.{i}.attention_norm")
        for part, out in (("query", WIDTH), ("key", WIDTH // HEADS * groups), ("value", WIDTH // HEADS * groups), ("output", WIDTH)):
            linear(f"blocks.{i}.attention.{part}", out, WIDTH)
        norm(f"blocks.{i}.feed_forward_norm")
        for part in ("gate", "up") if gated else ("up",):
            linear(f"blocks.{i}.feed_forward.{part}", inner, WIDTH)
        linear(f"blocks.{i}.feed_forward.down", WIDTH, inner)
    if stack.get("repeatNorm"):
        norm("repeat_norm")
    norm("final_norm")
    if not options.get("tiedHead", True):
        shapes["head.weight"] = (VOCABULARY, WIDTH)
    return shapes


def random_value(name, shape):
    centre = 1.0 if "norm" in name and name.endswith("weight") else 0.0
    return (centre + 0.4 * torch.randn(shape)).float().double()


def random_batch():
    tokens = torch.randint(0, VOCABULARY, (BATCH, TIME))
    targets = torch.randint(0, VOCABULARY, (BATCH, TIME))
    return tokens, targets


def write(name, source, options, params, tokens, targets, logits, loss, grads):
    tensors = {"tokens": tokens.int(), "targets": targets.int(), "logits": logits.float(), "loss": loss.float()}
    tensors |= {f"params/{key}": value.float() for key, value in params.items()}
    tensors |= {f"grads/{key}": value.float() for key, value in grads.items()}
    tensors = {key: value.detach().clone().contiguous() for key, value in tensors.items()}
    save_file(tensors, fixtures / f"decoder-{name}.safetensors", {"case": json.dumps({"source": source, "options": options})})
    (fixtures / f"decoder-{name}.safetensors").chmod(0o644)
    print(f"{name}: loss {loss.item():.6f}, {len(grads)} gradients")


def write_looped(name, stack, **others):
    options = {**common, **others, "stack": stack}
    params = {key: random_value(key, shape).requires_grad_() for key, shape in looped_shapes(options).items()}
    tokens, targets = random_batch()
    logits = Looped(options, params).logits(tokens)
    loss = -torch.log_softmax(logits, -1).gather(-1, targets[..., None]).mean()
    grads = dict(zip(params, torch.autograd.grad(loss, list(params.values()))))
    write(name, "tools/parity/transformer-decoder.py", options, params, tokens, targets, logits, loss, grads)


def three(matrix):
    """Rows of query, key and value, joined in this order."""
    return zip(("query", "key", "value"), matrix.chunk(3, 0))


def three_by_head(matrix):
    """Rows of query, key and value, joined head by head (GPT-NeoX)."""
    parts = matrix.view(HEADS, 3, WIDTH // HEADS, *matrix.shape[1:])
    return ((part, parts[:, i].reshape(WIDTH, *matrix.shape[1:])) for i, part in enumerate(("query", "key", "value")))


def from_gpt2(state):
    ours = {"embedding.weight": state["transformer.wte.weight"], "position_embedding.weight": state["transformer.wpe.weight"]}
    simple = {"ln_1": "attention_norm", "attn.c_proj": "attention.output", "ln_2": "feed_forward_norm",
              "mlp.c_fc": "feed_forward.up", "mlp.c_proj": "feed_forward.down"}
    for key, value in state.items():
        if key.startswith("transformer.ln_f"):
            ours[key.replace("transformer.ln_f", "final_norm")] = value
        if not key.startswith("transformer.h."):
            continue
        i, rest = key.removeprefix("transformer.h.").split(".", 1)
        module, kind = rest.rsplit(".", 1)
        value = value.T if value.dim() == 2 else value  # Conv1D keeps [in, out]
        if module == "attn.c_attn":
            ours |= {f"blocks.{i}.attention.{part}.{kind}": rows for part, rows in three(value)}
        else:
            ours[f"blocks.{i}.{simple[module]}.{kind}"] = value
    return ours


def from_neox(state):
    ours = {"embedding.weight": state["gpt_neox.embed_in.weight"], "head.weight": state["lm_head.weight"]}
    simple = {"input_layernorm": "attention_norm", "attention.dense": "attention.output", "post_attention_layernorm": "feed_forward_norm",
              "mlp.dense_h_to_4h": "feed_forward.up", "mlp.dense_4h_to_h": "feed_forward.down"}
    for key, value in state.items():
        if key.startswith("gpt_neox.final_layer_norm"):
            ours[key.replace("gpt_neox.final_layer_norm", "final_norm")] = value
        if not key.startswith("gpt_neox.layers."):
            continue
        i, rest = key.removeprefix("gpt_neox.layers.").split(".", 1)
        module, kind = rest.rsplit(".", 1)
        if module == "attention.query_key_value":
            ours |= {f"blocks.{i}.attention.{part}.{kind}": rows for part, rows in three_by_head(value)}
        else:
            ours[f"blocks.{i}.{simple[module]}.{kind}"] = value
    return ours


def from_llama(state):
    ours = {"embedding.weight": state["model.embed_tokens.weight"], "head.weight": state["lm_head.weight"], "final_norm.weight": state["model.norm.weight"]}
    simple = {"input_layernorm": "attention_norm", "self_attn.q_proj": "attention.query", "self_attn.k_proj": "attention.key",
              "self_attn.v_proj": "attention.value", "self_attn.o_proj": "attention.output", "post_attention_layernorm": "feed_forward_norm",
              "mlp.gate_proj": "feed_forward.gate", "mlp.up_proj": "feed_forward.up", "mlp.down_proj": "feed_forward.down"}
    for key, value in state.items():
        if key.startswith("model.layers."):
            i, rest = key.removeprefix("model.layers.").split(".", 1)
            ours[f"blocks.{i}.{simple[rest.removesuffix('.weight')]}.weight"] = value
    return ours


def write_library(name, model, rename, **options):
    model = model.double().eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            is_norm = any(word in key for word in ("ln_", "norm"))
            parameter.copy_(random_value("norm.weight" if is_norm and key.endswith("weight") else key.replace("norm", ""), parameter.shape))
    tokens, targets = random_batch()
    logits = model(input_ids=tokens).logits
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    params = rename({key: value.detach() for key, value in model.named_parameters()})
    grads = rename({key: value.grad for key, value in model.named_parameters()})
    write(name, f"transformers {type(model).__name__}", {**common, **options}, params, tokens, targets, logits, loss, grads)


def main():
    torch.manual_seed(20240501)
    torch.set_num_threads(1)
    fixtures.mkdir(exist_ok=True)
    write_looped("standard", {"layers": 2})
    write_looped("block-universal", {"kind": "block-universal", "layers": 2, "repeats": 3})
    write_looped("cotformer", {"kind": "cotformer", "layers": 2, "repeats": 3})
    write_looped("ln-cotformer", {"kind": "cotformer", "begin": 1, "layers": 1, "end": 1, "repeats": 3, "repeatNorm": True, "depthEmbedding": "linear"})
    write_looped(
        "cotformer-varied",
        {"kind": "cotformer", "layers": 1, "end": 1, "repeats": 3, "repeatNorm": True, "depthEmbedding": "learned"},
        norm="rms", activation="swiglu", feedForwardWidth=20, keyValueHeads=1, bias=True, rotary={"base": 500.0, "interleaved": False}, tiedHead=False,
    )
    write_looped("block-universal-varied", {"kind": "block-universal", "layers": 1, "repeats": 2}, activation="relu", positions="none", normBias=True)
    sizes = {"vocab_size": VOCABULARY, "attn_implementation": "eager", "bos_token_id": 0, "eos_token_id": 0}
    write_library(
        "gpt2",
        GPT2LMHeadModel(GPT2Config(n_embd=WIDTH, n_layer=2, n_head=HEADS, n_positions=TIME, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, **sizes)),
        from_gpt2,
        stack={"layers": 2}, bias=True, normBias=True, activation="gelu-tanh", positions="learned",
    )
    layers = {"hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": HEADS, "max_position_embeddings": TIME}
    write_library(
        "gpt-neox",
        GPTNeoXForCausalLM(GPTNeoXConfig(intermediate_size=4 * WIDTH, use_parallel_residual=False, rotary_pct=1.0, **layers, **sizes)),
        from_neox,
        stack={"layers": 2}, bias=True, normBias=True, rotary={"interleaved": False}, tiedHead=False,
    )
    write_library(
        "llama",
        LlamaForCausalLM(LlamaConfig(num_key_value_heads=1, intermediate_size=20, rms_norm_eps=1e-6, **layers, **sizes)),
        from_llama,
        stack={"layers": 2}, norm="rms", normEpsilon=1e-6, activation="swiglu", feedForwardWidth=20, keyValueHeads=1, rotary={"interleaved": False}, tiedHead=False,
    )


if __name__ == "__main__":
    main()
