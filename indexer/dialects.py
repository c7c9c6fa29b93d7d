"""Markdown as other publishing tools write it, made readable before it is rendered.

Documentation that moves here brings the notations of its former home: labels (`[!DNL Name]`),
includes, videos, columns. Their text is kept, their machinery goes.
"""

import re

_LABEL = re.compile(r"\[!(?:DNL|UICONTROL) ((?:[^\[\]]|\[[^\[\]]*\])*)\]", re.IGNORECASE)
_INCLUDE = re.compile(r"\[!INCLUDE ?(?:\[([^\]]*)\])? ?(?:\([^)]*\))?\]?", re.IGNORECASE)
_VIDEO = re.compile(r"\[!VIDEO (https?://[^\s\]]+)[^\]]*\]", re.IGNORECASE)
_DIRECTIVE = re.compile(r"^\s*(?:> ?)?\[!(?:div|code|tab)\b[^\]]*\](?:\([^)]*\))?\s*$", re.I)
_IMAGE = re.compile(r"^(\s*):::\s*image\b(.*?):*\s*$")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_LAYOUT = re.compile(
    r"^\s*:{3,}\s*(?:row|column|zone|moniker|image|/)[\w-]*\b.*$|^\s*:::[\w-]+-end:*$"
)
_CONTENTS = re.compile(r"\s*\[(?:TOC|\[_TOC_\])\]\s*")
_DETAILS = re.compile(r"<details(?![^>]*\bmarkdown=)([^>]*)>", re.IGNORECASE)
_SUMMARY = re.compile(r"<summary(?![^>]*\bmarkdown=)([^>]*)>", re.IGNORECASE)
_NESTED_TERM = re.compile(r"^(\s*[-*+] ): (?=\S)")


def plain(lines: list[str], video: str) -> list[str]:
    """The lines without other tools' notations; `video` is the word for a link to one."""
    return [_line(line, video) for line in lines]


def _line(line: str, video: str) -> str:
    if _CONTENTS.fullmatch(line):
        return ""
    if "[!" in line:
        line = _brackets(line, video)
    if ":::" in line:
        line = _colons(line)
    if "<" in line:
        line = _DETAILS.sub(r'<details markdown="1"\1>', line)
        line = _SUMMARY.sub(r'<summary markdown="span"\1>', line)
    return _NESTED_TERM.sub(r"\1", line)


def _brackets(line: str, video: str) -> str:
    if _DIRECTIVE.match(line):
        return ">" if line.lstrip().startswith(">") else ""
    if _INCLUDE.fullmatch(line.strip()):
        return ""
    line = _LABEL.sub(r"\1", line)
    line = _INCLUDE.sub(lambda m: re.sub(r"[_-]+", " ", m[1] or "").strip(), line)
    return _VIDEO.sub(rf"[{video}](\1)", line)


def _colons(line: str) -> str:
    if match := _IMAGE.match(line):
        values = dict(_ATTRIBUTE.findall(match[2]))
        if source := values.get("source"):
            alt = values.get("alt-text", "").replace("[", "(").replace("]", ")")
            return f"{match[1]}![{alt}](<{source}>)"
        return ""
    return "" if _LAYOUT.match(line) else line


def count_includes(text: str) -> tuple[int, int]:
    """How many includes of other files the text asks for, and the offset of the first."""
    found = list(_INCLUDE.finditer(text))
    return len(found), found[0].start() if found else 0
