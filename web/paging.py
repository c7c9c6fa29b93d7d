"""Long lists, a page at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from flask import request

ROWS = 50  # on a page
_LAST = 9999  # page that an address can ask for

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[_Row]):
    rows: Sequence[_Row]
    number: int  # from 1
    before: str  # address of the page before this one; "" for none
    after: str


def page_of(fetch: Callable[[int, int], Sequence[_Row]]) -> Page[_Row]:
    """The page of a list that the address asks for, beside its filters.

    `fetch` is called with how many rows to find, and how many to leave out before them.
    """
    asked = request.args.get("page", "")
    number = min(_LAST, max(1, int(asked))) if asked.isdecimal() and len(asked) < 9 else 1
    found = fetch(ROWS + 1, ROWS * (number - 1))
    return Page(
        found[:ROWS],
        number,
        before=_address(number - 1) if number > 1 else "",
        after=_address(number + 1) if len(found) > ROWS else "",
    )


def page_among(rows: Sequence[_Row]) -> Page[_Row]:
    """The same of rows that are all there."""
    return page_of(lambda limit, skipped: rows[skipped : skipped + limit])


def _address(number: int) -> str:
    filters = {name: value for name, value in request.args.items() if name != "page"}
    return f"{request.path}?{urlencode({**filters, 'page': number})}"
