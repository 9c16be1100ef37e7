"""Writes golden values of transformers' logits processors for packages/transformer.

    python tools/parity/transformer-sampling.py

Needs torch and transformers (made with 2.13.0, 5.18.0). Rewrites
packages/transformer/src/generation/fixtures/processors.json: texts, scores of the next token, and what each processor
makes of them (null for -infinity), under our name for it.
"""

import json
import math
from pathlib import Path

import torch
from transformers import (
    MinPLogitsWarper,
    NoRepeatNGramLogitsProcessor,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

path = Path(__file__).resolve().parents[2] / "packages/transformer/src/generation/fixtures/processors.json"
torch.manual_seed(7)
texts = [[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 1, 4], [7], [0, 0, 0, 0], [2, 3, 2, 3, 2]]
scores = [(3 * torch.randn(12)).tolist() for _ in texts]
scores[3][4] = scores[3][5] = max(scores[3])  # ties
cases = [
    ("temperature", 0.7, TemperatureLogitsWarper),
    ("topK", 1, TopKLogitsWarper),
    ("topK", 5, TopKLogitsWarper),
    ("topK", 50, TopKLogitsWarper),
    ("topP", 0.3, TopPLogitsWarper),
    ("topP", 0.9, TopPLogitsWarper),
    ("topP", 0.999, TopPLogitsWarper),
    ("minP", 0.1, MinPLogitsWarper),
    ("repetitionPenalty", 1.5, RepetitionPenaltyLogitsProcessor),
    ("repetitionPenalty", 0.5, RepetitionPenaltyLogitsProcessor),
    ("noRepeatNgram", 1, NoRepeatNGramLogitsProcessor),
    ("noRepeatNgram", 2, NoRepeatNGramLogitsProcessor),
    ("noRepeatNgram", 3, NoRepeatNGramLogitsProcessor),
]
results = []
for name, value, make in cases:
    outputs = []
    for text, row in zip(texts, scores):
        output = make(value)(torch.tensor([text]), torch.tensor([row])).tolist()[0]
        outputs.append([None if math.isinf(score) else score for score in output])
    results.append({"name": name, "value": value, "outputs": outputs})
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps({"texts": texts, "scores": scores, "cases": results}, separators=(",", ":")) + "\n")
print(f"{path.name}: {path.stat().st_size} bytes")

# Buckets of relative positions, for distances key - query from -300 to 300.
from transformers.models.t5.modeling_t5 import T5Attention  # noqa: E402

distances = torch.arange(-300, 301)
buckets = {
    f"{count},{most},{both}": T5Attention._relative_position_bucket(distances, both, count, most).tolist()
    for count, most, both in [(32, 128, True), (32, 128, False), (8, 12, True), (16, 200, False)]
}
path = path.parents[2] / "blocks/fixtures/relative-buckets.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(buckets, separators=(",", ":")) + "\n")
print(f"{path.name}: {path.stat().st_size} bytes")
