"""German compounds, split into words that the index itself knows.

Naive splitting over-matches, so a split counts only when it covers the whole word, every part has
at least four letters, and every part stands on its own somewhere in the content.
"""

from collections.abc import Callable
from functools import lru_cache

MIN_PART = 4  # letters; shorter parts ("ei", "rad"+"io") split words that are none
MAX_PARTS = 3
MAX_WORD = 40
# Letters that German puts between the parts of a compound, the most common first. Not `er`: words
# that take it are known by their plural (Kinder, Bilder), and it finds verbs (lief-er-länder).
LINKS = ("", "s", "n", "es", "en", "e")


class Decompounder:
    """Splits words by a vocabulary. Called for passages when indexing and for queries."""

    def __init__(
        self, frequency: Callable[[str], int], inflected: Callable[[str], int] | None = None
    ) -> None:
        """`frequency` tells how often a normalised word stands alone in the content, `inflected`
        how often any form of it does: the last part of a compound carries its endings."""
        self._frequency = frequency
        self._inflected = inflected or frequency
        self.split = lru_cache(maxsize=50_000)(self._split)

    def _split(self, word: str) -> tuple[str, ...]:
        """The parts of a compound in order; empty when it is none that we know."""
        if not 2 * MIN_PART <= len(word) <= MAX_WORD or not word.isalpha():
            return ()
        for parts in range(2, MAX_PARTS + 1):
            if best := self._best(word, parts):
                return best[1]
        return ()

    def _best(self, word: str, parts: int) -> tuple[int, tuple[str, ...]] | None:
        """The split into so many parts whose rarest part is the most frequent."""
        if parts == 1:
            seen = self._inflected(word)
            return (seen, (word,)) if seen else None
        best: tuple[int, tuple[str, ...]] | None = None
        for cut in range(MIN_PART, len(word) - MIN_PART + 1):
            for head, seen in self._heads(word[:cut]):
                rest = self._best(word[cut:], parts - 1)
                if rest and (best is None or min(seen, rest[0]) > best[0]):
                    best = (min(seen, rest[0]), (head, *rest[1]))
        return best

    def _heads(self, start: str) -> list[tuple[str, int]]:
        """The words that `start` may be, with and without a linking letter at its end."""
        found = []
        for link in LINKS:
            head = start.removesuffix(link) if link else start
            if len(head) >= MIN_PART and start == head + link and (seen := self._frequency(head)):
                found.append((head, seen))
        return found
