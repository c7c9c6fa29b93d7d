"""What a passage offers as answers: a sentence or two, the steps, a table row or a fact.

Extractive: every word of a unit stands in the document. Headings alone are never answers, and
lists and sentences are never cut in the middle. What is addressed to machines is never offered.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.documents import BlockKind, Passage
from kb.instructions import addresses_machines, withheld_blocks
from kb.text import sentences
from search.results import Answer, AnswerForm

# An answer longer than this is an article. Steps are returned whole.
_TEXT_WORDS = 40
_TWO_SENTENCES = 55  # words of two neighbours that both answer
# Lone items, rows and definitions up to this length are answers as they are.
_LONE_WORDS = 60
# Mean length of the items of a numbered list up to which they are steps.
_STEP_WORDS = 50
# Steps of a list that are compared with the question; a long list is a bit near to everything.
_STEPS_COMPARED = 2
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
    span: tuple[int, int]  # [start, end) of its words in `trusted_text(passage).split()`
    passage: Passage
    block: int  # place of its block in the passage

    def joined(self, other: "Unit") -> "Unit | None":
        """Two neighbouring sentences of a paragraph as one; None for anything else."""
        first, second = sorted((self, other), key=lambda unit: unit.span)
        texts = (first.answer.text, second.answer.text)
        if first.passage is not second.passage or first.block != second.block:
            return None
        if first.span[1] != second.span[0] or sum(map(_words, texts)) > _TWO_SENTENCES:
            return None
        answer = Answer(AnswerForm.TEXT, " ".join(texts))
        return Unit(answer, (first.span[0], second.span[1]), self.passage, self.block)


def units(passage: Passage, neighbours: Sequence[Passage], locale: str) -> Iterator[Unit]:
    """What a passage offers as answers. `neighbours` are the passages of its document, from which
    a list of steps that was cut into several passages is put together again."""
    withheld = withheld_blocks(passage.context, passage.blocks)
    seen: set[int] = set()
    end = 0
    for place, block in enumerate(passage.blocks):
        if block in withheld:
            continue
        start, end = end, end + _words(block.text)
        if block.kind is BlockKind.STEP and (steps := _steps(passage, block.group, neighbours)):
            if block.group not in seen and not addresses_machines(steps.text):
                seen.add(block.group)
                words = _words_of_group(passage, block.group)
                yield Unit(steps, (start, start + words), passage, place)
        elif block.kind in _LONE_FORMS and _words(block.text) <= _LONE_WORDS:
            yield Unit(Answer(_LONE_FORMS[block.kind], block.text), (start, end), passage, place)
        elif block.kind is not BlockKind.CODE:
            yield from _sentences(passage, place, start, locale)


def _words_of_group(passage: Passage, group: int) -> int:
    """How many words the first steps of a list have in this passage: they say what it is about."""
    own = [b for b in passage.blocks if b.kind is BlockKind.STEP and b.group == group]
    return sum(_words(block.text) for block in own[:_STEPS_COMPARED])


def _steps(passage: Passage, group: int, neighbours: Sequence[Passage]) -> Answer | None:
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
    return Answer(AnswerForm.STEPS, text, items, blocks[0].number)


def _sentences(passage: Passage, place: int, start: int, locale: str) -> Iterator[Unit]:
    """The sentences of the block at this place, whose words begin at `start`."""
    block = passage.blocks[place].text
    parts = sentences(block, locale)
    read = 0
    for number, sentence in enumerate(parts):
        at = max(read, block.find(sentence, read))
        first, read = start + _words(block[:at]), at + len(sentence)
        text = _with_next(sentence, parts[number + 1 : number + 2])
        if not text.endswith(":"):  # announces a list; the list is the answer
            yield Unit(Answer(AnswerForm.TEXT, text), (first, first + _words(text)), passage, place)


def _with_next(sentence: str, following: Sequence[str]) -> str:
    """A sentence, with the next one when it is too short to stand alone."""
    words = _words(sentence)
    more = sum(map(_words, following))
    if following and words < _SHORT_WORDS and words + more <= _TEXT_WORDS:
        return " ".join((sentence, *following))
    return sentence


def _words(text: str) -> int:
    return len(text.split())
