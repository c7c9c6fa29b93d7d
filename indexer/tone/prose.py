"""The prose of a Markdown body, block by block, each letter where the editor wrote it.

Read from the source and not from the page, because a warning must name line and column. Code,
tables, quotations, targets of links and raw HTML are no prose. Everything here takes time in
proportion to the text, however hostile it is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from indexer.admonitions import canonical
from indexer.front_matter import Place

# What a block is. A field is one of the front matter; a step stands in a numbered list.
FIELD, HEADING, STEP, ITEM, PARAGRAPH = "field", "heading", "step", "item", "paragraph"

_MAX_NESTING = 20  # of lists and quotations
_MAX_LINE = 20_000  # characters; a line of 3,000 words is a mistake, of which the beginning tells

# What stands around lines and is written differently by each tool: see `indexer.admonitions`.
_INDENTED = re.compile(r"(?:!!!|\?\?\?\+?) ?([A-Za-z][\w-]*)?")
_OPEN = re.compile(r":{3,} *([A-Za-z][\w-]*)")
_CLOSE = re.compile(r":{3,} *$")
_ALERT = re.compile(r"> ?\[!(\w+)\]")
_DEFINITION = re.compile(r"( *): (?=\S)")

_ACCEPT = re.compile(r"<!-- *accept ([a-z, -]*?) *-->")
_LINK = re.compile(r"(?<!!)\[([^\[\]]*)\](?=\(|\[)")
_LABEL = re.compile(r"\[!(?:DNL|UICONTROL) [^\[\]]*\]", re.IGNORECASE)  # names of products, buttons
# Not for readers' eyes: blanks take their place.
_MARKUP = re.compile(
    r"\[!\w+\]|<!--[^<]*?-->|</?[A-Za-z][^<>]*>"  # alerts in lists, HTML
    r"|!\[[^\[\]]*\](?:\([^()\n]*\)|\[[^\[\]]*\])?"  # pictures
    r"|\]\((?:[^()]|\([^()]*\))*\)|\]\[[^\[\]]*\]|\[\^[^\[\]]*\]:?|[\[\]]"  # the ends of links
    r"|\{[:#.][^{}]*\}|&nbsp;|\\(?=[!-/:-@\[-`{-~])|\*+|~~|(?<!\w)_+|_+(?!\w)|^#+ "
)
# For readers' eyes, but not the editor's own words: lines take the place of the letters.
_FOREIGN = re.compile(
    r"„[^„“”]*[“”]|“[^“”]*”|»[^»«]*«|«[^»«]*»|‚[^‚‘’]*[‘’]"  # quotations
    r"|(?<![^\s(*])\"(?=\S)[^\"]*\"|(?<!\w)'(?=\S)[^'\n]{1,80}'(?!\w)"
    r"|(?:https?://|www\.)[^\s<>]*[\w/]|&#?\w+;"
)
_SLASHED = re.compile(r"(?<!\S)\S*[@\\/]\S*")
_TICKS = re.compile("`+")
_VISIBLE = re.compile(r"\S")
_SPACES = re.compile(r"[^\n]")


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, the text of a list item or a field of the front matter."""

    written: str  # as it stands in the file, without what its lines begin with
    text: str  # the same with blanks for markup and underscores for what is not the editor's own
    kind: str  # FIELD, HEADING, STEP, ITEM or PARAGRAPH
    boxes: frozenset[str]  # canonical names of the call-outs and variant blocks around it
    places: tuple[Place, ...]  # of the first letter of each of its lines
    links: tuple[tuple[int, int], ...] = ()  # where the words of each begin and end in the text

    def place(self, offset: int) -> Place:
        """Where in the file a letter of the text stands."""
        if self.kind == FIELD:  # YAML may write it in many ways
            return self.places[0]
        before = self.text[:offset]
        line, column = self.places[before.count("\n")]
        return line, column + offset - (before.rfind("\n") + 1)

    @property
    def is_running(self) -> bool:
        """Whether it is made of sentences."""
        return self.kind not in (FIELD, HEADING)

    def quoted(self, start: int, end: int) -> str:
        """Words as the editor reads them: without markup, on one line."""
        kept = (
            shown if mark in ("_", shown) else " "
            for shown, mark in zip(self.written[start:end], self.text[start:end], strict=True)
        )
        return " ".join("".join(kept).split())


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A comment that accepts findings: `<!-- accept long-sentence -->`."""

    line: int
    column: int
    last: int  # the last line it speaks of: its own, or the one below when it stands alone
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Prose:
    blocks: tuple[Block, ...]
    accepted: tuple[Acceptance, ...]


def read_prose(lines: Sequence[str], first_line: int) -> Prose:
    """The prose of these lines, which are a body without its fenced code; see `prose_lines`."""
    lines = [line[:_MAX_LINE] for line in lines]
    bare, boxes = _unboxed(lines)
    blocks = []
    for token, kind in _leaves(bare):
        first, end = token.map or (0, 0)
        numbers = range(first, end)
        places = tuple(_places(token.content, [lines[n] for n in numbers], first + first_line))
        if places:
            around = frozenset[str]().union(*(boxes[n] for n in numbers))
            blocks.append(block(token.content, kind, places, around))
    return Prose(tuple(blocks), tuple(_acceptances(lines, first_line)))


def block(
    written: str, kind: str, places: tuple[Place, ...], boxes: frozenset[str] = frozenset()
) -> Block:
    """A block of text whose lines begin at these places."""
    text = _without_code(written)
    text = _LABEL.sub(lambda m: _VISIBLE.sub("_", m[0]), text)
    links = tuple(match.span(1) for match in _LINK.finditer(text))
    text = _MARKUP.sub(lambda m: _SPACES.sub(" ", m[0]), text)
    text = _SLASHED.sub(_without_address, text)
    text = _FOREIGN.sub(lambda m: _VISIBLE.sub("_", m[0]), text)
    return Block(written, text, kind, boxes, places, links)


@dataclass(slots=True)
class _Box:
    name: str
    mark: str  # the character it is written with
    indent: int  # of its content


@dataclass(slots=True)
class _Unboxing:
    open: list[_Box] = field(default_factory=list)

    def line(self, line: str) -> str:
        """The line without the marks of call-outs and the indentation they cause."""
        bare = line.lstrip(" ")
        indent = len(line) - len(bare)
        if bare:
            self._close(bare, indent)
        inner = sum(box.indent for box in self.open)
        if any(box.mark == ">" for box in self.open) and bare.startswith(">"):
            bare = bare[1:].removeprefix(" ")
            indent = 0
        if _CLOSE.match(bare):
            self._end(":")
            return ""
        for pattern, mark, width in ((_INDENTED, "!", 4), (_OPEN, ":", 0), (_ALERT, ">", 0)):
            if found := pattern.match(bare):
                outer = indent if mark == "!" and not inner else 0
                self.open.append(_Box(canonical(found[1] or ""), mark, width + outer))
                return ""
        bare = _DEFINITION.sub(r"\1- ", bare)
        return " " * max(indent - inner, 0) + bare

    def _close(self, bare: str, indent: int) -> None:
        """End what ends without a mark of its own."""
        if not bare.startswith(">"):
            self._end(">")
        while sum(box.indent for box in self.open) > indent:
            self._end("!")

    def _end(self, mark: str) -> None:
        """The innermost box of this kind, with all in it."""
        for number in reversed(range(len(self.open))):
            if self.open[number].mark == mark:
                del self.open[number:]
                return


def _unboxed(lines: Sequence[str]) -> tuple[list[str], list[frozenset[str]]]:
    """The lines without call-outs, and the names of those around each."""
    unboxing = _Unboxing()
    bare, boxes = [], []
    for line in lines:
        text = line.lstrip()
        indentation = line[: len(line) - len(text)].expandtabs(4)
        bare.append(unboxing.line(indentation + text))
        boxes.append(frozenset(box.name for box in unboxing.open[-_MAX_NESTING:]))
    return bare, boxes


@cache
def _markdown() -> MarkdownIt:
    """Blocks only: what stands in a line is found here, with its place."""
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _leaves(lines: Sequence[str]) -> Iterator[tuple[Token, str]]:
    """Every run of text that is not quoted nor in a table, with its kind."""
    around: list[str] = []
    for token in _markdown().parse("\n".join(lines)):
        name = token.type.removesuffix("_open").removesuffix("_close")
        if token.nesting == 1:
            around.append(name)
        elif token.nesting == -1:
            around.pop()
        elif token.type == "inline" and not {"table", "blockquote"} & set(around):
            yield token, _kind(around)


def _kind(around: Sequence[str]) -> str:
    if "heading" in around:
        return HEADING
    if "ordered_list" in around:
        return STEP
    return ITEM if "bullet_list" in around else PARAGRAPH


def _places(content: str, lines: Sequence[str], first: int) -> Iterator[Place]:
    """Line and column of each line of a block's content, which is the end of that in the file.

    Where a tab stands for the spaces before it, the column is that of the first letter less these.
    """
    for number, (text, line) in enumerate(zip(content.split("\n"), lines, strict=False)):
        bare = text.strip()
        indentation = len(text) - len(text.lstrip())
        yield first + number, max(line.rfind(bare), 0) - indentation + 1


def _without_code(text: str) -> str:
    """Code within a line as underscores: a word, but not one to judge."""
    runs = [match.span() for match in _TICKS.finditer(text)]
    following: dict[int, int] = {}  # length of a run -> start of the next one of it
    ends: dict[int, int] = {}
    for start, end in reversed(runs):
        if (other := following.get(end - start)) is not None:
            ends[start] = other + end - start
        following[end - start] = start
    parts, done = [], 0
    for start, _ in runs:
        if start >= done and start in ends:
            parts += [text[done:start], _VISIBLE.sub("_", text[start : ends[start]])]
            done = ends[start]
    return "".join([*parts, text[done:]])


def _without_address(match: re.Match[str]) -> str:
    """E-mail addresses and paths as underscores; “and/or” is none."""
    word = match[0].rstrip(".,;:!?)…")
    inner = word.lstrip("(")
    if "@" in inner or "\\" in inner or inner.count("/") > 1 or re.search(r"^[./]|\.\w", inner):
        return "_" * len(word) + match[0][len(word) :]
    return match[0]


def _acceptances(lines: Sequence[str], first_line: int) -> Iterator[Acceptance]:
    for number, line in enumerate(lines, start=first_line):
        for match in _ACCEPT.finditer(line):
            codes = frozenset(match[1].replace(",", " ").split())
            last = number + (line.strip() == match[0])
            yield Acceptance(number, match.start() + 1, last, codes)
