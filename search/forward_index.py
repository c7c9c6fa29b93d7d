"""The forward index: what stands in each passage, cut and analysed when the index is built.

The keyword index leads from terms to passages; this one leads from a passage to its sentences, to
the terms of their words and to the units that may answer. A question would else cut and stem a
dozen passages anew: most of the time that it took.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kb.documents import BlockKind, Passage
from kb.errors import DamagedIndex
from kb.instructions import withheld_blocks
from kb.text import sentences
from search.analysis import Token, tokens
from search.answer_types import tells_number
from search.lexicon import Words, write_words
from search.mapped import mapped
from search.ragged import gathered
from search.results import AnswerForm
from search.units import Unit

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_TEXTS = "passage-texts"
_STARTS, _TERMS, _PLACES = "forward-starts.npy", "forward-terms.npy", "forward-places.npy"
_UNITS, _UNIT_STARTS = "forward-units.npy", "forward-unit-starts.npy"
_SENTENCES = "forward-sentences.npy"

_BETWEEN = "\x1f"  # "unit separator"; in a text, where nobody sees it, it is a space here
_FARTHEST = 65_535  # characters into a sentence; words behind are not marked
_MOST_SENTENCES = 65_000  # of a passage: lines of code are not cut


@dataclass(frozen=True)
class PassageContent:
    """What goes into the index of one passage."""

    passage: Passage
    title: str
    units: Sequence[Unit]


def write_forward_index(
    folder: Path,
    contents: Iterable[PassageContent],
    locale: str,
    terms_of: Callable[[Token], Iterable[int]],
) -> None:
    """Write the index of all passages of one language into `folder`.

    `terms_of` tells the numbers of the terms by which a word may be found.
    """
    texts = []
    terms, places, units = array("i"), array("H"), array("H")
    starts, unit_starts, counts = [0], [0], []
    for content in contents:
        cut = list(islice(_cut(content, locale), _MOST_SENTENCES))
        written = (content.passage.context, *(sentence.text for sentence in cut))
        for number, text in enumerate(written):
            for token in tokens(text):
                if token.end <= _FARTHEST:
                    for term in terms_of(token):
                        terms.append(term)
                        places.extend((number, token.start, token.end))
        units.extend(value for unit in content.units for value in _located(unit, cut))
        parts = (content.passage.heading, content.passage.anchor, *written[1:])
        texts.append(_BETWEEN.join(part.replace(_BETWEEN, " ") for part in parts))
        starts.append(len(terms))
        unit_starts.append(len(units) // _UNIT_FIELDS)
        counts.append(len(written))
    write_words(folder, _TEXTS, texts)
    np.save(folder / _STARTS, np.array(starts, np.int64))
    np.save(folder / _TERMS, np.frombuffer(terms, np.int32))
    np.save(folder / _PLACES, np.frombuffer(places, np.uint16).reshape(-1, 3))
    np.save(folder / _UNIT_STARTS, np.array(unit_starts, np.int64))
    np.save(folder / _UNITS, np.frombuffer(units, np.uint16).reshape(-1, _UNIT_FIELDS))
    np.save(folder / _SENTENCES, np.array(counts, np.int32))


class _Sentence(NamedTuple):
    text: str
    first_word: int  # its place in `trusted_text(passage).split()`


def _cut(content: PassageContent, locale: str) -> Iterator[_Sentence]:
    """The sentences of a passage.

    Facts repeat the title, which stands above every snippet; it is left out of them here. So is
    what is addressed to machines: they read results, too.
    """
    passage = content.passage
    withheld = withheld_blocks(passage.context, passage.blocks)
    first_word = 0
    for block in passage.blocks:
        if block in withheld:
            continue
        read = words = 0  # words before the sentence, counted on: code may have 100,000 lines
        for text in sentences(block.text, locale):
            at = max(read, block.text.find(text, read))
            words += len(block.text[read:at].split())
            read = at + len(text)
            shown = text.removeprefix(f"{content.title} – ")
            yield _Sentence(
                shown if block.kind is BlockKind.FACT else text,
                first_word + words,
            )
            goes_on = at > 0 and not block.text[at - 1].isspace()  # cut within a word
            words += len(text.split()) - goes_on
        first_word += len(block.text.split())


_UNIT_FIELDS = 4


def _located(unit: Unit, cut: Sequence[_Sentence]) -> tuple[int, int, bool, bool]:
    """A unit as sentences [start, end), whether it is steps, and whether it tells a number."""
    start, end = (1 + sum(sentence.first_word < word for sentence in cut) for word in unit.span)
    is_steps = unit.answer.form is AnswerForm.STEPS
    return start, max(end, start + 1), is_steps, tells_number(unit.answer.text)


class PassageText(NamedTuple):
    heading: str  # of its section; "" for the top of the page
    anchor: str
    sentences: Sequence[str]


@dataclass(frozen=True)
class Matches:
    """Where the terms of a question stand in some passages.

    Every passage has a row for its headings, then one for each of its sentences.
    """

    starts: IntArray  # (passages + 1,) where each passage's rows begin
    present: BoolArray  # (rows, terms) whether a term stands in the row, or in the headings above
    places: npt.NDArray[np.int64]  # (found, 3) row of each word found, and its offsets there


@dataclass(frozen=True)
class UnitPlaces:
    """The units of some passages, as rows of `Matches`."""

    starts: IntArray  # (passages + 1,) where each passage's units begin
    rows: IntArray  # (units, 2) [start, end)
    is_steps: BoolArray  # (units,)
    tells_number: BoolArray  # (units,)


class ForwardIndex:
    """Read access. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        """Raises DamagedIndex when the files do not fit together."""
        try:
            self._texts = Words(folder, _TEXTS)
            self._starts: IntArray = mapped(folder / _STARTS)
            self._terms: npt.NDArray[np.int32] = mapped(folder / _TERMS)
            self._places: npt.NDArray[np.uint16] = mapped(folder / _PLACES)
            self._unit_starts: IntArray = mapped(folder / _UNIT_STARTS)
            self._units: npt.NDArray[np.uint16] = mapped(folder / _UNITS)
            self._counts: npt.NDArray[np.int32] = mapped(folder / _SENTENCES)
        except (OSError, ValueError) as error:
            raise DamagedIndex(f"{folder}: the forward index cannot be read.", folder) from error
        if not self._fits_together():
            raise DamagedIndex(f"{folder}: the forward index does not fit together.", folder)

    def _fits_together(self) -> bool:
        passages = len(self._counts)
        return (
            passages + 1 == len(self._starts) == len(self._unit_starts)
            and passages == len(self._texts)
            and len(self._terms) == len(self._places) == self._starts[-1]
            and len(self._units) == self._unit_starts[-1]
        )

    def text(self, passage: int) -> PassageText:
        """What a result shows of a passage."""
        heading, anchor, *found = self._texts[passage].split(_BETWEEN)
        return PassageText(heading, anchor, found)

    def matches(self, passages: IntArray, terms: IntArray) -> Matches:
        """Where these terms, given by ascending numbers, stand in these passages."""
        starts = np.concatenate([[0], np.cumsum(self._counts[passages])])
        present = np.zeros((starts[-1], len(terms)), np.bool_)
        if not len(terms):
            return Matches(starts, present, np.empty((0, 3), np.int64))
        rows, of_passage = gathered(self._starts, passages)
        found = self._terms[rows]
        column = np.searchsorted(terms, found)
        column[column == len(terms)] = 0
        hit = np.flatnonzero(terms[column] == found)
        places = self._places[rows[hit]].astype(np.int64)
        places[:, 0] += starts[of_passage[hit]]
        present[places[:, 0], column[hit]] = True
        present |= np.repeat(present[starts[:-1]], np.diff(starts), axis=0)
        return Matches(starts, present, places)

    def units(self, passages: IntArray, starts: IntArray) -> UnitPlaces:
        """The units of these passages, whose rows begin at `starts`."""
        numbers, of_passage = gathered(self._unit_starts, passages)
        found = self._units[numbers].astype(np.int64)
        return UnitPlaces(
            starts=np.searchsorted(of_passage, np.arange(len(passages) + 1)),
            rows=found[:, :2] + starts[of_passage][:, None],
            is_steps=found[:, 2] > 0,
            tells_number=found[:, 3] > 0,
        )
