"""German compounds, split into words that the index itself knows.

Naive splitting over-matches, so a split counts only when it covers the whole word, every part has
at least four letters (but for a few ends, as in `Vorderrad`), and every part stands on its own
somewhere in the content.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache

MIN_PART = 4  # letters; shorter parts ("ei", "rad"+"io") split words that are none
MAX_PARTS = 3
MAX_WORD = 40
# Letters that German puts between the parts of a compound, the most common first. Not `er`: words
# that take it are known by their plural (Kinder, Bilder), and it finds verbs (lief-er-länder).
LINKS = ("", "s", "n", "es", "en", "e")
# The few words that begin compounds in a plural with `er`, whichever form the content has.
_PLURALS = frozenset(
    """bilder blaetter bretter buecher felder glaeser haeuser kinder kleider laender lichter lieder
    raeder schilder woerter""".split()
)
# Three letters that end many compounds and hardly another word; `bar`, `rat` or `tor` do both.
_SHORT_ENDS = frozenset("abo amt app bus oel ort rad set tag uhr weg zug".split())
# Verbs begin compounds by their stem (`Liefer-adresse`), nouns often without their `e`
# (`Brems-belag`). A verb is known by one of these forms beside its infinitive. What ends so is an
# ending itself (`folg-ende`), and these are no verbs.
_INFINITIVES, _VERB_FORMS = ("en", "n"), ("t", "et", "ung")
_NO_STEMS = frozenset("allein eben inner unter viel weiter".split())
SHORTEST_END = 3


class Decompounder:
    """Splits words by a vocabulary. Called for passages when indexing and for queries."""

    def __init__(
        self, frequency: Callable[[str], int], inflected: Callable[[str], int] | None = None
    ) -> None:
        """`frequency` tells how often a normalised word stands alone in the content, `inflected`
        how often any form of it does: the last part of a compound carries its endings."""
        self._frequency = lru_cache(maxsize=50_000)(frequency)
        self._inflected = lru_cache(maxsize=50_000)(inflected or frequency)
        self.readings = lru_cache(maxsize=50_000)(self._readings)

    def split(self, word: str) -> tuple[str, ...]:
        """All words inside a compound; empty when it is none that we know."""
        return tuple(dict.fromkeys(part for reading in self.readings(word) for part in reading))

    def _readings(self, word: str) -> tuple[tuple[str, ...], ...]:
        """The parts of a compound in order, and when they are compounds themselves, all of theirs:
        `(fahrradhelm, groesse)` and `(fahrrad, helm, groesse)`."""
        parts = self._split(word)
        smallest = tuple(inner for part in parts for inner in self._smallest(part))
        return tuple(dict.fromkeys(reading for reading in (parts, smallest) if reading))

    def _smallest(self, part: str) -> tuple[str, ...]:
        return self.readings(part)[-1] if self.readings(part) else (part,)

    def _split(self, word: str) -> tuple[str, ...]:
        if not MIN_PART + SHORTEST_END <= len(word) <= MAX_WORD or not word.isalpha():
            return ()
        for parts in range(2, MAX_PARTS + 1):
            if best := self._best(word, parts):
                return best[1]
        return ()

    def _best(self, word: str, parts: int) -> tuple[int, tuple[str, ...]] | None:
        """The split into so many parts whose rarest part is the most frequent."""
        if parts == 1:
            seen = self._inflected(word) if _may_end(word) else 0
            return (seen, (word,)) if seen else None
        best: tuple[int, tuple[str, ...]] | None = None
        for cut in range(MIN_PART, len(word) - SHORTEST_END + 1):
            for head, seen in self._heads(word[:cut], word[cut:]):
                rest = self._best(word[cut:], parts - 1)
                if rest and (best is None or min(seen, rest[0]) > best[0]):
                    best = (min(seen, rest[0]), (head, *rest[1]))
        return best

    def _heads(self, start: str, rest: str) -> Iterator[tuple[str, int]]:
        """The words that `start` may be, with and without a linking letter at its end."""
        found = False
        for link in LINKS:
            head = start.removesuffix(link)
            if len(head) >= MIN_PART and start.endswith(link) and (seen := self._frequency(head)):
                found = True
                yield head, seen
        if found or not self._frequency(rest):
            return
        if start in _PLURALS and (seen := self._inflected(start)):
            yield start, seen
        elif start not in _NO_STEMS and not rest.startswith("end"):
            yield from self._in_full(start)

    def _in_full(self, stem: str) -> Iterator[tuple[str, int]]:
        """The noun or the verb whose stem a compound begins with."""
        if seen := self._frequency(stem + "e"):
            yield stem + "e", seen
        elif any(self._frequency(stem + form) for form in _VERB_FORMS):
            for ending in _INFINITIVES:
                if seen := self._frequency(stem + ending):
                    yield stem + ending, seen


def _may_end(word: str) -> bool:
    return len(word) >= MIN_PART or word in _SHORT_ENDS
