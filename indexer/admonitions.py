"""Three ways to write a call-out, one result.

Docusaurus (`:::note Title`) and GitHub (`> [!NOTE]`) call-outs are rewritten to MkDocs'
(`!!! note`) before Markdown sees them. All become `<aside class="admonition note" role="note">`,
and MkDocs' collapsible `???` becomes `<details class="admonition note">`.

A call-out named like an audience or a form of address is a variant block: see `variants.py`.
"""

import re
import xml.etree.ElementTree as etree

from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.admonition import AdmonitionProcessor
from markdown.treeprocessors import Treeprocessor

from indexer.variants import default_title, is_variant, mark_variant
from kb.variants import NAMES

TYPES = (
    "note",
    "info",
    "tip",
    "important",
    "warning",
    "caution",
    "danger",
    "success",
    "question",
    "example",
    "quote",
)
_SAME = {
    **{name: name for name in (*TYPES, *NAMES)},
    **dict.fromkeys(("hinweis", "anmerkung", "seealso", "notice"), "note"),
    **dict.fromkeys(("abstract", "summary", "tldr", "todo", "information"), "info"),
    **dict.fromkeys(("hint", "tipp"), "tip"),
    **dict.fromkeys(("wichtig",), "important"),
    **dict.fromkeys(("warn", "warnung", "attention", "achtung"), "warning"),
    **dict.fromkeys(("vorsicht",), "caution"),
    **dict.fromkeys(("error", "bug", "failure", "fail", "gefahr"), "danger"),
    **dict.fromkeys(("check", "done"), "success"),
    **dict.fromkeys(("help", "faq"), "question"),
    **dict.fromkeys(("beispiel",), "example"),
    **dict.fromkeys(("cite", "zitat"), "quote"),
}


def canonical(name: str) -> str:
    """One of TYPES, or of the names of variants, for what an editor or another tool calls it."""
    return _SAME.get(name.lower(), "note")


_OPEN = re.compile(r"^( *)(:{3,}) *([A-Za-z][\w-]*)(?:\[([^\]]*)\])? *(.*?)[ :]*$")
_CLOSE = re.compile(r"^ *(:{3,}) *$")
_ALERT = re.compile(r"^( *)> ?\[!(\w+)\][+-]? *(.*)$")
_QUOTED = re.compile(r"^ *> ?(.*)$")
_NEW_BLOCK = re.compile(r"^ *(?:[-*+] |\d+[.)] |#{1,6} |>|```|~~~|!!!|\||<)")


def to_mkdocs(lines: list[str]) -> list[str]:
    """The lines with `:::` and `> [!…]` call-outs written as `!!!` and indented content."""
    result: list[str] = []
    position = 0
    while position < len(lines):
        line = lines[position]
        if match := _OPEN.match(line):
            end = _end_of_container(lines, position, len(match[2]))
            result += _container(match, lines[position + 1 : end])
            position = end + (end < len(lines) and _CLOSE.match(lines[end]) is not None)
        elif match := _ALERT.match(line):
            end = _end_of_quote(lines, position + 1)
            result += _alert(match, lines[position + 1 : end])
            position = end
        else:
            result.append(line)
            position += 1
    return result


def _end_of_container(lines: list[str], start: int, colons: int) -> int:
    """Index of the closing line; of the next blank line when there is none."""
    depth = 0
    for index in range(start + 1, len(lines)):
        if closing := _CLOSE.match(lines[index]):
            if depth == 0 or len(closing[1]) >= colons > 3:
                return index
            depth -= 1
        elif _OPEN.match(lines[index]):
            depth += 1
    blank = (i for i in range(start + 1, len(lines)) if not lines[i].strip())
    return next(blank, len(lines))


def _container(match: re.Match[str], body: list[str]) -> list[str]:
    indent, kind, title = match[1], match[3], (match[4] or match[5] or "").strip()
    title = title[1:-1] if len(title) > 1 and title[0] == title[-1] == '"' else title
    if kind.lower() == "details":
        head = f'{indent}??? "{title or kind}"'
    else:
        head = _head(indent, kind, title)
    return _indented(indent, head, body)


def _alert(match: re.Match[str], quoted: list[str]) -> list[str]:
    indent, kind, rest = match[1], match[2], match[3].strip()
    body = [inner[1] if (inner := _QUOTED.match(line)) else line.strip() for line in quoted]
    if rest and not any(line.strip() for line in body):
        rest, body = "", [rest]
    return _indented(indent, _head(indent, kind, rest), body)


def _head(indent: str, kind: str, title: str) -> str:
    return f'{indent}!!! {canonical(kind)} "{title}"' if title else f"{indent}!!! {canonical(kind)}"


def _indented(indent: str, head: str, body: list[str]) -> list[str]:
    dedented = [line.removeprefix(indent) for line in body]
    inner = [f"{indent}    {line}" if line.strip() else "" for line in to_mkdocs(dedented)]
    return ["", head, *inner, ""]


def _end_of_quote(lines: list[str], start: int) -> int:
    """A quote ends at a blank line, a new call-out, or a line that begins something else."""
    index = start
    while index < len(lines):
        line = lines[index]
        quoted = line.lstrip().startswith(">")
        lazy = line.strip() and index > start and not _NEW_BLOCK.match(line)
        if _ALERT.match(line) or not (quoted or lazy):
            break
        index += 1
    return index


class _Processor(AdmonitionProcessor):
    """MkDocs' `!!!` with types everyone knows and titles in the page's language."""

    locale = "en"

    def get_class_and_title(self, match: re.Match[str]) -> tuple[str, str | None]:
        kind, title = canonical(match[1].split()[0]), match[2]
        if title is None or is_variant(kind):
            title = title or default_title(kind, self.locale)
        return kind, title or None


class _Asides(Treeprocessor):
    locale = "en"

    def run(self, root: etree.Element) -> None:
        for element in root.iter():
            if element.tag == "div" and element.get("class", "").startswith("admonition "):
                self._call_out(element)
            elif element.tag == "details":
                self._details(element)

    def _call_out(self, element: etree.Element) -> None:
        kind = element.get("class", "").split()[1]
        if is_variant(kind):
            mark_variant(element, kind)
        else:
            element.tag = "aside"
            element.set("role", "note")

    def _details(self, element: etree.Element) -> None:
        kind = element.get("class", "").split()
        known = canonical(kind[0]) if kind else "note"
        element.set("class", f"admonition {known}")
        summary = element.find("summary")
        if summary is not None:
            summary.set("class", "admonition-title")
            if kind and summary.text == kind[0].capitalize():  # what the extension writes itself
                summary.text = default_title(known, self.locale)
        if is_variant(known):
            mark_variant(element, known)


class Admonitions(Extension):
    def __init__(self, locale: str) -> None:
        super().__init__()
        self._locale = locale

    def extendMarkdown(self, md: Markdown) -> None:
        processor, asides = _Processor(md.parser), _Asides(md)
        processor.locale = asides.locale = self._locale
        md.parser.blockprocessors.register(processor, "admonition", 105)
        md.treeprocessors.register(asides, "asides", 15)
