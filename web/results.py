"""What the results page offers beside its results: filters, and more of the same."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from kb.documents import Kind
from search.results import Hit
from web.shelf import Shelf

FEW, MANY = 5, 20  # results on a page at first, and when more are asked for
_JUDGED = 10  # first results that decide which filters are useful
_CATEGORIES = 2  # at most; each is one more thing to choose from


@dataclass(frozen=True, slots=True)
class Scope:
    """What the results are limited to."""

    kind: Kind | None = None
    category: str | None = None

    def __bool__(self) -> bool:
        return self != Scope()

    @property
    def query(self) -> dict[str, str]:
        """As the address of the results page has it."""
        named = {"kind": self.kind, "category": self.category}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Filter:
    """One way to limit the results; the first of them is none."""

    title: str  # "" for all results
    kind: Kind | None
    url: str
    current: bool


def scope_from(kind: str, category: str, shelf: Shelf) -> Scope:
    """The scope an address names. What it does not know is no limit."""
    known_kind = Kind(kind) if kind in tuple(Kind) else None
    known = any(document.category == category for document in shelf.documents)
    return Scope(known_kind, category if known and category else None)


def filters(hits: Sequence[Hit], question: str, scope: Scope, shelf: Shelf) -> list[Filter]:
    """Ways to limit these hits of an unlimited search; none where they would tell nothing apart.

    A category that only one of the best results belongs to is found faster by reading.
    """
    best = [hit.document for hit in hits[:_JUDGED]]
    kinds = Counter(document.kind for document in best)
    named = Counter(
        (document.kind, document.category, shelf.category_title(document))
        for document in best
        if document.category
    )
    scopes = [(Scope(kind), "") for kind in Kind] if len(kinds) > 1 else []
    if len(named) > 1:
        scopes += [
            (Scope(kind, category), title)
            for (kind, category, title), count in named.most_common(_CATEGORIES)
            if count > 1
        ]
    if scope and scope not in [one for one, _ in scopes]:
        scopes.append((scope, shelf.site.category_title(scope.category or "", shelf.locale)))
    if not scopes:
        return []
    return [
        Filter(title, one.kind, results_url(shelf.locale, question, one), one == scope)
        for one, title in [(Scope(), ""), *scopes]
    ]


def results_url(locale: str, question: str, scope: Scope = Scope(), **more: str) -> str:
    """Address of a results page below the site's root."""
    return f"/{locale}/search?{urlencode({'q': question, **scope.query, **more})}"
