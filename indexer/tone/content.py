"""The lint over a content folder: every file that is, or will be, read by customers."""

from collections.abc import Collection, Iterator
from pathlib import Path

from indexer.front_matter import FrontMatterError, read, split
from indexer.parsed import Finding
from indexer.prose import without_fences
from indexer.source import Source, decode, find_sources, read_limited
from indexer.tone.lint import Lint
from indexer.tone.prose import FIELD, Prose, block, read_prose
from kb.problems import Problem
from kb.site import Site

_FIELDS = ("title", "summary")
_READ_BY_CUSTOMERS = ("published", "draft")


def check_tone(content: Path, site: Site, broken: Collection[str]) -> Iterator[Problem]:
    """Warnings for published files and drafts, except the `broken`, whose errors come first."""
    lints = {locale: Lint(locale, site.tone) for locale in site.locales}
    for source in find_sources(content, site).documents:
        prose = None if source.path in broken else _prose_of(source)
        for found in lints[source.locale].findings(prose) if prose else ():
            place = (found.line, found.column)
            yield Problem(source.path, *place, found.code, found.message, found.severity)


def _prose_of(source: Source) -> Prose | None:
    """Title, summary and text; None when no customer reads them, or the file has just changed."""
    data = read_limited(source)
    if isinstance(data, Finding):
        return None
    try:
        front_matter, body, first_line = split(decode(data)[0])
        fields, places, _ = read(front_matter)
    except FrontMatterError:
        return None
    if fields.get("status", "published") not in _READ_BY_CUSTOMERS:
        return None
    text = read_prose(without_fences(body.split("\n")), first_line)
    above = tuple(
        block(" ".join(fields[name].split()), FIELD, (places[name],))
        for name in _FIELDS
        if isinstance(fields.get(name), str)
    )
    return Prose((*above, *text.blocks), text.accepted)
