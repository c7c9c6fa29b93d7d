"""What the customer may be typing: titles and foreseen questions, found from any of their words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kb.documents import Document
from search.analysis import tokens
from search.lexicon import Lexicon, Words, write_words

_KEYS, _ENTRIES, _OWNERS, _PLACES = "suggest-keys", "suggest", "suggest-owner.npy", "suggest-at.npy"
_KEY_LENGTH = 60  # letters of a key; more than anybody types before choosing
_SCANNED = 200  # keys looked at for one prefix


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
    keyed = sorted(
        (key.encode(), number) for number, (text, _) in enumerate(entries) for key in _keys(text)
    )
    write_words(folder, _KEYS, (key.decode() for key, _ in keyed))
    write_words(folder, _ENTRIES, (text for text, _ in entries))
    np.save(folder / _PLACES, np.array([number for _, number in keyed], np.int32))
    np.save(folder / _OWNERS, np.array([owner for _, owner in entries], np.int32))


def titles_and_questions(document: Document) -> list[str]:
    """What a document is called and asked for, the title first."""
    return list(dict.fromkeys([document.title, *document.questions]))


def _keys(text: str) -> Iterator[str]:
    words = [token.word for token in tokens(text)]
    for start in range(len(words)):
        yield " ".join(words[start:])[:_KEY_LENGTH]


class Suggestions:
    """Read access. Safe to share between threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._keys = Lexicon(folder, _KEYS)
        self._entries = Words(folder, _ENTRIES)
        self._places: npt.NDArray[np.int32] = np.load(folder / _PLACES, mmap_mode="r")
        self._owners: npt.NDArray[np.int32] = np.load(folder / _OWNERS, mmap_mode="r")

    def find(self, prefix: str, limit: int) -> list[Entry]:
        """Entries in which the words of `prefix` follow each other, the last perhaps unfinished.

        Entries that start with them come first, titles before questions, short before long.
        """
        wanted = " ".join(token.word for token in tokens(prefix))[:_KEY_LENGTH]
        if not wanted:
            return []
        found = self._keys.starting_with(wanted)
        numbers = dict.fromkeys(int(self._places[at]) for at in found[:_SCANNED])
        entries = [self._entry(number) for number in numbers]
        entries.sort(key=lambda e: (not _starts(e.text, wanted), not e.is_title, len(e.text)))
        return entries[:limit]

    def _entry(self, number: int) -> Entry:
        owner = int(self._owners[number])
        is_title = number == 0 or int(self._owners[number - 1]) != owner
        return Entry(self._entries[number], owner, is_title)


def _starts(text: str, wanted: str) -> bool:
    return " ".join(token.word for token in tokens(text)).startswith(wanted)
