"""Where an article speaks to machines instead of its readers, so that an editor can jump there.

Search withholds such text from answers; the editor should know, and may not have written it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from indexer.assemble import Entry
from indexer.front_matter import Place
from indexer.prose import prose_lines
from kb.documents import BlockKind, Section
from kb.instructions import addresses_machines, opens_prompt
from kb.problems import Problem, Severity

_MESSAGE = (
    "This is addressed to machines, so no answer is made of it; reword or delete it, or put what "
    "readers shall see of it into a code block."
)
_MARKERS = re.compile(r"\A[\s#>]*")  # of headings and quotations


def instructions_in(entries: Iterable[Entry]) -> Iterator[Problem]:
    """A warning for each place that gives orders to a language model."""
    for entry in entries:
        for place in sorted({*_in_fields(entry), *_in_body(entry)}):
            path = entry.source.path
            yield Problem(path, *place, "instructs-machines", _MESSAGE, Severity.WARNING)


def _in_fields(entry: Entry) -> Iterator[Place]:
    for name, text in _fields(entry):
        if addresses_machines(text):
            yield entry.parsed.places.get(name, (1, 1))


def _fields(entry: Entry) -> Iterator[tuple[str, str]]:
    """The front matter that readers see: paths of its fields, with their texts."""
    fields, product = entry.fields, entry.document.product
    yield "title", fields.title or ""
    yield "summary", fields.summary
    lists = {"questions": fields.questions}
    if product:
        lists |= {"suitable_for": product.suitable_for, "not_for": product.not_for}
        for fact in product.facts:
            yield f"attributes.{fact.key}", f"{fact.label}: {fact.value}"
    for name, texts in lists.items():
        for number, text in enumerate(texts):
            path = f"{name}.{number}"
            yield path if path in entry.parsed.places else name, text


def _in_body(entry: Entry) -> Iterator[Place]:
    """Places in the source of a page that holds such text; most do not, and are not read again."""
    sections = entry.parsed.sections
    if not any(map(_is_addressed, sections)) and not opens_prompt(entry.parsed.heading):
        return
    lines, first_line = prose_lines(entry.source)
    found = [(line + first_line, column) for line, column in _places(lines)]
    yield from found or [(first_line, 1)]  # written so that only the page shows it


def _is_addressed(section: Section) -> bool:
    texts = (block.text for block in section.blocks if block.kind is not BlockKind.CODE)
    return opens_prompt(section.heading) or any(map(addresses_machines, texts))


def _places(lines: Sequence[str]) -> Iterator[Place]:
    """Lines, counted from 0, and columns where such text begins."""
    start = 0
    for end in (*(n for n, line in enumerate(lines) if not line.strip()), len(lines)):
        for number, text in _orders(lines[start:end]):
            yield start + number, _column(text)
        start = end + 1


def _orders(paragraph: Sequence[str]) -> list[tuple[int, str]]:
    """The lines that are such text, with their numbers; or the last that begins one, to its end."""
    single = [(number, line) for number, line in enumerate(paragraph) if _is_order(line)]
    if single:
        return single
    rests = [(number, "\n".join(paragraph[number:])) for number in range(len(paragraph))]
    return [rest for rest in rests if _is_order(rest[1])][-1:]


def _is_order(text: str) -> bool:
    bare = _MARKERS.sub("", text, count=1)
    return addresses_machines(bare) or (text.lstrip().startswith("#") and opens_prompt(bare))


def _column(text: str) -> int:
    """Where in its first line the first order begins."""
    words = list(re.finditer(r"\S+", text))
    first = next(text[: word.end()] for word in words if _is_order(text[: word.end()]))
    starts = [word.start() for word in words if word.end() <= len(first.split("\n")[0])]
    return 1 + max((start for start in starts if _is_order(first[start:])), default=0)
