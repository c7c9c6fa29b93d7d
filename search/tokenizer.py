"""Texts to token ids, as the model was trained to read them.

The `tokenizers` library keeps 280 MB for a Unigram vocabulary of 250,000 pieces; SentencePiece
keeps 57 MB for the same and is three times as fast. So prepared models of that kind come with a
SentencePiece file, and `tokenizers` only normalises. All others use `tokenizers` for everything.
"""

from pathlib import Path
from typing import Protocol

from sentencepiece import SentencePieceProcessor
from tokenizers import Tokenizer

from kb.errors import ModelError

TOKENIZER = "tokenizer.json"
PIECES = "pieces.model"


class TextTokenizer(Protocol):
    """Called by OnnxEncoder. Safe to share between threads, and with forked processes."""

    def ids(self, text: str) -> list[int]:
        """Token ids of a text with the model's start and end tokens, cut to its limit."""


def open_tokenizer(folder: Path, max_tokens: int) -> TextTokenizer:
    """The tokenizer of a prepared model. Raises ModelError when it cannot be read."""
    try:
        whole = Tokenizer.from_file(str(folder / TOKENIZER))
        if (folder / PIECES).exists():
            return UnigramTokenizer(whole, folder / PIECES, max_tokens)
        return WholeTokenizer(whole, max_tokens)
    except Exception as error:  # tokenizers raises Exception itself
        raise ModelError(
            f"The tokenizer in {folder} cannot be read; run `kb model prepare`."
        ) from error


class WholeTokenizer:
    """Any model's tokenizer, run by `tokenizers`."""

    def __init__(self, tokenizer: Tokenizer, max_tokens: int) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens)
        self._tokenizer = tokenizer

    def ids(self, text: str) -> list[int]:
        # encode_batch would start a thread pool, which must not exist before a fork.
        found: list[int] = self._tokenizer.encode(text).ids
        return found


class UnigramTokenizer:
    """A Unigram vocabulary in SentencePiece's own form; see `search.model.pieces`."""

    def __init__(self, normalising: Tokenizer, pieces: Path, max_tokens: int) -> None:
        self._normalise = normalising.normalizer.normalize_str
        self._pieces = SentencePieceProcessor(model_file=str(pieces))
        self._first, self._last = self._pieces.bos_id(), self._pieces.eos_id()
        self._room = max_tokens - 2

    def ids(self, text: str) -> list[int]:
        # SentencePiece puts a space in front of every text, `tokenizers` only where none is.
        plain = self._normalise(text).removeprefix(" ")
        inner: list[int] = self._pieces.encode(plain)
        return [self._first, *inner[: self._room], self._last]
