"""The words of one language's content as customers read them, with how often they occur.

Feeds the decompounder, the suggestions while typing and "did you mean". Beside the words of the
content stands what a dictionary knows: the irregular forms that no stemmer brings together
(`lädt`, `geladen`), and which other words are words at all, not slips of the finger.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise, product, starmap
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.analysis import Token
from search.compounds import LINKS, MAX_WORD
from search.dictionary import BitArray, WordList, marks, word_list
from search.lexicon import Lexicon, Words, write_lexicon, write_words
from search.mapped import mapped

_WORDS, _FORMS, _COUNTS = "words", "forms", "counts.npy"
_STEMS, _STEM_COUNTS = "stems", "stem-counts.npy"
_INFLECTED, _INFLECTED_TERMS = "inflected", "inflected-terms"
_BASES, _BASE_TERMS = "bases", "base-terms"
_SHAPES, _SHAPED = "shapes", "shaped"
_ORDINARY = "ordinary.npy"

# Customers mix these languages: their words are no slips, whatever the content's language is.
_MIXED = ("de", "en")

# One slip in words of four letters, two from eight on; shorter words have too many neighbours. On
# the example content 80 % of slips in words of five to seven letters and 91 % in longer ones are
# put right, 57 % in words of four; of 7,820 words of other texts, .5 % are "corrected".
_SHORTEST_CORRECTED = 4
_TWO_SLIPS_FROM = 8
_SHORTEST_PART = 5  # of a compound that has its slip in one part
# What a slip costs beside its distance. Nearly all slips keep the first letter; fingers swap
# letters, hit one twice or once too few, or hit the key beside.
_FIRST_LETTER, _LIKELY_SLIP, _MARGIN = 0.6, -0.4, 0.3
_KEY_ROWS = ("qwertzuiop", "asdfghjkl", "yxcvbnm")
_BESIDE = frozenset(pair for row in _KEY_ROWS for pair in (*pairwise(row), *pairwise(row[::-1])))


def write_vocabulary(
    folder: Path,
    locale: str,
    texts: Iterable[tuple[str, Iterable[Token]]],
    stem: Callable[[str], str],
) -> None:
    """Count the words and stems of analysed texts; words come with their usual spelling."""
    spellings: dict[str, Counter[str]] = {}
    in_full: set[str] = set()  # what incomplete words may be
    for text, found in texts:
        for token in found:
            spellings.setdefault(token.word, Counter())[text[token.start : token.end]] += 1
            in_full.update(piece for piece in token.pieces if len(piece) > len(token.word))
    words = sorted(spellings, key=str.encode)
    write_lexicon(folder, _WORDS, words)
    write_words(folder, _FORMS, (spellings[word].most_common(1)[0][0] for word in words))
    counts = [spellings[word].total() for word in words]
    np.save(folder / _COUNTS, np.array(counts, np.int64))
    _write_terms(folder, (_SHAPES, _SHAPED), _by_shape(words))
    stems: Counter[str] = Counter()
    for word, count in zip(words, counts, strict=True):
        stems[stem(word)] += count
    ordered = sorted(stems, key=str.encode)
    write_lexicon(folder, _STEMS, ordered)
    np.save(folder / _STEM_COUNTS, np.array([stems[name] for name in ordered], np.int64))
    language = locale.split("-")[0]
    _write_inflections(folder, in_full.union(words), stem, word_list(language))
    lists = [word_list(name).ordinary for name in {language, *_MIXED}]
    np.save(folder / _ORDINARY, np.bitwise_or.reduce(lists))


def _by_shape(words: Iterable[str]) -> Mapping[str, set[str]]:
    """Words by first letter and length: those that one may be a slip of stand together."""
    found: dict[str, set[str]] = {}
    for word in words:
        found.setdefault(_shape(word[0], len(word)), set()).add(word)
    return found


def _shape(letter: str, size: int) -> str:
    return f"{letter}{size}"


def _write_inflections(
    folder: Path, words: Iterable[str], stem: Callable[[str], str], known: WordList
) -> None:
    """Write by which terms of the content a word, or a stem, is found beside its own."""
    by_base: dict[str, set[str]] = {}
    for word in words:
        term = stem(word)
        for base in (term, *known.bases.get(word, ())):
            if base in known.forms:
                by_base.setdefault(base, set()).add(term)
    by_form: dict[str, set[str]] = {}
    for base, terms in by_base.items():
        for form in known.forms[base]:
            by_form.setdefault(form, set()).update(terms)
    others = {form: terms - {stem(form)} for form, terms in by_form.items()}
    _write_terms(folder, (_INFLECTED, _INFLECTED_TERMS), others)
    _write_terms(folder, (_BASES, _BASE_TERMS), {b: t - {b} for b, t in by_base.items()})


def _write_terms(folder: Path, names: tuple[str, str], terms: Mapping[str, set[str]]) -> None:
    keys = sorted((key for key, found in terms.items() if found), key=str.encode)
    write_lexicon(folder, names[0], keys)
    write_words(folder, names[1], (" ".join(sorted(terms[key])) for key in keys))


class Vocabulary:
    """Read access to the words. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self._words = Lexicon(folder, _WORDS)
        self._forms = Words(folder, _FORMS)
        self._counts: npt.NDArray[np.int64] = mapped(folder / _COUNTS)
        self._stems = Lexicon(folder, _STEMS)
        self._stem_counts: npt.NDArray[np.int64] = mapped(folder / _STEM_COUNTS)
        self._inflected = Lexicon(folder, _INFLECTED), Words(folder, _INFLECTED_TERMS)
        self._bases = Lexicon(folder, _BASES), Words(folder, _BASE_TERMS)
        self._ordinary: BitArray = mapped(folder / _ORDINARY)
        self._shapes = Lexicon(folder, _SHAPES), Words(folder, _SHAPED)
        self._letters = {self._shapes[0][number][0] for number in range(len(self._shapes[0]))}
        self.correction = lru_cache(maxsize=10_000)(self._correction)
        self._like = lru_cache(maxsize=100)(self._words_like)
        self.inflections = lru_cache(maxsize=20_000)(self._inflections)
        self.longer = lru_cache(maxsize=1_000)(self._longer)

    def frequency(self, word: str) -> int:
        """How often a normalised word occurs; 0 when it does not."""
        number = self._words.find(word)
        return 0 if number is None else int(self._counts[number])

    def stem_frequency(self, stem: str) -> int:
        """How often words of this stem occur."""
        number = self._stems.find(stem)
        return 0 if number is None else int(self._stem_counts[number])

    def is_word(self, word: str) -> bool:
        """Whether a normalised word occurs, or is an ordinary one of a language customers use.

        One in 250 that are no words passes for one.
        """
        if self.frequency(word):
            return True
        return all(self._ordinary[bit >> 3] >> (bit & 7) & 1 for bit in marks(word))

    def _inflections(self, word: str, stem: str) -> tuple[str, ...]:
        """The terms of the content that are other forms of a normalised word with this stem."""
        return (*_terms_at(self._inflected, word), *_terms_at(self._bases, stem))

    def _longer(self, start: str) -> tuple[str, ...]:
        """The words that go on after a normalised `start`."""
        numbers = self._words.starting_with(start)
        return tuple(word for number in numbers if (word := self._words[number]) != start)

    def completions(self, prefix: str, limit: int) -> list[str]:
        """The most frequent words starting with a normalised `prefix`, as usually written."""
        numbers = self._words.starting_with(prefix) if prefix else ()
        best = sorted(numbers, key=lambda number: -self._counts[number])[:limit]
        return [self._forms[number] for number in best]

    def _correction(self, word: str) -> str | None:
        """The likeliest known word for a normalised unknown one, as usually written.

        The nearest word wins by the letters left out, added, changed or swapped (optimal string
        alignment, five times as fast as true Damerau-Levenshtein), of equally near ones that whose
        slip is the likelier, then the more frequent. A compound may have its slip in one part.
        None when the word is a word, or no known word is near enough.
        """
        if len(word) < _SHORTEST_CORRECTED or not word.isalpha() or self.is_word(word):
            return None
        return self._nearest(word) or self._mended(word)

    def _nearest(self, word: str) -> str | None:
        slips = 2 if len(word) >= _TWO_SLIPS_FROM else 1
        near = (
            (cost, -self.frequency(known), known)
            for known, distance in self._near(word, slips)
            if (cost := _cost(word, known, distance)) <= slips + _MARGIN
        )
        best = min(near, default=None)
        return self._usual(best[2]) if best else None

    def _near(self, word: str, slips: int) -> Iterator[tuple[str, float]]:
        """Known words that are at most so many slips away, with the number of slips.

        A first letter that is neither the word's first nor its second costs so much that nothing
        else may differ.
        """
        sizes = range(len(word) - slips, len(word) + slips + 1)
        shapes = product({word[0], word[1]}, sizes)
        known = list(chain.from_iterable(starmap(self._like, shapes)))
        for other, distance, _ in process.extract(
            word, known, scorer=OSA.distance, score_cutoff=slips, limit=None
        ):
            yield other, distance
        for letter in self._letters.difference(word[:2]):
            for other in (letter + word, letter + word[1:]):
                if self.frequency(other):
                    yield other, 1

    def _words_like(self, letter: str, size: int) -> Sequence[str]:
        """The words with this first letter and length."""
        return _terms_at(self._shapes, _shape(letter, size))

    def _mended(self, word: str) -> str | None:
        """A compound of a known word and one with a slip: `Rechnungsadrese`."""
        cuts = list(_cuts(word)) if len(word) <= MAX_WORD else []
        if any(self.is_word(head) and self.is_word(tail) for head, _, tail in cuts):
            return None
        return next(filter(None, starmap(self._mended_part, cuts)), None)

    def _mended_part(self, head: str, link: str, tail: str) -> str | None:
        if self.frequency(head):
            start, end = self._usual(head), self._nearest(tail)
        elif self.frequency(tail):
            start, end = self._nearest(head), self._usual(tail)
        else:
            return None
        return f"{start}{link}{end.lower()}" if start and end else None

    def _usual(self, word: str) -> str | None:
        number = self._words.find(word)
        return None if number is None else self._forms[number]


def _terms_at(table: tuple[Lexicon, Words], key: str) -> Sequence[str]:
    number = table[0].find(key)
    return () if number is None else table[1][number].split()


def _cuts(word: str) -> Iterator[tuple[str, str, str]]:
    """The ways to read a word as two, with perhaps a linking letter between."""
    for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
        for link in LINKS:
            head = word[:cut].removesuffix(link)
            if word[:cut].endswith(link) and len(head) >= _SHORTEST_PART:
                yield head, link, word[cut:]


def _cost(typed: str, known: str, distance: float) -> float:
    cost = distance
    if typed[0] != known[0] and typed[:2] != known[1::-1]:
        cost += _FIRST_LETTER
    return cost + _LIKELY_SLIP if distance == 1 and _is_likely(typed, known) else cost


def _is_likely(typed: str, known: str) -> bool:
    """Whether the one slip between two words is one that is often made."""
    at = len(os.path.commonprefix((typed, known)))
    if len(typed) != len(known):
        # A letter twice or once too few, and umlauts without their dots: `rader` for `raeder`.
        pair = max(typed, known, key=len)[at - 1 : at + 1]
        return pair[:1] == pair[1:] or pair in ("ae", "oe", "ue")
    is_swap = typed[at + 1 :] != known[at + 1 :]
    return is_swap or (typed[at], known[at]) in _BESIDE
