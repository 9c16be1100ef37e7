"""Writes the files under packages/tensor-core/src/safetensors/fixtures with the Python libraries.

Needs numpy, torch, safetensors and huggingface_hub. Values follow simple rules that the TypeScript tests repeat.

Run: python tools/parity/tensor-core/safetensors_files.py
"""

import hashlib
import json
import pathlib
import shutil

import huggingface_hub
import numpy as np
import safetensors
import torch
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).parents[3] / "packages/tensor-core/src/safetensors/fixtures"

TYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U8": torch.uint8, "U16": torch.uint16, "U32": torch.uint32, "U64": torch.uint64, "BOOL": torch.bool,
    "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2,
}


def value(dtype):
    """A [2, 3] tensor of known values: i·0.75 − 1 for floats, 3·i for integers, odd i for booleans."""
    index = torch.arange(6).reshape(2, 3)
    if dtype.is_floating_point:
        return (index * 0.75 - 1).to(dtype)
    if dtype == torch.bool:
        return index % 2 == 1
    return (3 * index).to(dtype)


def files():
    tensors = {f"layer.{name.lower()}": value(dtype) for name, dtype in TYPES.items()}
    tensors["scalar"] = torch.tensor(2.5)
    tensors["empty"] = torch.zeros(0, 4)
    tensors["π \"quoted\"\n"] = torch.arange(3, dtype=torch.int32)
    save_file(tensors, OUT / "all-types.safetensors", metadata={"format": "pt"})
    save_file({"b": torch.ones(2), "a": torch.arange(3, dtype=torch.uint8)}, OUT / "odd-bytes.safetensors")
    shards = OUT / "sharded"
    shutil.rmtree(shards, ignore_errors=True)
    state = {f"blocks.{i}.weight": torch.full((4, 5), float(i)) for i in range(5)}
    shards.mkdir()
    huggingface_hub.save_torch_state_dict(state, shards, max_shard_size=170)


def canonical(bits, mask, infinity, nan):
    return np.where((bits & mask) > infinity, nan, bits).astype(bits.dtype)


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def halves():
    """Every 16-bit pattern to float32, and every rounding boundary back; NaN made canonical."""
    patterns = np.arange(65536, dtype=np.uint16)
    as_float = lambda values: canonical(values.astype(np.float32).view(np.uint32), 0x7FFFFFFF, 0x7F800000, 0x7FC00000)
    half = as_float(patterns.view(np.float16))
    brain = as_float(torch.from_numpy(patterns.view(np.int16).copy()).view(torch.bfloat16).float().numpy())
    # float16: each value, the middle between it and the next, and the float32 neighbours of the middle, both signs
    finite = np.arange(0x7C00, dtype=np.uint16).view(np.float16).astype(np.float32)
    following = np.append(finite[1:], np.float32(65536))
    middle = ((finite.astype(np.float64) + following) / 2).astype(np.float32)
    below = np.nextafter(middle, np.float32(-1), dtype=np.float32)
    above = np.nextafter(middle, np.float32(1e9), dtype=np.float32)
    inputs = np.concatenate([finite, below, middle, above])
    inputs = np.concatenate([inputs, -inputs])
    with np.errstate(over="ignore"):
        to_half = inputs.astype(np.float16).view(np.uint16)
    words = ((patterns.astype(np.uint32) << 16)[:, None] | np.array([0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF], np.uint32)).reshape(-1)
    to_brain = torch.from_numpy(words.view(np.float32).copy()).to(torch.bfloat16).view(torch.int16).numpy().view(np.uint16)
    fixture = {
        "source": f"tools/parity/tensor-core/safetensors_files.py, numpy {np.__version__}, torch {torch.__version__}",
        "float16ToFloat32": digest(half),
        "bfloat16ToFloat32": digest(brain),
        "float32ToFloat16": digest(to_half),
        "float32ToBfloat16": digest(canonical(to_brain, 0x7FFF, 0x7F80, 0x7FC0)),
    }
    (OUT / "half-precision.json").write_text(json.dumps(fixture, indent=1) + "\n")


files()
halves()
print("safetensors", safetensors.__version__)
