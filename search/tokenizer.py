"""Texts to token ids, as the model was trained to read them.

The `tokenizers` library keeps 280 MB for a Unigram vocabulary of 250,000 pieces; SentencePiece
keeps 57 MB for the same and is three times as fast. So prepared models of that kind come with a
SentencePiece file, and `tokenizers` only normalises. All others use `tokenizers` for everything.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple, Protocol

from sentencepiece import SentencePieceProcessor
from tokenizers import Tokenizer

from kb.errors import ModelError

TOKENIZER = "tokenizer.json"
PIECES = "pieces.model"


class Tokens(NamedTuple):
    """A text as the model reads it, with its start and end tokens, cut to its limit."""

    ids: list[int]
    words: list[int]  # for each token the number of its word in `text.split()`; NO_WORD for none


NO_WORD = -1
_SPACE = "\u2581"  # what SentencePiece writes for the space in front of a word


class TextTokenizer(Protocol):
    """Called by OnnxEncoder. Safe to share between threads, and with forked processes."""

    def tokens(self, text: str) -> Tokens:
        """The tokens of a text, and the words they belong to."""


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

    def tokens(self, text: str) -> Tokens:
        # encode_batch would start a thread pool, which must not exist before a fork.
        found = self._tokenizer.encode(text)
        ends = list(accumulate(len(word) for word in text.split()))
        letters = list(accumulate((not c.isspace() for c in text), initial=0))
        words = [
            bisect_right(ends, letters[start]) if letters[end] > letters[start] else NO_WORD
            for start, end in found.offsets
        ]
        return Tokens(found.ids, words)


class UnigramTokenizer:
    """A Unigram vocabulary in SentencePiece's own form; see `search.model.pieces`."""

    def __init__(self, normalising: Tokenizer, pieces: Path, max_tokens: int) -> None:
        self._normalise = normalising.normalizer.normalize_str
        self._pieces = SentencePieceProcessor(model_file=str(pieces))
        self._first, self._last = self._pieces.bos_id(), self._pieces.eos_id()
        self._room = max_tokens - 2

    def tokens(self, text: str) -> Tokens:
        # SentencePiece puts a space in front of every text, `tokenizers` only where none is.
        ids: list[int] = self._pieces.encode(self._normalise(text).removeprefix(" "))
        starts = (piece.startswith(_SPACE) for piece in self._pieces.id_to_piece(ids))
        words = [number - 1 for number in accumulate(starts)]
        if ids and words[-1] + 1 != len(text.split()):
            words = self._renumbered(words, text)
        return Tokens(
            [self._first, *ids[: self._room], self._last],
            [NO_WORD, *words[: self._room], NO_WORD],
        )

    def _renumbered(self, words: Sequence[int], text: str) -> list[int]:
        """Numbers of words as `text` has them, where normalising made two of one, or none."""
        owners = [
            number
            for number, word in enumerate(text.split())
            for _ in self._normalise(word).split()
        ]
        return [owners[word] if word < len(owners) else NO_WORD for word in words]
