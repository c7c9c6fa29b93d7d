"""Sections cut into passages: pieces short enough for one vector, never across a heading."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kb.context import Address
from kb.documents import Block, BlockKind, Document, Page, Passage, Section
from kb.text import sentences
from kb.variants import AUDIENCES, other_address

# About as much as the encoder was trained on; longer passages blur, shorter ones lose context.
PASSAGE_WORDS = 160
# A block longer than this is cut: between sentences, code between lines. Steps never are, because
# answers count them.
_BLOCK_WORDS = 220


def cut_passages(
    number: int, document: Document, page: Page, address: Address = Address.DU
) -> Iterator[Passage]:
    """The passages of one document in reading order; `number` is the document's in the library.

    A document without text still gets one passage, so that its title can be found. What is written
    in another form of address than `address` says nothing new and has no passages.
    """
    made = False
    for section in page.sections:
        names = [variant.name for variant in section.variants]
        if other_address(address) in names:
            continue
        labels = (variant.label for variant in section.variants)
        places = (document.title, *section.path, section.heading, *labels)
        context = " › ".join(filter(None, places))
        audience = tuple(name for name in names if name in AUDIENCES)
        for blocks in _fill(_short_blocks(section, document.locale)):
            made = True
            yield Passage(number, section.heading, section.anchor, blocks, context, audience)
    if not made:
        yield Passage(number, "", "", (), document.title)


def _short_blocks(section: Section, locale: str) -> Iterator[Block]:
    for block in section.blocks:
        if block.kind is BlockKind.STEP or _words(block.text) <= _BLOCK_WORDS:
            yield block
        else:
            yield from _split(block, locale)


def _split(block: Block, locale: str) -> Iterator[Block]:
    """A long block as several of the same kind."""
    if block.kind is BlockKind.CODE:
        parts, between = block.text.split("\n"), "\n"
    else:
        parts, between = sentences(block.text, locale), " "
    pieces = (piece for part in parts for piece in _at_most(part, _BLOCK_WORDS))
    for group in _group(pieces):
        yield replace(block, text=between.join(group).strip("\n"))


def _at_most(text: str, limit: int) -> Iterator[str]:
    words = text.split()
    if len(words) <= limit:  # as it is: a line of code keeps its indentation
        yield text
        return
    for start in range(0, len(words), limit):
        yield " ".join(words[start : start + limit])


def _group(pieces: Iterable[str]) -> Iterator[list[str]]:
    group: list[str] = []
    for piece in pieces:
        if group and _words(*group) + _words(piece) > PASSAGE_WORDS:
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _fill(blocks: Iterable[Block]) -> Iterator[tuple[Block, ...]]:
    """Blocks put together until a passage is full."""
    passage: list[Block] = []
    words = 0
    for block in blocks:
        more = _words(block.text)
        if passage and words + more > PASSAGE_WORDS:
            yield tuple(passage)
            passage, words = [], 0
        passage.append(block)
        words += more
    if passage:
        yield tuple(passage)


def _words(*texts: str) -> int:
    return sum(len(text.split()) for text in texts)
