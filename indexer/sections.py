"""Sections and blocks of plain text, cut from the sanitised page: what is searched and quoted.

Every visible word stands in exactly one block, except a table's column names, which each row
repeats so that it can be read alone, and the labels of variant blocks, which their sections know.
Variant blocks within lists and tables are left out: what is for everybody must not hold them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from indexer.variants import is_label, variants_of
from kb.documents import Block, BlockKind, Section, Variant
from kb.text import visible

_HEADING = re.compile(r"h[1-6]")
# Elements that begin a line of their own; everything else runs on within one.
_BLOCKS = frozenset(
    "address aside blockquote caption col colgroup dd details div dl dt figcaption figure h1 h2 h3"
    " h4 h5 h6 hr li ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
_LISTS = frozenset({"ul", "ol", "dl"})
_ENDS = (".", "!", "?", ":", ";", ",", "…")
# Longer ones are no numbers of steps, and browsers read them differently.
_INTEGER = re.compile(r"\s*([-+]?[0-9]{1,9})(?![0-9])")
_FILE_NAME = re.compile(r"^\S+\.[A-Za-z]{3,4}$")


def cut(html: str) -> tuple[Section, ...]:
    """The page's sections in order; text above the first heading has a section without one."""
    body = LexborHTMLParser(f"<body>{html}</body>").body
    return _Cutter().run(body) if body is not None else ()


@dataclass(slots=True)
class _Open:
    """A section that is still being filled."""

    heading: str
    anchor: str
    level: int
    path: tuple[str, ...]
    variants: tuple[Variant, ...] = ()
    begins: bool = True  # with its heading; False where it goes on in or behind a variant block
    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # ids of footnotes it refers to

    def closed(self) -> Section:
        blocks = tuple(self.blocks)
        return Section(self.heading, self.anchor, self.level, blocks, self.path, self.variants)

    def continued(self, variants: tuple[Variant, ...]) -> "_Open":
        return _Open(self.heading, self.anchor, self.level, self.path, variants, begins=False)


class _Cutter:
    def __init__(self) -> None:
        self.sections = [_Open("", "", 1, ())]
        self.trail: list[_Open] = []  # the headings above this point, outermost first
        self.groups = 0
        self.lead = ""  # a call-out's title, waiting for the text it belongs to

    def run(self, body: LexborNode) -> tuple[Section, ...]:
        self._flow(body)
        self._flush_lead()
        return tuple(
            section.closed()
            for section in self.sections
            if section.blocks or (section.heading and section.begins)
        )

    def _flow(self, parent: LexborNode) -> None:
        """Children of a block: blocks each on their own, text between them as paragraphs."""
        line: list[str] = []
        for node in _children(parent):
            if node.is_text_node or node.tag not in _BLOCKS and not _holds_blocks(node):
                line.append(self._inline(node))
            else:
                self._paragraph("".join(line))
                line.clear()
                self._block(node)
        self._paragraph("".join(line))

    def _block(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if _HEADING.fullmatch(tag):
            self._start(node, int(tag[1]))
        elif tag in ("p", "figcaption", "caption", "dt"):
            self._text(node)
        elif tag == "summary":
            self._flush_lead()
            self.lead = self._inline(node).strip()
        elif tag in ("ul", "ol"):
            self._list(node, BlockKind.STEP if tag == "ol" else BlockKind.ITEM)
        elif tag == "table":
            self._table(node)
        elif tag == "dl":
            self._definitions(node)
        elif tag == "pre":
            self._code(node)
        elif tag == "div" and node.attrs.get("class") == "footnote":
            self._footnotes(node)
        elif tag == "div" and (own := variants_of(node)):
            self._variant(node, own)
        elif tag in ("aside", "details"):
            self._flow(node)
            self._flush_lead()
        elif tag != "hr":
            self._flow(node)

    def _variant(self, node: LexborNode, own: tuple[Variant, ...]) -> None:
        """A block for some readers; headings in it reach no further."""
        outer, trail = self.sections[-1], self.trail
        self.sections.append(outer.continued((*outer.variants, *own)))
        self._flow(node)
        self._flush_lead()
        self.trail = trail
        self.sections.append(outer.continued(outer.variants))

    def _start(self, node: LexborNode, level: int) -> None:
        self._flush_lead()
        heading = _fold(self._inline(node))
        self.trail = [section for section in self.trail if section.level < level]
        path = tuple(section.heading for section in self.trail)
        anchor, variants = node.attrs.get("id") or "", self.sections[-1].variants
        self.sections.append(_Open(heading, anchor, level, path, variants))
        self.trail.append(self.sections[-1])

    def _text(self, node: LexborNode) -> None:
        if is_label(node):
            return
        if node.attrs.get("class") == "admonition-title":
            self._flush_lead()
            self.lead = _fold(self._inline(node))
            return
        text = _fold(self._inline(node))
        if not text:
            text = _descriptions(node)
        self._paragraph(text)

    def _paragraph(self, text: str) -> None:
        self._add(BlockKind.PARAGRAPH, _fold(text))

    def _add(self, kind: BlockKind, text: str, group: int = 0, number: int = 0) -> None:
        if text.strip():
            if self.lead and kind is BlockKind.PARAGRAPH:
                text, self.lead = _join(self.lead, text, ": "), ""
            elif self.lead:
                self._flush_lead()
            self.sections[-1].blocks.append(Block(kind, text, group, number))

    def _flush_lead(self) -> None:
        if self.lead:
            text, self.lead = _fold(self.lead), ""
            self._add(BlockKind.PARAGRAPH, text)

    def _group(self) -> int:
        self.groups += 1
        return self.groups

    def _list(self, node: LexborNode, kind: BlockKind) -> None:
        group = self._group()
        number, step = _counting(node)
        for item in _children(node):
            if item.tag == "li":
                number = _integer(item, "value", number)
                own = number if kind is BlockKind.STEP else 0
                self._add(kind, self._folded_block(item), group, own)
                number += step
            elif item.is_text_node:
                self._paragraph(self._inline(item))
            else:
                self._paragraph(self._folded_block(item))

    def _folded_block(self, node: LexborNode) -> str:
        """Everything below a node as one line of text."""
        result = ""
        line: list[str] = []
        for child in _children(node):
            if child.is_text_node or child.tag not in _BLOCKS and not _holds_blocks(child):
                line.append(self._inline(child))
                continue
            result = _join(result, _fold("".join(line)), " ")
            line.clear()
            result = _join(result, self._nested(child), ": " if child.tag in _LISTS else " ")
        return _join(result, _fold("".join(line)), " ")

    def _nested(self, node: LexborNode) -> str:
        if node.tag in ("ul", "ol"):
            items = (self._folded_block(item) for item in _children(node))
            return _enumerated(item for item in items if item)
        if node.tag == "table":
            return _enumerated(self._rows(node))
        if node.tag == "dl":
            return _enumerated(self._terms(node))
        if node.tag == "div" and variants_of(node):
            return ""
        if node.tag == "p" and node.attrs.get("class") == "admonition-title":
            text = _fold(self._inline(node))
            return text if text.endswith(_ENDS) else f"{text}:"
        return self._folded_block(node)

    def _table(self, node: LexborNode) -> None:
        for caption in node.css("caption"):
            self._paragraph(self._inline(caption))
        group = self._group()
        for row in self._rows(node):
            self._add(BlockKind.ROW, row, group)

    def _rows(self, table: LexborNode) -> Iterator[str]:
        """Each row as "Column: cell; Column: cell"; the column names alone when there is no row."""
        rows = [row for row in table.css("tr")]
        names: list[str] = []
        told = False
        for number, row in enumerate(rows):
            cells = [cell for cell in _children(row) if cell.tag in ("td", "th")]
            texts = [self._folded_block(cell) for cell in cells]
            if number == 0 and cells and all(cell.tag == "th" for cell in cells):
                names = texts
                continue
            told = True
            if text := _row(names, texts):
                yield text
        if names and not told:
            yield _row([], names)

    def _definitions(self, node: LexborNode) -> None:
        group = self._group()
        for text in self._terms(node):
            self._add(BlockKind.TERM, text, group)

    def _terms(self, node: LexborNode) -> Iterator[str]:
        """Each term with its definitions; a <div> may group them."""
        terms: list[str] = []
        meanings: list[str] = []
        for child in _definition_parts(node):
            bare = child.is_text_node
            text = _fold(self._inline(child)) if bare else self._folded_block(child)
            if child.tag == "dt":
                if meanings:
                    yield _definition(terms, meanings)
                    terms, meanings = [], []
                terms.append(text)
            else:
                meanings.append(text)
        if terms or meanings:
            yield _definition(terms, meanings)

    def _code(self, node: LexborNode) -> None:
        lines = [line.rstrip() for line in visible(node.text()).split("\n")]
        self._add(BlockKind.CODE, "\n".join(lines).strip("\n"))

    def _footnotes(self, node: LexborNode) -> None:
        """Each footnote closes the section that refers to it."""
        self._flush_lead()
        for item in node.css("li"):
            name = item.attrs.get("id") or ""
            owner = next((s for s in self.sections if name in s.notes), self.sections[-1])
            if text := self._folded_block(item):
                owner.blocks.append(Block(BlockKind.PARAGRAPH, text))

    def _inline(self, node: LexborNode) -> str:
        """The text of an inline node, white space not folded yet."""
        if node.is_text_node:
            return node.text_content or ""
        tag = node.tag or ""
        if tag in ("br", "wbr"):
            return " " if tag == "br" else ""
        kind = node.attrs.get("class") or ""
        if kind == "footnote-backref" or tag in ("img", "input", "-comment"):
            return ""
        if tag == "sup" and (note := node.css_first("a.footnote-ref")) is not None:
            self.sections[-1].notes.append((note.attrs.get("href") or "").lstrip("#"))
            return ""
        inner = "".join(self._inline(child) for child in _children(node))
        return f" {inner} " if tag in _BLOCKS else inner


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.first_child
    while child is not None:
        yield child
        child = child.next


def _holds_blocks(node: LexborNode) -> bool:
    """Whether an inline element such as <ins> or <a> wraps whole blocks."""
    return any(
        child.tag in _BLOCKS or _holds_blocks(child)
        for child in _children(node)
        if not child.is_text_node
    )


def _counting(node: LexborNode) -> tuple[int, int]:
    """The number of a list's first item, and what each further one adds."""
    if "reversed" not in node.attrs:
        return _integer(node, "start", 1), 1
    items = sum(child.tag == "li" for child in _children(node))
    return _integer(node, "start", items), -1


def _integer(node: LexborNode, name: str, default: int) -> int:
    match = _INTEGER.match(node.attrs.get(name) or "")
    return int(match[1]) if match else default


def _definition_parts(node: LexborNode) -> Iterator[LexborNode]:
    for child in _children(node):
        if child.tag == "div":
            yield from _definition_parts(child)
        elif not child.is_text_node or (child.text_content or "").strip():
            yield child


def _definition(terms: list[str], meanings: list[str]) -> str:
    return _join(", ".join(filter(None, terms)), _sentences(meanings), ": ")


def _row(names: list[str], texts: list[str]) -> str:
    """One line for a table row; a cell without a column name stands as it is."""
    cells = []
    for number, text in enumerate(texts):
        name = names[number] if number < len(names) else ""
        if text:
            cells.append(_join(name, text, ": ") if name else text)
    return "; ".join(cells)


def _join(first: str, second: str, between: str) -> str:
    """Two texts as one; no second mark behind one that ends its own sentence."""
    if not first or not second:
        return first or second
    return f"{first} {second}" if first.endswith(_ENDS) else f"{first}{between}{second}"


def _sentences(parts: Iterable[str]) -> str:
    result = ""
    for part in parts:
        result = _join(result, part, " ")
    return result


def _enumerated(items: Iterable[str]) -> str:
    """List items as one line: full sentences follow each other, fragments take a semicolon."""
    result = ""
    for item in items:
        result = _join(result, item, "; ")
    return result


def _descriptions(node: LexborNode) -> str:
    """What pictures that stand alone show; file names and single words say nothing."""
    said: list[str] = []
    for image in node.css("img[alt]"):
        alt = _fold(image.attrs.get("alt") or "")
        if " " in alt and not _FILE_NAME.match(alt) and alt not in said:
            said.append(alt)
    return _sentences(said)


def _fold(text: str) -> str:
    return " ".join(visible(text).split())
