"""One file, from bytes to sections. Runs in a child process and needs nothing but the bytes."""

import importlib.metadata
import re
from functools import cache
from pathlib import Path

from indexer import dialects
from indexer.front_matter import FrontMatterError, Place, read, split
from indexer.markdown import render, without_code, without_comments
from indexer.parsed import Finding, Parsed, failed
from indexer.sanitise import sanitise
from indexer.sections import cut
from indexer.source import decode, digest_of, place_of
from indexer.tidy import Tidied, tidy
from indexer.variants import check_variants
from kb.documents import Kind
from kb.problems import Severity

FACTS_ANCHOR = "facts"  # of the section a product's attributes get

_ID = re.compile(r'<[a-z0-9]+(?: [a-z-]+="[^"]*")*? id="([^"]*)"')
_TITLE_LINE = re.compile(r"\A\s*(?:#[ \t][^\n]*|[^\n]+\n=+[ \t]*)(?:\n|\Z)")


def parse(data: bytes, locale: str, kind: Kind) -> Parsed:
    """Everything one file says on its own. Raises only what the interpreter itself runs out of."""
    text, findings = decode(data)
    if any(finding.severity is Severity.ERROR for finding in findings):
        return failed(*findings)
    try:
        source, body, first_line = split(text)
        fields, places, more = read(source)
    except FrontMatterError as error:
        return failed(*findings, error.finding)
    title = fields.get("title")
    page = _page(body, first_line, title if isinstance(title, str) else "", locale, kind)
    findings += [*more, *_remarks(body, first_line), *page.findings]
    html = sanitise(page.html)
    findings += check_variants(html, without_code(body), first_line)
    return Parsed(
        fields=fields,
        places=places,
        heading=page.heading,
        markdown=_clean_source(body, page.dropped),
        html=html,
        sections=cut(html),
        links=tuple(page.links),
        images=tuple(page.images),
        anchors=tuple(_ID.findall(html)),
        findings=tuple(findings),
    )


def _page(body: str, first_line: int, title: str, locale: str, kind: Kind) -> Tidied:
    taken = {FACTS_ANCHOR} if kind is Kind.PRODUCT else set()
    return tidy(render(body, locale), body, first_line, title, locale, taken)


def _remarks(body: str, first_line: int) -> list[Finding]:
    count, offset = dialects.count_includes(body)
    if not count:
        return []
    line, column = place_of(body, offset)
    message = f"Including other files is not supported (used {count} times); write the text."
    place: Place = (line + first_line - 1, column)
    return [Finding(*place, "unsupported-include", message, Severity.WARNING)]


def _clean_source(body: str, dropped: bool) -> str:
    """The Markdown that is offered beside the page: no comments, no second title."""
    text = without_comments(body).strip("\n")
    if dropped:
        text = _TITLE_LINE.sub("", text, count=1).strip("\n")
    return f"{text}\n" if text else ""


_LIBRARIES = ("Markdown", "pymdown-extensions", "nh3", "selectolax", "PyYAML")
# Every module that has a part in what `parse` returns.
_OWN_CODE = (
    "indexer/admonitions indexer/dialects indexer/front_matter indexer/lists indexer/markdown"
    " indexer/parse indexer/parsed indexer/sanitise indexer/sections indexer/slugs indexer/source"
    " indexer/tidy indexer/variants indexer/wording kb/context kb/documents kb/text"
    " kb/variants".split()
)


@cache
def renderer_version() -> str:
    """Changes whenever the same bytes could be rendered differently: by our code or a library's."""
    versions = [f"{name}={importlib.metadata.version(name)}".encode() for name in _LIBRARIES]
    root = Path(__file__).parent.parent
    code = [(root / f"{name}.py").read_bytes() for name in _OWN_CODE]
    return digest_of(*versions, *code)
