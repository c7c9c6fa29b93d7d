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
        if block.kind is BlockKind.STEP:
            if block.group not in seen:
                seen.add(block.group)
                yield _steps(passage, block.group, neighbours)
        elif block.kind is BlockKind.PARAGRAPH:
            yield from _sentences(passage, block, locale)
        elif form := _LONE_FORMS.get(block.kind):
            yield Unit(Answer(form, block.text), block.text, passage)


def _steps(passage: Passage, group: int, neighbours: Sequence[Passage]) -> Unit:
    items = tuple(
        block.text
        for other in neighbours
        if other.anchor == passage.anchor
        for block in other.blocks
        if block.kind is BlockKind.STEP and block.group == group
    )
    text = "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))
    # What a list of steps is about stands in its heading.
    compared = f"{passage.context}: {' '.join(items[:2])}"
    return Unit(Answer(AnswerForm.STEPS, text, items), compared, passage)


def _sentences(passage: Passage, block: Block, locale: str) -> Iterator[Unit]:
    parts = sentences(block.text, locale)
    for place, sentence in enumerate(parts):
        text = _with_next(sentence, parts[place + 1 : place + 2])
        if not text.endswith(":"):  # announces a list; the list is the answer
            yield Unit(Answer(AnswerForm.TEXT, text), text, passage)


def _with_next(sentence: str, following: Sequence[str]) -> str:
    """A sentence, with the next one when it is too short to stand alone."""
    words = len(sentence.split())
    more = sum(len(text.split()) for text in following)
    if following and words < _SHORT_WORDS and words + more <= _TEXT_WORDS:
        return " ".join((sentence, *following))
    return sentence
