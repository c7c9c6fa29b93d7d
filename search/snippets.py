"""The part of a passage that shows why it was found, and which words in it to mark."""

from collections.abc import Collection, Sequence

import numpy as np

from kb.documents import Passage
from kb.text import sentences
from search.analysis import Token, tokens
from search.locale_index import LocaleIndex, parts_of
from search.query import QueryWord
from search.results import Snippet

SNIPPET_LENGTH = 240  # characters; two to three lines on a phone


class Matcher:
    """Tells which words of a text the question asked for. One for each question and language."""

    def __init__(self, words: Sequence[QueryWord], index: LocaleIndex) -> None:
        self._index = index
        self._groups = [
            frozenset(term for way in word.alternatives for term in way.terms) for word in words
        ]
        self._weights = [_information(word, index) for word in words]
        self._total = sum(self._weights) or 1.0

    def highlights(self, text: str) -> tuple[tuple[int, int], ...]:
        """Offsets [start, end) of the words asked for."""
        return tuple((t.start, t.end) for t in tokens(text) if self._asked(self._terms(t)))

    def coverage(self, text: str) -> float:
        """Share of the question's information that the words of `text` cover, 0..1."""
        terms = {term for token in tokens(text) for term in self._terms(token)}
        pairs = zip(self._groups, self._weights, strict=True)
        return sum(weight for group, weight in pairs if group & terms) / self._total

    def _asked(self, terms: Collection[str]) -> bool:
        return any(not group.isdisjoint(terms) for group in self._groups)

    def _terms(self, token: Token) -> tuple[str, ...]:
        """The terms by which a word of the text may have been asked for."""
        if self._index.analyzer.is_stop(token.word):
            return ()
        words = (token.word, *parts_of(token, self._index.decompounder))
        return tuple(self._index.analyzer.term(word) for word in words)


def _information(word: QueryWord, index: LocaleIndex) -> float:
    """How much a word tells: the rarer, the more; natural logarithm of its inverse frequency."""
    found, _ = index.keyword.match(word.alternatives)
    return float(np.log((index.passages + 1) / (len(found) + 0.5)))


def snippet(passage: Passage, matcher: Matcher, locale: str) -> Snippet:
    """The run of sentences of a passage that covers most of the question."""
    parts = [s for block in passage.blocks for s in sentences(block.text, locale)]
    if not parts:
        return Snippet("", ())
    best = max(range(len(parts)), key=lambda n: (matcher.coverage(parts[n]), -n))
    text = _shortened(_from(parts, best))
    return Snippet(text, matcher.highlights(text))


def _from(parts: Sequence[str], start: int) -> str:
    """Sentences from `start` on as long as they fit, filled up with those before it."""
    chosen = parts[start]
    for part in parts[start + 1 :]:
        if len(chosen) + len(part) >= SNIPPET_LENGTH:
            break
        chosen = f"{chosen} {part}"
    for part in reversed(parts[:start]):
        if len(chosen) + len(part) >= SNIPPET_LENGTH:
            break
        chosen = f"{part} {chosen}"
    return chosen


def _shortened(text: str) -> str:
    if len(text) <= SNIPPET_LENGTH:
        return text
    return text[:SNIPPET_LENGTH].rsplit(maxsplit=1)[0] + " …"
