"""Lists indented as everyone writes them, re-indented as Python-Markdown wants them.

CommonMark nests by the column where an item's text starts (two columns for `- `, three for `1. `);
Python-Markdown wants four columns per level and a blank line before a list. Anything else comes out
as one flat list, or as a paragraph with hyphens in it.
"""

import re
from dataclasses import dataclass

_ITEM = re.compile(r"^( *)([-*+]|\d{1,9}[.)])( +)(\S.*)$")
_BOX = re.compile(r"^( *)(?:!!! ?\w|\?\?\?\+? ?[\w\"]|\[\^[^\]]+\]:|: {1,3}\S)")
_RULE = re.compile(r"^ {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$")
_BLOCK = re.compile(r"^ *(?:#{1,6} |>|<|\x02|!!!|\?\?\?|\|)")
_STASHED = re.compile(r"^ *\x02wzxhzdk:\d+\x03 *$")
_QUOTE = re.compile(r"^( *)> ?(.*)$")
_RAW_OPEN = re.compile(r"^ *<(pre|script|style|textarea|!--)", re.IGNORECASE)
_TAB = 4


@dataclass(slots=True)
class _Level:
    marker: int  # column of the marker as written
    content: int  # column where the content starts as written


def normalise(lines: list[str]) -> list[str]:
    return _Normaliser().run(lines)


class _Normaliser:
    def __init__(self) -> None:
        self.levels: list[_Level] = []
        self.out: list[str] = []
        self.blank = True  # the previous line was blank
        self.paragraph = False  # the lines since the last blank one began with a paragraph
        self.raw = ""  # end of the raw HTML we are in

    def run(self, lines: list[str]) -> list[str]:
        position = 0
        while position < len(lines):
            line = lines[position]
            if _QUOTE.match(line) and not self.raw:
                end = position
                while end < len(lines) and _QUOTE.match(lines[end]):
                    end += 1
                self._quote(lines[position:end])
                position = end
            else:
                self._line(line)
                position += 1
        return self.out

    def _line(self, line: str) -> None:
        if self.raw or _RAW_OPEN.match(line):
            self._raw(line)
        elif not line.strip():
            self.out.append("")
            self.blank = True
        else:
            self._text(line)
            self.blank = not self.out[-1]

    def _raw(self, line: str) -> None:
        """Inside <pre> and comments every space counts."""
        if not self.raw and (match := _RAW_OPEN.match(line)):
            self.raw = "-->" if match[1] == "!--" else f"</{match[1].lower()}"
        if self.raw in line.lower():
            self.raw = ""
        self.out.append(line)
        self.blank = False

    def _text(self, line: str) -> None:
        indent = len(line) - len(line.lstrip())
        item = None if _RULE.match(line) else _ITEM.match(line)
        if item and (self.levels or indent < _TAB):
            self._item(item, indent)
        elif _BOX.match(line) and (self.levels or indent < _TAB):
            self._leave(indent)
            self._gap()
            self.paragraph = True
            self._emit(line.strip())
            self.levels.append(_Level(indent, indent + _TAB))
        elif _STASHED.match(line):  # fenced code, set aside
            self._leave(indent)
            self._gap()
            self._emit(line.strip())
            self.out.append("")
        elif self.blank or _BLOCK.match(line) or not self.levels:
            self._leave(indent)
            self.paragraph = True
            base = self.levels[-1].content if self.levels else 0
            extra = indent - base if not self.levels or indent - base >= _TAB else 0
            self._emit(" " * extra + line.lstrip())
        else:  # the paragraph goes on, however it is indented
            self._emit(line.lstrip())

    def _item(self, item: re.Match[str], indent: int) -> None:
        inside = bool(self.levels)
        self._leave(indent)
        marker, gap = item[2], len(item[3])
        if self.paragraph and not self.blank and (inside or self._may_interrupt(marker)):
            self.out.append("")
        self.paragraph = False
        number = marker[:-1] + "." if marker[-1] in ".)" else marker
        self._emit(f"{number} {item[4]}")
        width = len(marker) + (gap if gap <= _TAB else 1)
        self.levels.append(_Level(indent, indent + width))

    def _may_interrupt(self, marker: str) -> bool:
        """Whether a list may begin in the middle of a paragraph: "… in\n1986. It was" is none."""
        return marker[-1] not in ".)" or marker[:-1] in ("0", "1")

    def _leave(self, indent: int) -> None:
        while self.levels and indent < self.levels[-1].content:
            self.levels.pop()

    def _gap(self) -> None:
        """Inside an item only a blank line lets a new kind of block begin."""
        if self.levels and not self.blank:
            self.out.append("")

    def _emit(self, text: str) -> None:
        self.out.append(" " * (_TAB * len(self.levels)) + text)

    def _quote(self, lines: list[str]) -> None:
        """A quote holds lists of its own."""
        indent = len(lines[0]) - len(lines[0].lstrip())
        if self.levels or indent < _TAB:
            self._leave(indent)
            self._gap()
            inner = normalise([match[2] for line in lines if (match := _QUOTE.match(line))])
            for text in inner:
                self._emit(f"> {text}".rstrip())
            self.paragraph = True
        else:
            self.out += lines
        self.blank = False
