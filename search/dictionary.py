"""What a dictionary knows of a language: irregular forms, and which words are words at all.

Needed when an index is built. What searching needs of it is written into the index then.
"""

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from zipfile import BadZipFile
from zlib import crc32

import numpy as np
import numpy.typing as npt

from search.analysis import FOLDED, analyzer, normalise

_MAKE = 1  # raise when another list is made of the same dictionary

BitArray = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class WordList:
    """What the dictionary of a language says; empty for a language without one."""

    # Words whose stem is not that of their base form, with the stem of the latter (`geladen` and
    # `laedt` with `lad`), and the other way round.
    bases: Mapping[str, Sequence[str]]
    forms: Mapping[str, Sequence[str]]
    ordinary: BitArray  # every word of the language, inflected ones too; see `marks`


@lru_cache(maxsize=8)
def word_list(language: str) -> WordList:
    """The dictionary of a language. Needed to build an index, not to search it.

    Reading simplemma's takes four seconds (1.1 million German words) and 100 MB, so what is needed
    of it is kept in the user's cache folder; without one every process reads it again.
    """
    made_by = f"{_MAKE}-{version('simplemma')}-{version('PyStemmer')}"
    path = _cache_path(f"words-{language}-{made_by}.npz")
    kept = path and _kept(path)
    pairs, ordinary = kept or _read_dictionary(language)
    if path and not kept:
        _keep(path, pairs, ordinary)
    bases: dict[str, list[str]] = {}
    forms: dict[str, list[str]] = {}
    for word, base in map(str.split, pairs):
        bases.setdefault(word, []).append(base)
        forms.setdefault(base, []).append(word)
    return WordList(bases, forms, ordinary)


def _cache_path(name: str) -> Path | None:
    with suppress(RuntimeError):  # a user without a home
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "lotse", name)
    return None


def _kept(path: Path) -> tuple[list[str], BitArray] | None:
    try:
        with path.open("rb") as file, np.load(file) as kept:
            return kept["pairs"].tobytes().decode().splitlines(), kept["ordinary"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def _keep(path: Path, pairs: Sequence[str], ordinary: BitArray) -> None:
    written = path.with_suffix(f".{os.getpid()}.npz")
    with suppress(OSError):  # kept only to save time
        path.parent.mkdir(parents=True, exist_ok=True)
        text = np.frombuffer("\n".join(pairs).encode(), np.uint8)
        np.savez(written, pairs=text, ordinary=ordinary)
        written.replace(path)


# Participles that the dictionary has as adjectives of their own: `gereinigt` is of `reinigen`.
_PARTICIPLE = re.compile(r"([a-zäöü]*?)ge([a-zäöüß]{4,})t")


def _read_dictionary(language: str) -> tuple[list[str], BitArray]:
    """Pairs `word stem-of-its-base` where the word's own stem is another, and all words marked."""
    from simplemma.strategies import DefaultDictionaryFactory

    try:
        # A factory of our own, so that what it reads is free again afterwards.
        entries = list(DefaultDictionaryFactory().get_dictionary(language).items())
    except ValueError:
        entries = []  # a language that it does not have
    words = _folded(word for word, _ in entries)
    pairs = list(zip(words, _folded(base for _, base in entries), strict=True))
    # What is a base form itself is left alone: `Schloss` is no past tense of `schließen`.
    own = {word for word, base in pairs if word == base}
    pairs = [(w, b) for w, b in pairs if w not in own and w.isalpha() and b.isalpha()]
    adjectives = (_PARTICIPLE.fullmatch(word) for word, base in entries if word == base)
    verbs = ((normalise(a[0]), normalise(f"{a[1]}{a[2]}en")) for a in adjectives if a)
    pairs += [(word, verb) for word, verb in verbs if verb in own]
    stem = analyzer(language).terms
    stems = zip(stem([word for word, _ in pairs]), stem([base for _, base in pairs]), strict=True)
    irregular = (
        f"{word} {base}"
        for (word, _), (own_stem, base) in zip(pairs, stems, strict=True)
        if own_stem != base
    )
    return list(dict.fromkeys(irregular)), _marked(words)


# Four marks a word, among 16 million for 1.2 million words: a Bloom filter that one in 250 other
# words passes by chance.
_MASK, _MIX, _MARKS = 0xFFFFFF, 0x9E3779B1, 4


def marks(word: str) -> list[int]:
    """Where a normalised word is marked among the ordinary ones."""
    first = crc32(word.encode())
    return [(first + n * (first * _MIX >> 8)) & _MASK for n in range(_MARKS)]


def _marked(words: Iterable[str]) -> BitArray:
    marks = np.zeros(_MASK + 1, np.bool_)
    first = np.fromiter((crc32(word.encode()) for word in words), np.uint64)
    for n in range(_MARKS):
        marks[(first + n * (first * _MIX >> 8)) & _MASK] = True
    return np.packbits(marks, bitorder="little")


def _folded(words: Iterable[str]) -> list[str]:
    """Words normalised; all in one string, which takes a third of the time of one by one."""
    text = unicodedata.normalize("NFKC", "\n".join(words)).casefold()
    for letter, plain in FOLDED.items():
        text = text.replace(chr(letter), plain)
    return [word if word.isascii() else normalise(word) for word in text.split("\n")]
