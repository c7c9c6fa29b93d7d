"""What one file says on its own, before anything is known about the others.

A `Parsed` depends on the file's bytes, its locale and its kind only: that is what makes it fit for
the build cache. Links and images are kept as numbered targets; `links.py` resolves them later.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from kb.documents import Section
from kb.problems import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem inside one file; the reader adds the file's path."""

    line: int
    column: int
    code: str
    message: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link or image of the page points, as the editor wrote it, and where that stands."""

    address: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Parsed:
    fields: dict[str, Any]  # front matter as written
    places: dict[str, tuple[int, int]]  # "attributes.weight" or "related.2" -> line, column
    heading: str  # text of a leading first-level heading, "" without one
    markdown: str  # the body, cleaned of comments
    html: str  # sanitised; targets stand as lotse:link/0 and lotse:image/0
    sections: tuple[Section, ...]
    links: tuple[Target, ...]
    images: tuple[Target, ...]
    anchors: tuple[str, ...]  # every id in the page
    findings: tuple[Finding, ...]


_PARSED: TypeAdapter[Parsed] = TypeAdapter(Parsed)


def dump(parsed: Parsed) -> bytes:
    return _PARSED.dump_json(parsed)


def load(data: bytes) -> Parsed:
    """Raises ValueError when the bytes were not written by this version's `dump`."""
    return _PARSED.validate_json(data)


def failed(*findings: Finding) -> Parsed:
    """A file of which nothing could be read but what is wrong with it."""
    return Parsed({}, {}, "", "", "", (), (), (), (), findings)
