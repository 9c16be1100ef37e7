"""The peer of decode.ts: transformers on PyTorch, float32, greedy, batch 1, with its cache.

Reads one JSON request a line, {"new": n}, and answers {"seconds": s}: what generating n tokens took. The first line
printed tells the versions.
"""

import json
import sys
import time

import torch
import transformers
from transformers import GPT2Config, GPT2LMHeadModel

shape = json.loads(sys.argv[1])
torch.set_num_threads(shape["threads"])
config = GPT2Config(
    vocab_size=shape["vocabularySize"], n_embd=shape["width"], n_layer=shape["layers"], n_head=shape["heads"],
    n_positions=shape["contextLength"], bos_token_id=0, eos_token_id=None, pad_token_id=0,
)
model = GPT2LMHeadModel(config).eval()
prompt = torch.arange(shape["prompt"])[None]
print(json.dumps({"name": f"transformers {transformers.__version__} on torch {torch.__version__}"}), flush=True)
for line in sys.stdin:
    count = json.loads(line)["new"]
    start = time.perf_counter()
    with torch.inference_mode():
        model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=count, min_new_tokens=count, do_sample=False)
    print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)
