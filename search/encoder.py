"""Texts in; out comes a vector for each text, and the state of each of its words.

Needs onnxruntime, tokenizers and numpy, and a folder written by `search.model.prepare`. Torch
and sentence-transformers are not involved.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from kb.errors import ModelMissing
from search.model.store import GRAPH, ModelFacts, find_model, read_facts
from search.session import Session
from search.tokenizer import NO_WORD, TextTokenizer, open_tokenizer

__all__ = ["Encoded", "Encoder", "FloatArray", "OnnxEncoder", "find_model", "open_encoder"]

FloatArray = NDArray[np.float32]

# Texts per batch of `encode_passages`: about a second of work, the most an interruption loses.
BATCH = 64


class Encoded(NamedTuple):
    """What the encoder makes of a text."""

    vector: FloatArray  # (dimensions,), unit length: the text as a whole
    # (words, hidden), float32: the mean state of each word of `text.split()` in its context, less
    # what all texts share. Words beyond the encoder's limit are left out.
    words: FloatArray


class Encoder(Protocol):
    """Called by Searcher (queries) and the indexer (passages). Safe to use from many threads."""

    @property
    def name(self) -> str:
        """The model's name, for people."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever vectors would change."""

    @property
    def dimensions(self) -> int:
        """Length of every text's vector."""

    @property
    def hidden(self) -> int:
        """Length of every word's state."""

    def encode_query(self, text: str) -> Encoded:
        """One question."""

    def encode_passages(self, texts: Sequence[str]) -> Iterator[tuple[list[int], list[Encoded]]]:
        """Batches of (indices into `texts`, what is made of each).

        Every index comes exactly once. Each batch is yielded as soon as it is done, so that a
        caller can keep it, and show progress, before the rest is encoded.
        """


class OnnxEncoder:
    """A prepared model, run by onnxruntime.

    Every text is encoded on its own: int8 activations are scaled over the whole input, so in a
    batch a text's vector would depend on its neighbours and on padding. Alone, a text always
    gets the same vector. It costs nothing for passages (decision record 0003); work is spread
    by encoding `threads` texts at a time, each on one thread.

    The tokenizer is loaded by `open` and shared with processes forked later; each of them opens
    the model for itself.
    """

    def __init__(
        self, folder: Path, facts: ModelFacts, tokenizer: TextTokenizer, threads: int
    ) -> None:
        self.facts = facts
        self._tokenizer = tokenizer
        self._threads = threads
        self._session = Session(folder / GRAPH)

    @classmethod
    def open(cls, folder: Path, threads: int = 1, verify: bool = True) -> Self:
        """Open a prepared model; `threads` is how many passages are encoded at a time.

        Raises ModelError when the folder is damaged.
        """
        return cls.open_with(read_facts(folder, verify), folder, threads)

    @classmethod
    def open_with(cls, facts: ModelFacts, folder: Path, threads: int = 1) -> Self:
        """Open a folder whose manifest is known, or not written yet."""
        tokenizer = open_tokenizer(folder, facts.max_tokens)
        return cls(folder, facts, tokenizer, max(1, threads))

    @property
    def name(self) -> str:
        return self.facts.name

    @property
    def fingerprint(self) -> str:
        return self.facts.fingerprint

    @property
    def dimensions(self) -> int:
        return self.facts.dimensions

    @property
    def hidden(self) -> int:
        return self.facts.hidden

    def encode_query(self, text: str) -> Encoded:
        return self._encode(self.facts.query_prompt, text)

    def encode_passages(self, texts: Sequence[str]) -> Iterator[tuple[list[int], list[Encoded]]]:
        with ThreadPoolExecutor(self._threads) as pool:
            for start in range(0, len(texts), BATCH):
                batch = texts[start : start + BATCH]
                encoded = list(pool.map(self._encode_passage, batch))
                yield list(range(start, start + len(batch))), encoded

    def warm_up(self) -> None:
        """Make this process's session now, so that the first question does not wait for it."""
        self.encode_query("")

    def _encode_passage(self, text: str) -> Encoded:
        return self._encode(self.facts.passage_prompt, text)

    def _encode(self, prompt: str, text: str) -> Encoded:
        tokens = self._tokenizer.tokens(prompt + text)
        ids = np.array([tokens.ids], dtype=np.int64)
        vectors, states = self._session.run({"input_ids": ids})
        # A prompt that ends without a space makes one word with the text's first.
        of_prompt = len(f"{prompt}.".split()) - 1
        return Encoded(vectors[0], _words(states[0], tokens.words)[of_prompt:])


def _words(states: FloatArray, words: Sequence[int]) -> FloatArray:
    """The mean state of each word, (words, hidden), of (tokens, hidden).

    A word of which the model sees nothing, as of a lone invisible character, is zero.
    """
    owner = np.array(words)
    seen = owner != NO_WORD
    size = int(owner.max(initial=NO_WORD)) + 1
    means = np.zeros((size, states.shape[1]), np.float32)
    np.add.at(means, owner[seen], states[seen])
    counts = np.bincount(owner[seen], minlength=size).astype(np.float32)
    means /= np.maximum(counts, 1)[:, None]
    return means


def open_encoder(
    models: Path, threads: int = 1, fingerprint: str | None = None
) -> OnnxEncoder | None:
    """The model with this fingerprint below `models`, else the one in use; None without any.

    Raises ModelError when it is damaged.
    """
    try:
        return OnnxEncoder.open(find_model(models, fingerprint), threads)
    except ModelMissing:
        return open_encoder(models, threads) if fingerprint else None
