"""What only shows when all files are known: two of one name, references to nothing."""

from collections.abc import Iterator
from typing import TypeVar

from indexer.assemble import Entry
from indexer.instructions import instructions_in
from kb.documents import Document, Kind
from kb.front_matter import ArticleFields, ProductFields
from kb.problems import Problem, Severity
from kb.site import Site

_Key = TypeVar("_Key")


def cross_checked(entries: list[Entry], site: Site) -> tuple[list[Entry], list[Problem]]:
    """The entries that can be published together, and everything that does not fit."""
    problems: list[Problem] = []
    entries = sorted(entries, key=lambda entry: entry.source.path)
    for check in (_same_address, _same_id, _other_kind):
        entries = list(check(entries, problems))
    problems += _references(entries)
    problems += _redirects(entries)
    problems += instructions_in(entries)
    return entries, problems


def _problem(
    entry: Entry, field: str, code: str, message: str, severity: Severity = Severity.ERROR
) -> Problem:
    line, column = entry.parsed.places.get(field, (1, 1))
    return Problem(entry.source.path, line, column, code, message, severity)


def _same_address(entries: list[Entry], problems: list[Problem]) -> Iterator[Entry]:
    first: dict[str, Entry] = {}
    for entry in entries:
        other = first.setdefault(entry.document.url, entry)
        if other is entry:
            yield entry
            continue
        message = (
            f"The address {entry.document.url} is already taken by {other.source.path}; "
            "rename one of the files."
        )
        problems.append(_problem(entry, "", "duplicate-slug", message))


def _same_id(entries: list[Entry], problems: list[Problem]) -> Iterator[Entry]:
    first: dict[tuple[Kind, str, str], Entry] = {}
    for entry in entries:
        document = entry.document
        other = first.setdefault((document.kind, document.locale, document.id), entry)
        if other is entry:
            yield entry
            continue
        message = (
            f"The id `{document.id}` is already used by {other.source.path} in the same language; "
            "give one of them another `id`."
        )
        problems.append(_problem(entry, "id", "duplicate-id", message))


def _other_kind(entries: list[Entry], problems: list[Problem]) -> Iterator[Entry]:
    first: dict[str, Entry] = {}
    for entry in entries:
        other = first.setdefault(entry.document.id, entry)
        if other.document.kind is entry.document.kind:
            yield entry
            continue
        message = (
            f"The id `{entry.document.id}` is {_a(entry.document)} here and "
            f"{_a(other.document)} in {other.source.path}; give one of them another `id`."
        )
        problems.append(_problem(entry, "id", "kind-mismatch", message))


def _a(document: Document) -> str:
    return "an article" if document.kind is Kind.ARTICLE else "a product"


def _references(entries: list[Entry]) -> Iterator[Problem]:
    """`related` may name anything, `accessories` only products."""
    every = {entry.document.id for entry in entries}
    products = {e.document.id for e in entries if e.document.kind is Kind.PRODUCT}
    for entry in entries:
        yield from _unknown(entry, "related", entry.fields, every)
        if isinstance(entry.fields, ProductFields):
            yield from _unknown(entry, "accessories", entry.fields, products)


def _unknown(entry: Entry, field: str, fields: ArticleFields, known: set[str]) -> Iterator[Problem]:
    for number, name in enumerate(getattr(fields, field)):
        if name in known:
            continue
        what = "published product" if field == "accessories" else "published article or product"
        message = f"{field}: no {what} has the id `{name}`."
        place = f"{field}.{number}" if f"{field}.{number}" in entry.parsed.places else field
        yield _problem(entry, place, "unknown-id", message, Severity.WARNING)


def _redirects(entries: list[Entry]) -> Iterator[Problem]:
    taken = {entry.document.url: entry for entry in entries}
    for entry in entries:
        for address in entry.document.redirect_from:
            other = taken.setdefault(address, entry)
            if other is not entry or address == entry.document.url:
                message = f"redirect_from: {address} already leads to {other.source.path}."
                yield _problem(entry, "redirect_from", "redirect-taken", message, Severity.WARNING)
