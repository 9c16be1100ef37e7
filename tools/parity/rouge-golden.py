"""Writes packages/summarization/src/fixtures/rouge.json: ROUGE scores from an implementation that shares nothing with ours.

N-gram overlap by multiset intersection; the longest common subsequence by enumerating the candidate's subsequences from
long to short (exponential, so the texts are short). Run: python3 tools/parity/rouge-golden.py
"""

import itertools
import json
import random
import re
from collections import Counter
from pathlib import Path

OUT = Path(__file__).resolve().parents[2] / "packages/summarization/src/fixtures/rouge.json"


def words(text):
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).split()


def score(overlap, candidate, reference):
    if overlap == 0:
        return [0.0, 0.0, 0.0]
    precision, recall = overlap / candidate, overlap / reference
    return [precision, recall, 2 * precision * recall / (precision + recall)]


def n_grams(tokens, n):
    return Counter(zip(*(tokens[i:] for i in range(n))))


def rouge_n(candidate, reference, n):
    ours, theirs = n_grams(words(candidate), n), n_grams(words(reference), n)
    return score((ours & theirs).total(), ours.total(), theirs.total())


def is_subsequence(needle, haystack):
    rest = iter(haystack)
    return all(word in rest for word in needle)


def rouge_l(candidate, reference):
    ours, theirs = words(candidate), words(reference)
    for length in range(len(ours), 0, -1):
        if any(is_subsequence(chosen, theirs) for chosen in itertools.combinations(ours, length)):
            return score(length, len(ours), len(theirs))
    return score(0, len(ours), len(theirs))


def main():
    generator = random.Random(2004)
    vocabulary = "The lake, a storm; the boats rose - and fell again! In 1899 (winter) it's calm.".split()
    texts = [" ".join(generator.choices(vocabulary, k=generator.randint(0, 11))) for _ in range(80)]
    cases = []
    for candidate, reference in zip(texts[::2], texts[1::2]):
        scores = {f"rouge{n}": rouge_n(candidate, reference, n) for n in (1, 2, 3)}
        cases.append({"candidate": candidate, "reference": reference, **scores, "rougeL": rouge_l(candidate, reference)})
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"source": "tools/parity/rouge-golden.py", "cases": cases}, indent=1) + "\n")


main()
