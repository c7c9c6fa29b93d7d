"""What a passage offers as answers: a sentence or two, the steps, a table row or a fact.

Extractive: every word of a unit stands in the document. Headings alone are never answers, and
lists and sentences are never cut in the middle.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.documents import Block, BlockKind, Passage
from kb.text import sentences
from search.results import Answer, AnswerForm

# An answer longer than this is an article. Steps are returned whole.
_TEXT_WORDS = 40
# Lone items, rows and definitions up to this length are answers as they are.
_LONE_WORDS = 60
# Mean length of the items of a numbered list up to which they are steps.
_STEP_WORDS = 50
# A sentence shorter than this rarely says enough alone; it takes the next one along.
_SHORT_WORDS = 9

_LONE_FORMS = {
    BlockKind.ITEM: AnswerForm.TEXT,
    BlockKind.TERM: AnswerForm.TEXT,
    BlockKind.ROW: AnswerForm.ROW,
    BlockKind.FACT: AnswerForm.FACT,
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of a passage that may be an answer as it is."""

    answer: Answer
    compared: str  # the text that is embedded, and compared with the question
    passage: Passage


def units(passage: Passage, neighbours: Sequence[Passage], locale: str) -> Iterator[Unit]:
    """What a passage offers as answers. `neighbours` are the passages of its document, from which
    a list of steps that was cut into several passages is put together again."""
    seen: set[int] = set()
    for block in passage.blocks:
        if block.kind is BlockKind.STEP and (steps := _steps(passage, block.group, neighbours)):
            if block.group not in seen:
                seen.add(block.group)
                yield steps
        elif block.kind in _LONE_FORMS and _words(block.text) <= _LONE_WORDS:
            yield Unit(Answer(_LONE_FORMS[block.kind], block.text), block.text, passage)
        elif block.kind is not BlockKind.CODE:
            yield from _sentences(passage, block, locale)


def _steps(passage: Passage, group: int, neighbours: Sequence[Passage]) -> Unit | None:
    """The whole list; None when its items are too long for steps, as numbered questions are."""
    blocks = [
        block
        for other in neighbours
        if other.anchor == passage.anchor
        for block in other.blocks
        if block.kind is BlockKind.STEP and block.group == group
    ]
    items = tuple(block.text for block in blocks)
    if sum(map(_words, items)) > _STEP_WORDS * len(items):
        return None
    # Numbered as on the page: a list may go on after something between its steps.
    text = "\n".join(f"{block.number}. {block.text}" for block in blocks)
    # What a list of steps is about stands in its heading.
    compared = f"{passage.context}: {' '.join(items[:2])}"
    return Unit(Answer(AnswerForm.STEPS, text, items, blocks[0].number), compared, passage)


def _sentences(passage: Passage, block: Block, locale: str) -> Iterator[Unit]:
    parts = sentences(block.text, locale)
    for place, sentence in enumerate(parts):
        text = _with_next(sentence, parts[place + 1 : place + 2])
        if not text.endswith(":"):  # announces a list; the list is the answer
            yield Unit(Answer(AnswerForm.TEXT, text), text, passage)


def _with_next(sentence: str, following: Sequence[str]) -> str:
    """A sentence, with the next one when it is too short to stand alone."""
    words = _words(sentence)
    more = sum(map(_words, following))
    if following and words < _SHORT_WORDS and words + more <= _TEXT_WORDS:
        return " ".join((sentence, *following))
    return sentence


def _words(text: str) -> int:
    return len(text.split())
