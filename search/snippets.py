"""The part of a passage that shows why it was found, and which words in it to mark."""

from collections.abc import Sequence

from kb.documents import BlockKind, Passage
from kb.text import sentences
from search.analysis import Token, tokens
from search.locale_index import LocaleIndex, parts_of
from search.query import QueryWord
from search.results import Snippet

_SENTENCE_ENDS = (".", "!", "?", ":", "…", "“", "”", "»", ")")

SNIPPET_LENGTH = 240  # characters; two to three lines on a phone


class Matcher:
    """Tells which words of a text the question asked for. One for each question and language."""

    def __init__(self, words: Sequence[QueryWord], index: LocaleIndex) -> None:
        self._index = index
        self._ways = [[frozenset(way.terms) for way in word.alternatives] for word in words]
        self._asked = frozenset(term for ways in self._ways for way in ways for term in way)
        self._information = [word.information for word in words]
        self._total = sum(self._information) or 1.0

    def highlights(self, text: str) -> tuple[tuple[int, int], ...]:
        """Offsets [start, end) of the words asked for."""
        return tuple(
            (token.start, token.end)
            for token in tokens(text)
            if not self._asked.isdisjoint(self._terms_of(token))
        )

    def terms(self, text: str) -> frozenset[str]:
        """The terms by which the words of a text may be asked for."""
        return frozenset(term for token in tokens(text) for term in self._terms_of(token))

    def coverage(self, terms: frozenset[str]) -> float:
        """Share of the question's information that is found in these terms, 0..1.

        A word counts when all terms of one of its alternatives are there: `x` alone says nothing
        of `AB-1200/X`.
        """
        pairs = zip(self._ways, self._information, strict=True)
        found = (known for ways, known in pairs if any(way <= terms for way in ways))
        return sum(found) / self._total

    def _terms_of(self, token: Token) -> list[str]:
        words = (token.word, *parts_of(token, self._index.decompounder))
        return [self._index.analyzer.term(word) for word in words]


def snippet(passage: Passage, matcher: Matcher, title: str, locale: str) -> Snippet:
    """The run of sentences of a passage that covers most of the question.

    Facts repeat the document's `title`, which stands above the snippet; it is left out here.
    """
    parts = [
        sentence.removeprefix(f"{title} – ") if block.kind is BlockKind.FACT else sentence
        for block in passage.blocks
        for sentence in sentences(block.text, locale)
    ]
    if not parts:
        return Snippet("", ())
    above = matcher.terms(title)  # what the title says need not be said again
    covered = [matcher.coverage(above | matcher.terms(part)) for part in parts]
    best = covered.index(max(covered))
    text = _shortened(_from(parts, best))
    return Snippet(text, matcher.highlights(text))


def _from(parts: Sequence[str], start: int) -> str:
    """Sentences from `start` on as long as they fit, filled up with those before it."""
    chosen = parts[start]
    for part in parts[start + 1 :]:
        if len(chosen) + len(part) >= SNIPPET_LENGTH:
            break
        chosen = _joined(chosen, part)
    for part in reversed(parts[:start]):
        if len(chosen) + len(part) >= SNIPPET_LENGTH:
            break
        chosen = _joined(part, chosen)
    return chosen


def _joined(left: str, right: str) -> str:
    """Sentences follow each other; rows and facts, which end without a mark, are set apart."""
    return f"{left} {right}" if left.endswith(_SENTENCE_ENDS) else f"{left} · {right}"


def _shortened(text: str) -> str:
    if len(text) <= SNIPPET_LENGTH:
        return text
    return text[:SNIPPET_LENGTH].rsplit(maxsplit=1)[0] + " …"
