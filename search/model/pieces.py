"""A Unigram tokenizer.json written in SentencePiece's form, which needs a fifth of the memory."""

import json
from pathlib import Path
from typing import Any

from search.model.probes import PROBES
from search.tokenizer import PIECES, TOKENIZER, UnigramTokenizer, WholeTokenizer

# SentencePiece's kinds of pieces.
_NORMAL, _UNKNOWN, _CONTROL = 1, 2, 3
_UNIGRAM = 1
_SPECIAL = {"<s>": "bos_id", "</s>": "eos_id", "<pad>": "pad_id"}

# Where the two libraries could differ: spaces, marks, several scripts, unknown characters. Not
# `<s>` and the like: there they differ on purpose, SentencePiece reads a customer's "<s>" as text.
_NASTY = (
    "", "a", " a  b ", "\tZeile\n\nZeile", "\ufeffBOM", "E-Bike (25 km/h) – 2.299,00 €!",
    "ﬁ Ⅷ ½ ＡＢ", "Größe Gro\u0308ße", "emoji 🔥 ok", "日本語 текст عربي", "x" * 300, "\u200bAkku",
)  # fmt: skip
_LONG = 10_000  # tokens; nothing is cut while comparing


def compact(folder: Path) -> bool:
    """Replace tokenizer.json in `folder` by its normaliser and a SentencePiece file.

    Returns False, and leaves the folder as it was, unless the tokenizer is a Unigram model of the
    usual kind and both give the same ids on all probe texts.
    """
    whole = json.loads((folder / TOKENIZER).read_bytes())
    if not _is_usual(whole):
        return False
    from tokenizers import Tokenizer

    original = WholeTokenizer(Tokenizer.from_file(str(folder / TOKENIZER)), _LONG)
    slim = json.dumps(_without_vocabulary(whole))
    (folder / PIECES).write_bytes(_pieces(whole["model"]))
    converted = UnigramTokenizer(Tokenizer.from_str(slim), folder / PIECES, _LONG)
    if any(original.tokens(text).ids != converted.tokens(text).ids for text in (*PROBES, *_NASTY)):
        (folder / PIECES).unlink()
        return False
    (folder / TOKENIZER).write_text(slim, encoding="utf-8")
    return True


def _is_usual(tokenizer: dict[str, Any]) -> bool:
    before = tokenizer.get("pre_tokenizer") or {}
    return (
        tokenizer["model"].get("type") == "Unigram"
        and tokenizer.get("normalizer") is not None
        and before.get("type") == "Metaspace"
        and before.get("prepend_scheme") == "always"
        and {piece for piece, _ in tokenizer["model"]["vocab"][:10]} >= set(_SPECIAL)
    )


def _without_vocabulary(tokenizer: dict[str, Any]) -> dict[str, Any]:
    model = {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0]]}
    return {
        "version": tokenizer["version"],
        "added_tokens": [],
        "normalizer": tokenizer["normalizer"],
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": None,
        "model": model,
    }


def _pieces(model: dict[str, Any]) -> bytes:
    from sentencepiece import sentencepiece_model_pb2

    messages: Any = sentencepiece_model_pb2
    proto = messages.ModelProto()
    trainer = proto.trainer_spec
    trainer.model_type, trainer.unk_id = _UNIGRAM, model["unk_id"]
    for number, (text, score) in enumerate(model["vocab"]):
        piece = proto.pieces.add()
        piece.piece, piece.score, piece.type = text, score, _NORMAL
        if number == model["unk_id"]:
            piece.type = _UNKNOWN
        elif text in _SPECIAL or text == "<mask>":
            piece.type = _CONTROL
        if text in _SPECIAL:
            setattr(trainer, _SPECIAL[text], number)
    rules = proto.normalizer_spec
    rules.name = "identity"
    rules.add_dummy_prefix = rules.escape_whitespaces = True
    rules.remove_extra_whitespaces = False
    data: bytes = proto.SerializeToString()
    return data
