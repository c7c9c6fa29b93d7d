"""The part of a passage that shows why it was found, and which words in it to mark."""

from collections.abc import Sequence
from dataclasses import dataclass

from kb.documents import BlockKind, Passage
from kb.instructions import withheld_blocks
from kb.text import sentences
from search.analysis import Token, tokens
from search.locale_index import LocaleIndex
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
            if not self._asked.isdisjoint(_terms_in(token, self._index))
        )

    def coverage(self, terms: frozenset[str]) -> float:
        """Share of the question's information that is found in these terms, 0..1.

        A word counts when all terms of one of its alternatives are there: `x` alone says nothing
        of `AB-1200/X`.
        """
        pairs = zip(self._ways, self._information, strict=True)
        found = (known for ways, known in pairs if any(way <= terms for way in ways))
        return sum(found) / self._total


def terms_of(text: str, index: LocaleIndex) -> frozenset[str]:
    """The terms by which the words of a text may be asked for."""
    found: set[str] = set()
    for token in tokens(text):
        found.update(_terms_in(token, index))
    return frozenset(found)


def _terms_in(token: Token, index: LocaleIndex) -> tuple[str, ...]:
    if not token.pieces:
        return index.terms_in(token.word)
    return tuple(map(index.analyzer.term, (token.word, *token.pieces)))


@dataclass(frozen=True, slots=True)
class ReadPassage:
    """A passage cut and analysed once; the same for every question."""

    passage: Passage
    sentences: tuple[str, ...]
    terms: tuple[frozenset[str], ...]  # of each sentence
    title_terms: frozenset[str]


def read_passage(passage: Passage, title: str, index: LocaleIndex) -> ReadPassage:
    """Cut and analyse a passage of the document called `title`.

    Facts repeat the title, which stands above every snippet; it is left out of them here. So is
    what is addressed to machines: they read results, too.
    """
    withheld = withheld_blocks(passage.context, passage.blocks)
    found = tuple(
        sentence.removeprefix(f"{title} – ") if block.kind is BlockKind.FACT else sentence
        for block in passage.blocks
        if block not in withheld
        for sentence in sentences(block.text, index.locale)
    )
    terms = tuple(terms_of(text, index) for text in found)
    return ReadPassage(passage, found, terms, terms_of(title, index))


def snippet(read: ReadPassage, matcher: Matcher) -> Snippet:
    """The run of sentences of a passage that covers most of the question."""
    if not read.sentences:
        return Snippet("", ())
    # What the title says need not be said again.
    covered = [matcher.coverage(read.title_terms | terms) for terms in read.terms]
    text = _shortened(_from(read.sentences, covered.index(max(covered))))
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
