"""Writes golden values of Hugging Face's tokenizers for the byte-level BPE of packages/transformer.

    python tools/parity/tokenizer-golden.py

Needs Python's `tokenizers` (made with 0.23.2). Rewrites
packages/transformer/src/tokenizer/fixtures/hugging-face-golden.json: the training text, what
BpeTrainer learns from it with each pre-tokenizer, files in the shapes that published checkpoints
use, and encodings of awkward strings by each.
"""

import json
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

root = Path(__file__).resolve().parents[2]
fixtures = root / "packages/transformer/src/tokenizer/fixtures"

GPT4 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Qwen's pattern: single digits, otherwise like GPT-4; here the general path of `{ pattern }`.
QWEN = GPT4.replace("{1,3}", "")

# Written for this file, but for the first paragraph (Herman Melville, Moby-Dick, 1851).
TEXTS = [
    "Call me Ishmael. Some years ago—never mind how long precisely—having little or no money in my purse, and "
    "nothing particular to interest me on shore, I thought I would sail about a little and see the watery part of "
    "the world. It is a way I have of driving off the spleen and regulating the circulation. Whenever I find myself "
    "growing grim about the mouth; whenever it is a damp, drizzly November in my soul; whenever I find myself "
    "involuntarily pausing before coffin warehouses, and bringing up the rear of every funeral I meet; and especially "
    "whenever my hypos get such an upper hand of me, that it requires a strong moral principle to prevent me from "
    "deliberately stepping into the street, and methodically knocking people's hats off—then, I account it high time "
    "to get to sea as soon as I can.",
    "We've 12 boats, 345 oars and 67890 nets; they're new, aren't they? I'll say I'd SEE 'em. IT'S FINE, WE'LL GO!",
    "Le lac Léman s'étend de Genève à Montreux ; l'été, l'eau y est tiède.\nÀ l'aube, un pêcheur relève ses filets…\n\n",
    "Der Föhn weht über den See; größere Wellen schlagen ans Ufer.\r\n\tSiehst du's nicht?\r\n",
    "湖は静かで、山の影が水に映っている。 Озеро тихое. البحيرة هادئة ۱۲۳ ٤٥٦",
    "for (let i = 0; i < 10; i++) {\n    total += values[i] * 2;  // sum\n}\n",
    "aaaa aaaaa aaaaaaaa abababab banana bananas =====---=====",
    "🙂🙃 👩‍👩‍👧 e\u0301 \u00a0\u2003\u0085 x\ufeffy ½ Ⅷ ²",
]

PROBES = [
    "",
    " ",
    "   ",
    "a",
    "Call me Ishmael.",
    "  leading and trailing  ",
    "tabs\tand\nnew\n\nlines \n \r\n mixed\r\n",
    "can't CAN'T we'll WE'LL 'tis o'clock' 'S 'ſ",
    "x1y22z333w4444 12345678901234567890",
    "naïve café, Zürich — “quoted” …",
    "日本語のテキスト と 한국어 텍스트 и русский",
    "🙂🙃👩‍👩‍👧🏽 e\u0301\u0301",
    "\u0000\u0001\u007f\u0080\u0085\u00a0\u00ad\u2028\u3000\ufeff\ufffd\U0010ffff",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "abab" * 40 + "banana",
    "unseenwordswithoutanyspacesatallwhichgoonandonandonuntiltheheapisneededbecausetheyarelongerthananyscanwouldtolerate",
    "before<|endoftext|>after <|endoftext|> <|end<|endoftext|>",
    "if (x) {\n\treturn x * 2;\n}\n\n\n",
]


def pre_tokenizer(kind):
    byte_level = pre_tokenizers.ByteLevel
    if kind == "gpt2":
        return byte_level(add_prefix_space=False)
    plain = byte_level(add_prefix_space=False, use_regex=False)
    if kind == "none":
        return plain
    pattern = {"gpt4": GPT4, "qwen": QWEN}[kind]
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), plain])


def train(kind, merges, minimum_frequency, special=("<|endoftext|>", "<|pad|>")):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer(kind)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=256 + len(special) + merges,
        min_frequency=minimum_frequency,
        special_tokens=list(special),
        initial_alphabet=byte_level_alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def byte_level_alphabet():
    return pre_tokenizers.ByteLevel.alphabet()


def encodings(tokenizer):
    return [tokenizer.encode(probe).ids for probe in PROBES]


trained = []
for kind, merges, minimum_frequency in [("gpt2", 600, 1), ("gpt4", 400, 2), ("none", 300, 1)]:
    tokenizer = train(kind, merges, minimum_frequency)
    trained.append(
        {
            "preTokenizer": kind,
            "vocabularySize": 258 + merges,
            "minimumFrequency": minimum_frequency,
            "merges": [" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]],
            "encodings": encodings(tokenizer),
        }
    )

files = []


def add_file(name, tokenizer, change=None):
    content = json.loads(tokenizer.to_str())
    if change is not None:
        change(content)
        tokenizer = Tokenizer.from_str(json.dumps(content))
    files.append({"name": name, "file": content, "encodings": encodings(tokenizer)})


def old_merges(content):
    content["model"]["merges"] = [" ".join(pair) for pair in content["model"]["merges"]]


add_file("gpt2, merges as strings", train("gpt2", 60, 1), old_merges)

llama = train("gpt4", 60, 1, special=("<|begin_of_text|>", "<|endoftext|>"))
llama.post_processor = processors.Sequence(
    [
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(
            single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|> $B",
            special_tokens=[("<|begin_of_text|>", 0)],
        ),
    ]
)


def whole_words(content):
    # A token that no merge makes: ignore_merges must find it all the same.
    content["model"]["ignore_merges"] = True
    content["model"]["vocab"]["Ishmael"] = len(content["model"]["vocab"])
    content["model"]["vocab"]["ĠIshmael"] = len(content["model"]["vocab"])


add_file("Llama 3: template, ignore_merges", llama, whole_words)

roberta = train("gpt2", 60, 1, special=("<s>", "</s>", "<|endoftext|>"))
roberta.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
roberta.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
roberta.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
roberta.add_tokens([AddedToken("<|end", normalized=False, rstrip=True)])
add_file("RoBERTa: prefix space, stripping tokens", roberta)

qwen = train("qwen", 60, 1)
qwen.normalizer = normalizers.NFC()
add_file("Qwen: NFC, pattern", qwen)

starcoder = train("gpt2", 60, 1)
starcoder.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
)
add_file("StarCoder: digits, then gpt2", starcoder)

golden = {
    "writtenBy": f"tools/parity/tokenizer-golden.py with tokenizers {tokenizers.__version__}",
    "texts": TEXTS,
    "probes": PROBES,
    "trained": trained,
    "files": files,
}
fixtures.mkdir(parents=True, exist_ok=True)
path = fixtures / "hugging-face-golden.json"
path.write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
print(f"{path.relative_to(root)}: {path.stat().st_size} bytes")
