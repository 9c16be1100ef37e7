"""Reads files that this project wrote with the Python library and compares values, types and metadata.

Run from the repository root: python tools/parity/tensor-core/check_safetensors.py
"""

import json
import pathlib
import subprocess
import tempfile

import torch
from safetensors import safe_open
from safetensors.torch import load_file

HERE = pathlib.Path(__file__).parent
EXPECTED = {
    "π.weight": torch.tensor([[0, -0.5, 1e-40], [float("inf"), 3.4e38, 7]]),
    "bits": torch.tensor([1, -2, float("inf")], dtype=torch.bfloat16),
    "half": torch.tensor([[1, 2.0**-24]], dtype=torch.float16),
    "long": torch.tensor([-(2**63), 5]),
    "double": torch.tensor(3.141592653589793, dtype=torch.float64),
    "flags": torch.tensor([True, False, True]),
    "bytes": torch.tensor([1, 2, 3, 4, 255], dtype=torch.uint8),
    "none": torch.zeros(0, 7, dtype=torch.int32),
}


def compare(tensors):
    assert tensors.keys() == EXPECTED.keys(), tensors.keys()
    for name, expected in EXPECTED.items():
        assert tensors[name].dtype == expected.dtype and tensors[name].shape == expected.shape, name
        assert torch.equal(tensors[name], expected), (name, tensors[name])


with tempfile.TemporaryDirectory() as folder:
    command = ["node", "--conditions=@lemanic/source", "--import", "tsx", str(HERE / "write-safetensors.ts"), folder]
    subprocess.run(command, check=True)
    root = pathlib.Path(folder)
    compare(load_file(root / "single.safetensors"))
    with safe_open(root / "single.safetensors", "pt") as file:
        assert file.metadata() == {"made": "here", "by": '"us"\n'}, file.metadata()
    index = json.loads((root / "shards/model.safetensors.index.json").read_text())
    merged = {}
    for file in sorted(set(index["weight_map"].values())):
        merged |= load_file(root / "shards" / file)
    compare(merged)
    assert len(set(index["weight_map"].values())) > 2
print("ok: Python reads the files written here")
