"""The part of a passage that shows why it was found, and which words in it to mark."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from search.forward_index import BoolArray, ForwardIndex, IntArray, Matches, PassageText
from search.locale_index import LocaleIndex
from search.query import QueryWord
from search.results import Snippet

FloatArray = npt.NDArray[np.float64]
Highlight = tuple[int, int]  # [start, end) offsets

_SENTENCE_ENDS = (".", "!", "?", ":", "…", "“", "”", "»", ")")

SNIPPET_LENGTH = 240  # characters; two to three lines on a phone


class Matcher:
    """Tells which words of a text the question asked for. One for each question and language."""

    def __init__(self, words: Sequence[QueryWord], index: LocaleIndex) -> None:
        self.forward: ForwardIndex = index.forward
        find = index.keyword.terms.find
        asked = {term for word in words for way in word.alternatives for term in way.terms}
        numbers = {term: number for term in asked if (number := find(term)) is not None}
        self.terms: IntArray = np.array(sorted(set(numbers.values())), np.int64)
        column = {number: place for place, number in enumerate(self.terms.tolist())}
        # Of each word the ways to find it, as columns of what `matches` finds present.
        self._ways = [
            [
                [column[numbers[term]] for term in way.terms]
                for way in word.alternatives
                if all(term in numbers for term in way.terms)
            ]
            for word in words
        ]
        self._information = [word.information for word in words]
        self._total = sum(self._information) or 1.0

    def matches(self, passages: IntArray) -> Matches:
        """Where the words asked for stand in these passages, numbered within the language."""
        return self.forward.matches(passages, self.terms)

    def coverage(self, present: BoolArray) -> FloatArray:
        """Share of the question's information that is found in each row, (rows,), 0..1.

        `present`, (rows, terms), as of `matches`. A word counts when all terms of one of its
        alternatives are there: `x` alone says nothing of `AB-1200/X`.
        """
        covered = np.zeros(len(present))
        for ways, information in zip(self._ways, self._information, strict=True):
            found = present[:, [way[0] for way in ways if len(way) == 1]].any(axis=1)
            for way in ways:
                if len(way) > 1:
                    found |= present[:, way].all(axis=1)
            covered += information * found
        return covered / self._total


def snippets(matcher: Matcher, passages: IntArray) -> Iterator[tuple[PassageText, Snippet]]:
    """For each passage its text and the run of its sentences that covers most of the question."""
    matches = matcher.matches(passages)
    # What the headings say need not be said again: they are part of every row.
    covered = matcher.coverage(matches.present)
    bounds = matches.starts.tolist()
    for passage, first, end in zip(passages.tolist(), bounds, bounds[1:], strict=False):
        text = matcher.forward.text(passage)
        if not text.sentences:
            yield text, Snippet("", ())
            continue
        best = int(covered[first + 1 : end].argmax())
        yield text, _snippet(text.sentences, best, _marked(matches, first + 1, end))


def _marked(matches: Matches, first: int, end: int) -> list[list[Highlight]]:
    """The words asked for in each of the rows [first, end), in order, each once."""
    row = matches.places[:, 0]
    left, right = np.searchsorted(row, [first, end])
    marked: list[list[Highlight]] = [[] for _ in range(end - first)]
    for number, start, stop in matches.places[left:right].tolist():
        own = marked[number - first]
        if (start, stop) not in own[-1:]:
            own.append((start, stop))
    return marked


def _snippet(sentences: Sequence[str], best: int, marked: Sequence[Sequence[Highlight]]) -> Snippet:
    text, highlights = "", []
    for number in _run(sentences, best):
        if text:
            text += _joint(text)
        highlights += [(len(text) + start, len(text) + end) for start, end in marked[number]]
        text += sentences[number]
    text = _shortened(text)
    shown = len(text.removesuffix(" …"))
    return Snippet(text, tuple(found for found in highlights if found[1] <= shown))


def _run(sentences: Sequence[str], best: int) -> range:
    """Sentences from the best one on as long as they fit, filled up with those before it."""
    lengths = [len(text) + len(_joint(text)) for text in sentences]
    start, end, room = best, best + 1, SNIPPET_LENGTH - lengths[best]
    while end < len(sentences) and lengths[end] < room:
        room -= lengths[end]
        end += 1
    while start and lengths[start - 1] < room:
        start -= 1
        room -= lengths[start]
    return range(start, end)


def _joint(left: str) -> str:
    """What stands between sentences: rows and facts, which end without a mark, are set apart."""
    return " " if left.endswith(_SENTENCE_ENDS) else " · "


def _shortened(text: str) -> str:
    if len(text) <= SNIPPET_LENGTH:
        return text
    return text[:SNIPPET_LENGTH].rsplit(maxsplit=1)[0] + " …"
