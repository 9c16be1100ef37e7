"""Checks that transformers loads what packages/transformer saves.

    python tools/parity/transformer-round-trip.py

Each folder that transformer-checkpoints.py wrote is loaded and saved by savePretrained (in shards), then loaded by
transformers' Auto classes; the logits must be those of the original, and no tensor missing or left over. A second time
with bfloat16 weights, which must come back in this type and near the original. Writes nothing to the project.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

root = Path(__file__).resolve().parents[2]
fixtures = root / "packages/transformer/src/checkpoints/fixtures"


def saved(folder, *weights):
    target = tempfile.mkdtemp()
    command = ["node", "--conditions=@lemanic/source", "--import", "tsx", "tools/parity/transformer-save.mjs"]
    subprocess.run([*command, str(folder), target, *weights], cwd=root, check=True)
    return target


def check(folder, weights, tolerance):
    golden = load_file(folder / "golden.safetensors")
    target = saved(folder, *weights)
    is_pair = AutoConfig.from_pretrained(target).is_encoder_decoder
    loader = AutoModelForSeq2SeqLM if is_pair else AutoModelForCausalLM
    model, report = loader.from_pretrained(target, output_loading_info=True, dtype="auto")
    for key in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        assert not report[key], f"{folder.name}: {key} {report[key]}"
    wanted = getattr(torch, weights[0]) if weights else torch.float32
    assert model.dtype == wanted, f"{folder.name}: {model.dtype}"
    inputs = {"input_ids": golden["tokens"].long()}
    if is_pair:
        inputs = {"input_ids": golden["sources"].long(), "attention_mask": golden["sourceMask"].long(), "decoder_input_ids": inputs["input_ids"]}
    with torch.no_grad():
        logits = model.double()(**inputs).logits.float()
    error = ((logits - golden["logits"]).abs().max() / golden["logits"].abs().max()).item()
    assert error < tolerance, f"{folder.name} {weights}: logits differ by {error}"
    print(f"{folder.name} {' '.join(weights) or 'float32'}: {type(model).__name__}, logits differ by {error:.1e}")


for folder in sorted(path for path in fixtures.iterdir() if path.is_dir()):
    check(folder, [], 1e-4)
    check(folder, ["bfloat16"], 0.1)
sys.exit(0)
