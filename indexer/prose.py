"""A file's Markdown read once more, to say where in it something stands."""

import re
from collections.abc import Sequence

from indexer.front_matter import FrontMatterError, split
from indexer.source import Source, decode, read_limited

_FENCE = re.compile(r"\s*(`{3,}|~{3,})")


def prose_lines(source: Source) -> tuple[list[str], int]:
    """The lines below the front matter, empty where fenced code stands; the first one's number.

    Nothing comes back when the file has just changed.
    """
    data = read_limited(source)
    try:
        _, body, first_line = split(decode(data)[0] if isinstance(data, bytes) else "")
    except FrontMatterError:
        return [], 1
    return without_fences(body.split("\n")), first_line


def without_fences(lines: Sequence[str]) -> list[str]:
    """The same lines, empty where fenced code stands."""
    kept, fence = [], ""
    for line in lines:
        mark = found[1] if (found := _FENCE.match(line)) else ""
        kept.append("" if fence or mark else line)
        if not fence:
            fence = mark
        elif mark.startswith(fence):
            fence = ""
    return kept
