"""Writes folders of tiny published models with golden values for packages/transformer.

    python tools/parity/transformer-checkpoints.py

Needs torch, transformers and safetensors (made with 2.13.0, 5.18.0, 0.8.0). Rewrites the folders in
packages/transformer/src/checkpoints/fixtures: each is a model with random weights as transformers saves it
(config.json, generation_config.json, model.safetensors; one of them in shards) and golden.safetensors, computed in
float64 and rounded to float32: int32 inputs, `logits`, `loss` (mean cross-entropy of the targets that are not -100)
and every gradient under `grads/`, by transformers' names. Its metadata `generation` holds what transformers generates,
as a list of {"options", "sequences", "scores"}; sequences are new tokens alone.
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)

fixtures = Path(__file__).resolve().parents[2] / "packages/transformer/src/checkpoints/fixtures"
VOCABULARY, BATCH, TIME, END, PADDING = 19, 2, 7, 2, 1
ids = {"vocab_size": VOCABULARY, "bos_token_id": 0, "eos_token_id": END, "pad_token_id": PADDING}

# What transformers calls each of our options of generation.
NAMES = {
    "maximumTokens": "max_new_tokens",
    "minimumTokens": "min_new_tokens",
    "beams": "num_beams",
    "results": "num_return_sequences",
    "lengthPenalty": "length_penalty",
    "earlyStopping": "early_stopping",
    "noRepeatNgram": "no_repeat_ngram_size",
    "repetitionPenalty": "repetition_penalty",
    "forcedFirst": "forced_bos_token_id",
    "forcedLast": "forced_eos_token_id",
}
GENERATION = [
    {"maximumTokens": 9},
    {"maximumTokens": 9, "repetitionPenalty": 1.7},
    {"maximumTokens": 9, "noRepeatNgram": 2, "minimumTokens": 6},
    {"maximumTokens": 9, "beams": 3, "results": 3},
    {"maximumTokens": 9, "beams": 4, "results": 2, "lengthPenalty": 2.0, "noRepeatNgram": 2},
    {"maximumTokens": 9, "beams": 3, "results": 3, "lengthPenalty": 0.0, "earlyStopping": "never"},
    {"maximumTokens": 9, "beams": 3, "results": 2, "lengthPenalty": -1.0, "earlyStopping": True},
    {"maximumTokens": 7, "beams": 2, "results": 1, "forcedLast": END, "forcedFirst": 5},
]


def randomize(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_norm = parameter.dim() == 1 and name.endswith("weight")
            scale = 0.15 if is_norm else 0.4
            parameter.copy_(((1.0 if is_norm else 0.0) + scale * torch.randn(parameter.shape)).float())
        for name, buffer in model.named_buffers():
            if name == "final_logits_bias":
                buffer.copy_((0.3 * torch.randn(buffer.shape)).float())
    return model


def generated(model, inputs, mask):
    """Each row alone, without its padding."""
    is_pair = model.config.is_encoder_decoder
    results = []
    for options in GENERATION:
        options = {key: value for key, value in options.items() if is_pair or key != "forcedFirst"}
        arguments = {NAMES[key]: value for key, value in options.items()}
        sequences, scores = [], []
        for row, flags in zip(inputs, mask):
            prompt = row[flags == 1][None]
            output = model.generate(input_ids=prompt, attention_mask=torch.ones_like(prompt), do_sample=False, return_dict_in_generate=True, output_scores=True, **arguments)
            for text in output.sequences[:, 1 if is_pair else prompt.shape[1] :].tolist():
                sequences.append(text[: text.index(END) + 1] if END in text else text)
            scores += output.sequences_scores.tolist() if "beams" in options else []
        results.append({"options": options, "sequences": sequences, "scores": scores})
    return results


def write(name, model, **saving):
    torch.manual_seed(sum(map(ord, name)))
    model = randomize(model).eval()
    folder = fixtures / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder, **saving)
    model = model.double()
    tokens = torch.randint(3, VOCABULARY, (BATCH, TIME))
    targets = torch.randint(3, VOCABULARY, (BATCH, TIME))
    targets[0, 2] = -100
    tensors = {"tokens": tokens, "targets": targets}
    if model.config.is_encoder_decoder:
        sources = torch.randint(3, VOCABULARY, (BATCH, 11))
        mask = torch.ones_like(sources)
        sources[1, 8:], mask[1, 8:] = PADDING, 0  # padded on the right
        tensors |= {"sources": sources, "sourceMask": mask}
        inputs = {"input_ids": sources, "attention_mask": mask, "decoder_input_ids": tokens}
        generation = generated(model, sources, mask)
    else:
        inputs = {"input_ids": tokens}
        prompts = torch.randint(3, VOCABULARY, (BATCH, 5))
        mask = torch.ones_like(prompts)
        prompts[1, :2], mask[1, :2] = PADDING, 0  # padded on the left
        places = (mask.cumsum(1) - 1).clamp_min(0)
        padded = model(input_ids=prompts, attention_mask=mask, position_ids=places).logits
        tensors |= {"prompts": prompts, "mask": mask, "paddedLogits": padded}
        generation = generated(model, prompts, mask)
    logits = model(**inputs, use_cache=False).logits
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    tensors |= {"logits": logits, "loss": loss}
    shared = {id(p): key for key, p in reversed(list(model.named_parameters()))}
    file_names = {"lm_head.weight": "embed_out.weight"} if model.config.model_type == "gpt_neox" else {}
    tensors |= {f"grads/{file_names.get(key, key)}": p.grad for p, key in ((p, shared[id(p)]) for p in model.parameters())}
    tensors = {key: (value.float() if value.is_floating_point() else value.int()).detach().clone().contiguous() for key, value in tensors.items()}
    save_file(tensors, folder / "golden.safetensors", {"generation": json.dumps(generation)})
    for path in folder.iterdir():
        path.chmod(0o644)
    print(f"{name}: loss {loss.item():.6f}, {sum(path.stat().st_size for path in folder.iterdir())} bytes")


def main():
    torch.set_num_threads(1)
    write("gpt2", GPT2LMHeadModel(GPT2Config(n_embd=8, n_layer=2, n_head=2, n_positions=24, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, **ids)))
    layers = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 24, "intermediate_size": 12}
    write("llama2", LlamaForCausalLM(LlamaConfig(**layers, **ids)))
    write(
        "llama3",
        LlamaForCausalLM(
            LlamaConfig(
                num_key_value_heads=1,
                head_dim=8,
                rope_parameters={"rope_type": "llama3", "rope_theta": 100.0, "factor": 4.0, "low_freq_factor": 0.2, "high_freq_factor": 1.0, "original_max_position_embeddings": 16},
                **layers,
                **ids,
            )
        ),
        max_shard_size="2KB",
    )
    write("llama-linear", LlamaForCausalLM(LlamaConfig(attention_bias=True, mlp_bias=True, tie_word_embeddings=True, rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 3.0}, **layers, **ids)))
    neox = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 24, "intermediate_size": 20}
    write("pythia", GPTNeoXForCausalLM(GPTNeoXConfig(**neox, **ids)))
    write(
        "bart",
        BartForConditionalGeneration(
            BartConfig(d_model=8, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=12, decoder_ffn_dim=12, max_position_embeddings=24, scale_embedding=True, dropout=0, decoder_start_token_id=END, forced_eos_token_id=None, **ids)
        ),
    )
    sizes = {"d_model": 8, "d_kv": 6, "d_ff": 12, "num_layers": 2, "num_heads": 2, "relative_attention_num_buckets": 8, "relative_attention_max_distance": 12, "dropout_rate": 0, "decoder_start_token_id": PADDING}
    write("t5", T5ForConditionalGeneration(T5Config(**sizes, **ids)))
    untied = T5ForConditionalGeneration(T5Config(feed_forward_proj="gated-gelu", tie_word_embeddings=False, num_decoder_layers=1, **sizes, **ids))
    untied.lm_head.weight = torch.nn.Parameter(torch.empty(VOCABULARY, 8))
    untied.config.tie_word_embeddings = False
    write("t5-v1.1", untied)


if __name__ == "__main__":
    main()
