"""Where an article speaks to machines instead of its readers, told so that an editor can jump there.

Search withholds such text from answers; the editor should know, and may not have written it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from indexer.assemble import Entry
from indexer.front_matter import Place, split
from indexer.source import decode, read_limited
from kb.documents import BlockKind, Section
from kb.instructions import addresses_machines, opens_prompt
from kb.problems import Problem, Severity

_MESSAGE = (
    "This is addressed to machines, so no answer is made of it; reword or delete it, or put what "
    "readers shall see of it into a code block."
)
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_MARKERS = re.compile(r"[\s#>]*")  # of headings and quotations


def instructions_in(entries: Iterable[Entry]) -> Iterator[Problem]:
    """A warning for each place that gives orders to a language model."""
    for entry in entries:
        for line, column in sorted({*_in_fields(entry), *_in_body(entry)}):
            path, code = entry.source.path, "instructs-machines"
            yield Problem(path, line, column, code, _MESSAGE, Severity.WARNING)


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
        yield from (
            (f"attributes.{fact.key}", f"{fact.label}: {fact.value}") for fact in product.facts
        )
    for name, texts in lists.items():
        # A single text may stand without a list.
        paths = (
            path if (path := f"{name}.{n}") in entry.parsed.places else name
            for n in range(len(texts))
        )
        yield from zip(paths, texts, strict=True)


def _in_body(entry: Entry) -> Iterator[Place]:
    """Places in the source of a page that holds such text; most do not, and are not read again."""
    sections = entry.parsed.sections
    if not any(map(_is_addressed, sections)) and not opens_prompt(entry.parsed.heading):
        return
    data = read_limited(entry.source)
    text = decode(data)[0] if isinstance(data, bytes) else ""
    _, body, first_line = split(text)
    lines = _without_code(body.split("\n"))
    found = [(line + first_line, column) for line, column in _places(lines)]
    yield from found or [(first_line, 1)]  # written so that only the page shows it


def _is_addressed(section: Section) -> bool:
    texts = (block.text for block in section.blocks if block.kind is not BlockKind.CODE)
    return opens_prompt(section.heading) or any(map(addresses_machines, texts))


def _without_code(lines: Sequence[str]) -> list[str]:
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


def _places(lines: Sequence[str]) -> Iterator[Place]:
    """Lines, counted from 0, and columns where such text begins: in a line or across several."""
    start = 0
    for end in (*(n for n, line in enumerate(lines) if not line.strip()), len(lines)):
        paragraph = lines[start:end]
        single = [n for n, line in enumerate(paragraph) if _is_order(line)]
        if not single and _is_order("\n".join(paragraph)):
            single = [max(n for n in range(len(paragraph)) if _is_order("\n".join(paragraph[n:])))]
        yield from ((start + n, _column("\n".join(paragraph[n:]))) for n in single)
        start = end + 1


def _is_order(text: str) -> bool:
    bare = text[len(_MARKERS.match(text)[0]) :]  # type: ignore[index]
    return addresses_machines(bare) or (text.lstrip().startswith("#") and opens_prompt(bare))


def _column(text: str) -> int:
    """Where in the first line the order begins: behind it, nothing is left of the order."""
    words = [word.start() for word in re.finditer(r"\S+", text.split("\n")[0])]
    return 1 + max((start for start in words if _is_order(text[start:])), default=0)
