"""What the customer may be typing: titles and foreseen questions, found from any of their words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA

from kb.documents import Document
from kb.instructions import addresses_machines
from search.analysis import tokens
from search.lexicon import SortedWords, Words, write_words
from search.mapped import mapped

_KEYS, _ENTRIES, _OWNERS, _PLACES = "suggest-keys", "suggest", "suggest-owner.npy", "suggest-at.npy"
_FOLDED, _HEADS = "suggest-folded", "suggest-words"
_KEY_LENGTH = 60  # letters of a key; more than anybody types before choosing
_SCANNED = 1000  # keys looked at for one word; enough to find the best, few enough for 1 ms
# Unknown words are read as known ones: one slip from so many letters on, two from so many on.
_ONE_SLIP_FROM, _TWO_SLIPS_FROM = 4, 8
_READINGS = 5  # known words that an unknown one may stand for


@dataclass(frozen=True, slots=True)
class Entry:
    text: str
    document: int  # number within the language
    is_title: bool


def write_suggestions(folder: Path, documents: Sequence[Document]) -> None:
    """Write one key a word: the normalised text from that word on."""
    entries = [
        (text, number)
        for number, document in enumerate(documents)
        for text in titles_and_questions(document)
    ]
    words = [[token.word for token in tokens(text)] for text, _ in entries]
    keyed = sorted((key.encode(), number) for number, own in enumerate(words) for key in _keys(own))
    write_words(folder, _KEYS, (key.decode() for key, _ in keyed))
    write_words(folder, _ENTRIES, (text for text, _ in entries))
    write_words(folder, _FOLDED, (" ".join(own)[:_KEY_LENGTH] for own in words))
    write_words(folder, _HEADS, sorted(set(chain.from_iterable(words)), key=str.encode))
    np.save(folder / _PLACES, np.array([number for _, number in keyed], np.int32))
    np.save(folder / _OWNERS, np.array([owner for _, owner in entries], np.int32))


def titles_and_questions(document: Document) -> list[str]:
    """What a document is called and asked for, the title first; no orders to machines."""
    questions = (text for text in document.questions if not addresses_machines(text))
    return list(dict.fromkeys([document.title, *questions]))


def _keys(words: Sequence[str]) -> Iterator[str]:
    for start in range(len(words)):
        yield " ".join(words[start:])[:_KEY_LENGTH]


class Suggestions:
    """Read access. Safe to share between threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._keys = SortedWords(folder, _KEYS)
        self._entries = Words(folder, _ENTRIES)
        self._folded = Words(folder, _FOLDED)
        self._heads = SortedWords(folder, _HEADS)
        self._places: npt.NDArray[np.int32] = mapped(folder / _PLACES)
        self._owners: npt.NDArray[np.int32] = mapped(folder / _OWNERS)
        self._read_as = lru_cache(maxsize=2_000)(self._readings)

    def find(self, prefix: str, limit: int) -> list[Entry]:
        """Entries with the words of `prefix`, the last perhaps unfinished, at most `limit`.

        Those in which the words follow each other come first, then those that have them all. A word
        that none has stands for the known ones that are a slip away.
        """
        words = [token.word for token in tokens(prefix)]
        wanted = " ".join(words)[:_KEY_LENGTH]
        if not wanted:
            return []
        starts = (wanted, tuple(self._read_as(words[0], len(words) == 1)))
        found = self._ordered(self._starting(wanted), *starts)
        if len(found) < limit:
            found += self._ordered(self._with_all(words) - set(found), *starts)
        return [self._entry(number) for number in found[:limit]]

    def _ordered(self, numbers: set[int], *starts: str | tuple[str, ...]) -> list[int]:
        return sorted(numbers, key=lambda number: self._rank(number, starts))

    def _with_all(self, words: Sequence[str]) -> set[int]:
        """Numbers of the entries with one of the readings of each word."""
        last = len(words) - 1
        readings = [self._read_as(word, place == last) for place, word in enumerate(words)]
        return set.intersection(*(set().union(*map(self._starting, read)) for read in readings))

    def _starting(self, wanted: str) -> set[int]:
        """Numbers of the entries in which something starts so at the start of a word."""
        found = self._keys.starting_with(wanted)[:_SCANNED]
        return set(self._places[found.start : found.stop].tolist())

    def _rank(
        self, number: int, starts: Sequence[str | tuple[str, ...]]
    ) -> tuple[list[bool], bool, int, int]:
        """First what starts as typed, then what starts as the first word may have been meant."""
        folded = self._folded[number]
        misses = [not folded.startswith(start) for start in starts]
        return misses, not self._is_title(number), len(folded), number

    def _readings(self, word: str, is_unfinished: bool) -> Sequence[str]:
        """The known words, or starts of words, that a word stands for: itself, else the nearest."""
        if self._heads.starting_with(word):
            return [word]
        size = len(word)
        if size < _ONE_SLIP_FROM:
            return []
        slips = 2 if size >= _TWO_SLIPS_FROM else 1
        # Nearly all slips keep the first letter, or swap it with the second.
        ranges = (self._heads.starting_with(letter) for letter in {word[0], word[1]})
        heads = [self._heads[number] for number in chain.from_iterable(ranges)]
        if is_unfinished:
            heads = [head[:cut] for cut in (size, size + 1, size - 1) for head in heads]
        near = process.extract(
            word,
            set(heads),
            scorer=OSA.distance,
            score_cutoff=slips,
            limit=_READINGS,
        )
        return [head for head, _, _ in near]

    def _entry(self, number: int) -> Entry:
        return Entry(self._entries[number], int(self._owners[number]), self._is_title(number))

    def _is_title(self, number: int) -> bool:
        return number == 0 or bool(self._owners[number - 1] != self._owners[number])
