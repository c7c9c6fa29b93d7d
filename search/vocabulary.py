"""The words of one language's content as customers read them, with how often they occur.

Feeds the decompounder, the suggestions while typing and "did you mean".
"""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from search.analysis import Token
from search.lexicon import Lexicon, Words, write_words

_WORDS, _FORMS, _COUNTS = "words", "forms", "counts.npy"
_STEMS, _STEM_COUNTS = "stems", "stem-counts.npy"

# One slip in words of five letters, two from eight on; shorter words have too many neighbours.
_SHORTEST_CORRECTED = 5
_TWO_SLIPS_FROM = 8


def write_vocabulary(
    folder: Path, texts: Iterable[tuple[str, Iterable[Token]]], stem: Callable[[str], str]
) -> None:
    """Count the words and stems of analysed texts; words come with their usual spelling."""
    spellings: dict[str, Counter[str]] = {}
    for text, found in texts:
        for token in found:
            spellings.setdefault(token.word, Counter())[text[token.start : token.end]] += 1
    words = sorted(spellings, key=str.encode)
    write_words(folder, _WORDS, words)
    write_words(folder, _FORMS, (spellings[word].most_common(1)[0][0] for word in words))
    counts = [spellings[word].total() for word in words]
    np.save(folder / _COUNTS, np.array(counts, np.int64))
    stems: Counter[str] = Counter()
    for word, count in zip(words, counts, strict=True):
        stems[stem(word)] += count
    ordered = sorted(stems, key=str.encode)
    write_words(folder, _STEMS, ordered)
    np.save(folder / _STEM_COUNTS, np.array([stems[name] for name in ordered], np.int64))


class Vocabulary:
    """Read access to the words. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self._words = Lexicon(folder, _WORDS)
        self._forms = Words(folder, _FORMS)
        self._counts: npt.NDArray[np.int64] = np.load(folder / _COUNTS, mmap_mode="r")
        self._stems = Lexicon(folder, _STEMS)
        self._stem_counts: npt.NDArray[np.int64] = np.load(folder / _STEM_COUNTS, mmap_mode="r")
        self._all: list[str] | None = None
        self.correction = lru_cache(maxsize=10_000)(self._correction)

    def frequency(self, word: str) -> int:
        """How often a normalised word occurs; 0 when it does not."""
        number = self._words.find(word)
        return 0 if number is None else int(self._counts[number])

    def stem_frequency(self, stem: str) -> int:
        """How often words of this stem occur."""
        number = self._stems.find(stem)
        return 0 if number is None else int(self._stem_counts[number])

    def completions(self, prefix: str, limit: int) -> list[str]:
        """The most frequent words starting with a normalised `prefix`, as usually written."""
        numbers = self._words.starting_with(prefix) if prefix else ()
        best = sorted(numbers, key=lambda number: -self._counts[number])[:limit]
        return [self._forms[number] for number in best]

    def _correction(self, word: str) -> str | None:
        """The likeliest known word for a normalised unknown one, as usually written.

        Among the nearest words by Damerau-Levenshtein distance the most frequent wins. None when
        the word is known or no known word is near enough.
        """
        if len(word) < _SHORTEST_CORRECTED or not word.isalpha() or self.frequency(word):
            return None
        slips = 2 if len(word) >= _TWO_SLIPS_FROM else 1
        near = process.extract(
            word, self._list(), scorer=DamerauLevenshtein.distance, score_cutoff=slips, limit=20
        )
        if not near:
            return None
        _, _, number = min(near, key=lambda found: (found[1], -self._counts[found[2]]))
        return self._forms[number]

    def _list(self) -> list[str]:
        if self._all is None:
            self._all = [self._words[number] for number in range(len(self._words))]
        return self._all
