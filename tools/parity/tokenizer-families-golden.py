"""Writes golden values of Hugging Face's tokenizers for kinds other than byte-level BPE, and of chat templates.

    python tools/parity/tokenizer-families-golden.py

Needs Python's `tokenizers` and `transformers` (made with 0.23.2, 5.18.0). Rewrites
packages/transformer/src/tokenizer/fixtures/families-golden.json: small tokenizer.json files in the shapes of published
ones (BERT's WordPiece, T5's Unigram, Llama 2's BPE with byte fallback), what they make of awkward strings and what they
decode these to; and chat templates with what transformers renders.
"""

import base64
import json
import struct
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

root = Path(__file__).resolve().parents[2]
path = root / "packages/transformer/src/tokenizer/fixtures/families-golden.json"
TEXTS = json.loads((path.parent / "hugging-face-golden.json").read_text())["texts"]
PROBES = [
    "",
    " ",
    "Call me Ishmael.",
    "  leading and  double spaces  ",
    "unbelievably unseenwords",
    "can't WE'LL naïve café Zürich “quoted” …",
    "x1y22z333 12,345.67",
    "日本語 と 한국어",
    "🙂 e\u0301 tab\tnew\nline",
    "before<extra>after <extra>",
]


PROBES += ["ﬁne ① … done", "e\u0301te\u0301 xyz", "ＡＢ Ａ Ｂ", "각 \u1100\u1161\u11a8", "👩‍👩‍👧 🙂🙂 x\u0301\u0302\u0303", "a\x7fb\u200bc\u00a0d", "\u0301x"]


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(TEXTS, trainers.WordPieceTrainer(vocab_size=220, special_tokens=special, show_progress=False))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    trainer = trainers.UnigramTrainer(vocab_size=200, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    return tokenizer


def character_map(replacements):
    """SentencePiece's precompiled_charsmap of some replacements: a double-array trie as Darts-clone lays it out."""
    text, starts = b"", {}
    for value in replacements.values():
        if value not in starts:
            starts[value] = len(text)
            text += value.encode() + b"\0"
    trie = {}
    for key, value in replacements.items():
        node = trie
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[0] = starts[value]
    units, used, bases = {0: 0}, {0}, set()  # nodes of one base would share their children

    def place(node, position):
        base = 1
        while base in bases or any((base ^ byte) in used for byte in node) or (position ^ base) >= 1 << 21:
            base += 1
        bases.add(base)
        used.update(base ^ byte for byte in node)
        units[position] |= (position ^ base) << 10
        for byte, child in node.items():
            if byte == 0:
                units[position] |= 1 << 8
                units[base] = child | 1 << 31
            else:
                units[base ^ byte] = byte
        for byte, child in node.items():
            if byte != 0:
                place(child, base ^ byte)

    place(trie, 0)
    blob = b"".join(struct.pack("<I", units.get(at, 0)) for at in range(max(units) + 1))
    return struct.pack("<I", len(blob)) + blob + text


REPLACEMENTS = {
    "\t": " ", "\n": " ", "\u3000": " ", "\u00a0": " ", "\u200b": " ", "\x7f": "", "ﬁ": "fi", "①": "1", "…": "...", "“": '"', "”": '"',
    "e\u0301": "é", "ö": "oe", "日": "day", "🙂": ":)", "ＡＢ": "AB", "Ａ": "A", "x": "X", "xy": "never", "각": "gak",
}


def precompiled():
    tokenizer = Tokenizer(models.Unigram())
    content = json.loads(tokenizer.to_str())
    table = base64.b64encode(character_map(REPLACEMENTS)).decode()
    content["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Precompiled", "precompiled_charsmap": table}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]}
    tokenizer = Tokenizer.from_str(json.dumps(content))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    trainer = trainers.UnigramTrainer(vocab_size=200, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(TEXTS + PROBES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    return tokenizer


def byte_fallback():
    base = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    base.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    special = ["<unk>", "<s>", "</s>"]
    base.train_from_iterator(TEXTS[:2], trainers.BpeTrainer(vocab_size=180, special_tokens=special, show_progress=False))
    content = json.loads(base.to_str())
    old, vocab = content["model"]["vocab"], {}
    for token in special + [f"<0x{byte:02X}>" for byte in range(256)] + [token for token in old if token not in special]:
        vocab[token] = len(vocab)
    content["model"]["vocab"] = vocab
    tokenizer = Tokenizer.from_str(json.dumps(content))
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(content=" ", left=1)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return tokenizer


families = []
for name, tokenizer in [("WordPiece", word_piece()), ("Unigram", unigram()), ("BPE with byte fallback", byte_fallback()), ("Unigram with a table of replacements", precompiled())]:
    tokenizer.add_special_tokens([AddedToken("<extra>", special=True)])
    encodings = [tokenizer.encode(probe).ids for probe in PROBES]
    families.append(
        {
            "name": name,
            "file": json.loads(tokenizer.to_str()),
            "encodings": encodings,
            "plain": [tokenizer.encode(probe, add_special_tokens=False).ids for probe in PROBES],
            "decoded": [tokenizer.decode(ids, skip_special_tokens=True) for ids in encodings],
            "normalized": [tokenizer.normalizer.normalize_str(probe) for probe in PROBES],
            "decodedWhole": [tokenizer.decode(ids, skip_special_tokens=False) for ids in encodings],
        }
    )

CHATML = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}<|im_start|>system\nBe brief.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] | trim }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LLAMA = (
    "{%- if messages[0]['role'] == 'system' %}{%- set system = messages[0]['content'] %}{%- set rest = messages[1:] %}"
    "{%- else %}{%- set system = '' %}{%- set rest = messages %}{%- endif %}\n{{- bos_token }}\n"
    "{%- for message in rest %}\n    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{- raise_exception('roles must alternate') }}{%- endif %}\n"
    "    {%- if message['role'] == 'user' %}{{- '[INST] ' + (system + ' ' if loop.first and system else '') + message['content'] + ' [/INST]' }}\n"
    "    {%- else %}{{- ' ' + message['content'] + eos_token }}{%- endif %}\n{%- endfor %}"
)
CHATS = [
    [{"role": "user", "content": " How deep is the sea? "}],
    [{"role": "system", "content": "You are a whale."}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Woo"}, {"role": "user", "content": "More"}],
]
templates = []
for name, template in [("chatml", CHATML), ("llama", LLAMA)]:
    fast = PreTrainedTokenizerFast(tokenizer_object=byte_fallback(), bos_token="<s>", eos_token="</s>", chat_template=template)
    rendered = [[fast.apply_chat_template(chat, tokenize=False, add_generation_prompt=more) for more in (False, True)] for chat in CHATS]
    templates.append({"name": name, "template": template, "rendered": rendered})

golden = {"writtenBy": f"tools/parity/tokenizer-families-golden.py with tokenizers {tokenizers.__version__}", "probes": PROBES, "families": families, "chats": CHATS, "templates": templates}
path.write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
print(f"{path.relative_to(root)}: {path.stat().st_size} bytes")
