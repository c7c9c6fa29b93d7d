"""Markdown to HTML. The result is not safe yet: `tidy` and `sanitise` follow."""

import re
from functools import lru_cache

from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.footnotes import FootnoteExtension
from markdown.extensions.tables import TableExtension
from markdown.preprocessors import Preprocessor
from pymdownx.highlight import HighlightExtension
from pymdownx.magiclink import MagiclinkExtension
from pymdownx.superfences import SuperFencesCodeExtension
from pymdownx.tasklist import TasklistExtension
from pymdownx.tilde import DeleteSubExtension

from indexer import dialects, lists
from indexer.admonitions import Admonitions, to_mkdocs
from indexer.wording import word

_CODE_OR_COMMENT = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))|<!--.*?-->|^ {0,3}<!--.*\Z",
    re.DOTALL | re.MULTILINE,
)
_FENCE_LINE = re.compile(r"^((?: |>)*)(`{3,}|~{3,})[ ]*(.*?)[ ]*$")
_LANGUAGE = re.compile(r"[A-Za-z0-9_-]+")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)


def render(text: str, locale: str) -> str:
    """HTML of a Markdown body. May be slow or recurse on hostile text: call it in a child."""
    converter = _converter(locale)
    converter.reset()
    return str(converter.convert(text))


@lru_cache(maxsize=4)
def _converter(locale: str) -> Markdown:
    return Markdown(
        output_format="html",
        tab_length=4,
        extensions=[
            TableExtension(use_align_attribute=True),
            FootnoteExtension(BACKLINK_TITLE=word("back", locale)),
            "def_list",
            "abbr",
            "attr_list",
            "md_in_html",
            "sane_lists",
            HighlightExtension(use_pygments=False),
            SuperFencesCodeExtension(),
            TasklistExtension(),
            DeleteSubExtension(subscript=False),
            MagiclinkExtension(),
            "pymdownx.details",
            Admonitions(locale),
            _Input(locale),
        ],
    )


class _Input(Extension):
    """What has to happen to the lines after fenced code was set aside and before HTML is."""

    def __init__(self, locale: str) -> None:
        super().__init__()
        self._locale = locale

    def extendMarkdown(self, md: Markdown) -> None:
        md.preprocessors.register(_Fences(md), "kb_fences", 27)
        md.preprocessors.register(_Lines(md, word("video", self._locale)), "kb_lines", 22)


class _Fences(Preprocessor):
    """Fenced code as CommonMark has it, where SuperFences is stricter.

    Whatever stands behind the language is dropped, and a fence that is never closed ends with the
    text; SuperFences would take either for prose and render what the code holds.
    """

    def run(self, lines: list[str]) -> list[str]:
        result, opened = [], None
        for line in lines:
            match = _FENCE_LINE.match(line)
            if match and opened is None and (match[2][0] == "~" or "`" not in match[3]):
                opened = match
                language = _LANGUAGE.search(match[3])
                line = f"{match[1]}{match[2]}{language[0] if language else ''}"
            elif match and opened and not match[3] and match[2].startswith(opened[2]):
                line = f"{opened[1]}{opened[2]}"
                opened = None
            elif (
                opened and line.strip() and not line.startswith(opened[1]) and "> " not in opened[1]
            ):
                line = opened[1] + line.lstrip()
            result.append(line)
        if opened is not None:
            result.append(f"{opened[1]}{opened[2]}")
        return result


class _Lines(Preprocessor):
    def __init__(self, md: Markdown, video: str) -> None:
        super().__init__(md)
        self._video = video

    def run(self, lines: list[str]) -> list[str]:
        return lists.normalise(to_mkdocs(dialects.plain(lines, self._video)))


def without_comments(text: str) -> str:
    """Markdown without HTML comments, which editors use for notes; code keeps what it shows."""
    if "<!--" not in text:
        return text
    return "".join(
        part if number % 2 else _CODE_OR_COMMENT.sub(lambda m: m["code"] or "", part)
        for number, part in enumerate(_by_fences(text))
    )


def without_code(text: str) -> str:
    """The text with blanks for fenced code, so that everything else keeps its place."""
    return "".join(
        re.sub(r"[^\n]", " ", part) if number % 2 else part
        for number, part in enumerate(_by_fences(text))
    )


def _by_fences(text: str) -> list[str]:
    """The text in turns: outside of fenced code, inside, outside …"""
    parts, start, fence = [], 0, ""
    for match in _FENCE.finditer(text):
        marker = match[1]
        if not fence:
            parts.append(text[start : match.start()])
            start, fence = match.start(), marker
        elif marker.startswith(fence):
            parts.append(text[start : match.end()])
            start, fence = match.end(), ""
    parts.append(text[start:])
    return parts
