"""Lists of words on disk, memory-mapped: shared by processes, looked up without loading them."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from pathlib import Path

import marisa_trie
import numpy as np

from search.mapped import mapped


def write_words(folder: Path, name: str, words: Iterable[str]) -> None:
    """Write a list of words in the order given."""
    encoded = [word.encode() for word in words]
    np.save(folder / f"{name}.ends.npy", np.cumsum([0, *map(len, encoded)], dtype=np.int64))
    np.save(folder / f"{name}.bytes.npy", np.frombuffer(b"".join(encoded), dtype=np.uint8))


def write_lexicon(folder: Path, name: str, words: Sequence[str]) -> None:
    """Write different words, in the order of their UTF-8 bytes, to be looked up."""
    write_words(folder, name, words)
    trie = marisa_trie.Trie(words)
    trie.save(str(folder / f"{name}.trie"))
    numbers = np.empty(len(words), np.int32)
    numbers[[trie[word] for word in words]] = np.arange(len(words))
    np.save(folder / f"{name}.numbers.npy", numbers)


class Words:
    """Words by number."""

    def __init__(self, folder: Path, name: str) -> None:
        # Views: indexing the mapped arrays themselves costs three times as much.
        self._ends = mapped(folder / f"{name}.ends.npy").data
        letters = mapped(folder / f"{name}.bytes.npy")
        self._bytes = letters.data if len(letters) else memoryview(b"")

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> str:
        return self._raw(number).decode()

    def _raw(self, number: int) -> bytes:
        return bytes(self._bytes[self._ends[number] : self._ends[number + 1]])


class SortedWords(Words):
    """Words written in the order of their UTF-8 bytes: numbers by prefix too."""

    def starting_with(self, prefix: str) -> range:
        """Numbers of the words that start with `prefix`."""
        wanted = prefix.encode()
        first = bisect_left(range(len(self)), wanted, key=self._raw)
        # No UTF-8 text contains the byte FF, so this sorts behind everything that starts so.
        after = bisect_left(range(len(self)), wanted + b"\xff", first, key=self._raw)
        return range(first, after)


class Lexicon(SortedWords):
    """Words written by `write_lexicon`: numbers by word too."""

    def __init__(self, folder: Path, name: str) -> None:
        """Raises OSError or ValueError when a file cannot be read."""
        super().__init__(folder, name)
        self._numbers = mapped(folder / f"{name}.numbers.npy").data
        self._trie = marisa_trie.Trie()
        try:
            self._trie.mmap(str(folder / f"{name}.trie"))
        except RuntimeError as error:
            raise ValueError(f"{name}: {error}") from error

    def find(self, word: str) -> int | None:
        """Number of a word, None when it is not in the list.

        A question looks up a hundred words; this takes half a microsecond, where halving the
        sorted list in Python takes ten times as long.
        """
        place = self._trie.get(word)
        return None if place is None else self._numbers[place]
