"""Phrases with meanings, found among the words of a question."""

import re
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from search.analysis import normalise, tokens

# Stand for a number and for a product's name among the words; neither is a word itself.
NUMBER, NAME = "#", "@"
_GAP = 2  # words that may stand between two of a phrase

# Numbers with their separators, and letters; digits and letters part, as in `25km/h` and `City3`.
_ATOM = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")


def atoms(text: str) -> list[str]:
    """The normalised words of a text, cut at marks and between digits and letters."""
    found: list[str] = []
    for token in tokens(text):
        raw = text[token.start : token.end]
        if token.pieces or raw[0].isdecimal():
            found += map(normalise, _ATOM.findall(raw))
        else:
            found.append(token.word)
    return found


@lru_cache(maxsize=1 << 13)  # the phrases of a catalogue recur in it, and when it is opened anew
def ways_to_write(phrase: str) -> frozenset[tuple[str, ...]]:
    """The words of a phrase; `E-Bike` as two and as one. `…` stands for a number."""
    parts = phrase.split("…")
    apart = f" {NUMBER} ".join(" ".join(atoms(part)) for part in parts)
    joined = f" {NUMBER} ".join(" ".join(token.word for token in tokens(part)) for part in parts)
    return frozenset({tuple(apart.split()), tuple(joined.split())} - {()})


class Role(Enum):
    """What a phrase does in a question."""

    TYPE = auto()  # names the type of product
    ASKED = auto()  # asks for an attribute
    CHOICE = auto()  # one value of an attribute
    MOST = auto()  # asks for the greatest value …
    LEAST = auto()  # … or the smallest
    MORE = auto()  # "heavier than 20 kg" compares the number with this attribute
    LESS = auto()
    COMPARED = auto()  # "which is heavier" asks for an attribute of several products
    IDIOM = auto()  # nothing
    NAME = auto()  # names products


class Meaning(NamedTuple):
    role: Role
    type: str = ""  # of the products it is said of; "" for any
    key: str = ""  # of the attribute; "" where other words tell
    value: str = ""  # of a choice
    products: frozenset[int] = frozenset()  # that are named


class Match(NamedTuple):
    places: tuple[int, ...]  # of the phrase's words in the question
    meanings: tuple[Meaning, ...]


class PhraseBook:
    """Phrases whose words follow each other, compared after `key` was applied to each word.

    Filled once, then only read.
    """

    def __init__(self, key: Callable[[str], str]) -> None:
        self._key = key
        self._meanings: dict[tuple[str, ...], list[Meaning]] = {}
        self._lengths: list[int] = []  # of the phrases, the longest first

    def add(self, phrase: str, meaning: Meaning) -> None:
        for words in ways_to_write(phrase):
            keys = tuple(map(self._key, words))
            if keys not in self._meanings:
                self._meanings[keys] = []
                self._note(keys)
            if meaning not in self._meanings[keys]:
                self._meanings[keys].append(meaning)

    def find(self, words: Sequence[str]) -> Iterator[Match]:
        """Every phrase in every place, of those that begin together the longest first."""
        keys = list(map(self._key, words))
        for place in range(len(keys)):
            for length in self._lengths:
                places = range(place, min(place + length, len(keys)))
                found = self._meanings.get(tuple(keys[place : place + length]))
                if found and len(places) == length:
                    yield Match(tuple(places), tuple(found))

    def _note(self, phrase: tuple[str, ...]) -> None:
        self._lengths = sorted({*self._lengths, len(phrase)}, reverse=True)


class LoosePhraseBook(PhraseBook):
    """Phrases between whose words a few others may stand."""

    def __init__(self, key: Callable[[str], str], is_filling: Callable[[str], bool]) -> None:
        """`is_filling` tells which words may stand between in any number."""
        super().__init__(key)
        self._is_filling = is_filling
        self._by_first: dict[str, list[tuple[str, ...]]] = {}

    def find(self, words: Sequence[str]) -> Iterator[Match]:
        keys = list(map(self._key, words))
        costs = [not (word in (NUMBER, NAME) or self._is_filling(word)) for word in words]
        for place, key in enumerate(keys):
            for phrase in self._by_first.get(key, ()):
                if places := _follow(keys, costs, place, phrase):
                    yield Match(places, tuple(self._meanings[phrase]))

    def _note(self, phrase: tuple[str, ...]) -> None:
        same_start = self._by_first.setdefault(phrase[0], [])
        same_start.append(phrase)
        same_start.sort(key=len, reverse=True)


def _follow(
    keys: Sequence[str], costs: Sequence[bool], place: int, phrase: Sequence[str]
) -> tuple[int, ...] | None:
    """The places of a phrase's words, or None where words that cost fill more than a gap."""
    places = [place]
    for wanted in phrase[1:]:
        left = _GAP
        place += 1
        while place < len(keys) and keys[place] != wanted:
            left -= costs[place]
            if left < 0:
                return None
            place += 1
        if place == len(keys):
            return None
        places.append(place)
    return tuple(places)
