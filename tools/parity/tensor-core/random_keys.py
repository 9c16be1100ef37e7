"""Writes packages/tensor-core/src/random/fixtures/random.json: golden values for random keys and numbers.

Needs jax, numpy and scipy. Threefry comes from JAX; the bit stream, uniform and normal numbers are rebuilt here in
NumPy from their written definition, and normal quantiles are compared with SciPy's.

Run: python tools/parity/tensor-core/random_keys.py
"""

import hashlib
import json
import pathlib

import jax
import numpy as np
from jax.extend.random import threefry_2x32
from scipy.special import ndtri

OUT = pathlib.Path(__file__).parents[3] / "packages/tensor-core/src/random/fixtures/random.json"


def threefry(key, first, second):
    """Both output words for arrays of counters."""
    counters = np.concatenate([np.asarray(first, np.uint32), np.asarray(second, np.uint32)])
    words = np.asarray(threefry_2x32(np.asarray(key, np.uint32), counters))
    half = len(words) // 2
    return words[:half], words[half:]


def bits(key, count):
    blocks = np.arange((count + 1) // 2, dtype=np.uint32)
    first, second = threefry(key, blocks, np.zeros_like(blocks))
    return np.stack([first, second], axis=1).reshape(-1)[:count]


def uniform(words):
    return ((words >> np.uint32(8)).astype(np.float64) / 2.0**24).astype(np.float32)


A = [3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
     45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727]
B = [1.0, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077,
     21213.794301586595867, 39307.89580009271061, 28729.085735721942674, 5226.495278852854561]
C = [1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
     1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 0.0007745450142783414076]
D = [1.0, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455,
     0.14810397642748007459, 0.0151986665636164571966, 0.0005475938084995344946, 0.00000000105075007164441684324]


def horner(coefficients, x):
    value = np.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = value * x + coefficient
    return value


def log_tail(k):
    mantissa, exponent = np.frexp(k.astype(np.float64))  # mantissa in [1/2, 1)
    mantissa, exponent = mantissa * 2, exponent - 1
    large = mantissa > 1.4142135623730950488
    mantissa = np.where(large, mantissa / 2, mantissa)
    exponent = np.where(large, exponent + 1, exponent)
    s = (mantissa - 1) / (mantissa + 1)
    z = s * s
    series = z / 19 + 1 / 17
    for odd in (15, 13, 11, 9, 7, 5, 3):
        series = series * z + 1 / odd
    series = series * z + 1
    return (exponent - 33) * 0.6931471805599453094 + (2 * s) * series


def normal(words):
    b = words.astype(np.float64)
    q = (b - 2147483647.5) / 4294967296
    central = np.abs(q) <= 0.425
    r = 0.180625 - q * q
    middle = (q * horner(A, r)) / horner(B, r)
    k = 2 * np.where(q < 0, b, 4294967295 - b) + 1
    t = np.sqrt(-log_tail(np.minimum(k, 2.0**31))) - 1.6
    tail = horner(C, t) / horner(D, t)
    return np.where(central, middle, np.where(q < 0, -tail, tail))


def digest(array):
    return hashlib.sha256(array.tobytes()).hexdigest()


def main():
    generator = np.random.default_rng(1)
    triples = generator.integers(0, 2**32, size=(48, 4), dtype=np.uint32)
    cases = []
    for key0, key1, c0, c1 in triples:
        first, second = threefry([key0, key1], [c0], [c1])
        cases.append([int(v) for v in (key0, key1, c0, c1, first[0], second[0])])
    jax.config.update("jax_enable_x64", True)
    seeds = []
    for seed in (0, 1, 42, 2**31, 2**32 - 1, 2**32, 2**53 - 1, 123456789012345):
        seeds.append([seed, *[int(v) for v in np.asarray(jax.random.key_data(jax.random.key(seed, impl='threefry2x32')))]])
    count = 1_000_001
    key = [0xDEADBEEF, 0x12345678]
    words = bits(key, count)
    edge = np.array([0, 1, 2, 3, 7, 1000, 2**24, 322122547, 322122548, 10**9, 2**31 - 1, 2**31, 3 * 10**9,
                     3972844747, 3972844748, 2**32 - 2, 2**32 - 1], np.uint32)
    sample = np.concatenate([edge, generator.integers(0, 2**32, size=111, dtype=np.uint32)])
    b = sample.astype(np.float64)
    lower = b < 2**31
    quantile = np.where(lower, ndtri((b + 0.5) / 2**32), -ndtri((2**32 - 1 - b + 0.5) / 2**32))
    stream = {
        "key": key,
        "count": count,
        "bitsSha256": digest(words.view(np.int32)),
        "uniformSha256": digest(uniform(words)),
        "normalSha256": digest(normal(words).astype(np.float32)),
        "firstBits": [int(v) for v in words[:6].view(np.int32)],
        "firstNormals": [float(v) for v in normal(words)[:6].astype(np.float32)],
    }
    fixture = {
        "source": f"tools/parity/tensor-core/random_keys.py, jax {jax.__version__}",
        "threefry": cases,
        "seeds": seeds,
        "stream": stream,
        "quantiles": [[int(x), float(y)] for x, y in zip(sample, quantile)],
    }
    OUT.write_text(json.dumps(fixture, indent=None, separators=(",", ":")) + "\n")


main()
