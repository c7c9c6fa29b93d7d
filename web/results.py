"""What the results page offers beside its results: filters, and more of the same."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from kb.context import Context
from kb.documents import Document, Kind
from search.results import AnswerResult, AnswerStatus, Hit
from search.scope import EVERYTHING, Scope
from web.live import searcher
from web.shelf import Shelf

FEW, MANY = 5, 20  # results on a page at first, and when more are asked for
CLOSEST = 3  # results where nothing answers: more of them would only look like an answer
_JUDGED = 10  # first results that decide which filters are useful
_CATEGORIES = 2  # at most; each is one more thing to choose from


@dataclass(frozen=True, slots=True)
class Filter:
    """One way to limit the results; the first of them is none."""

    title: str  # "" for all results
    kind: Kind | None
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Results:
    """What stands below the answer."""

    hits: tuple[Hit, ...]
    filters: tuple[Filter, ...]
    is_limited: bool
    more_url: str  # "" when there are no more


def results_for(
    question: str, found: AnswerResult, scope: Scope, shelf: Shelf, *, more: bool
) -> Results:
    """The first documents within a scope, or `more` of them, and how to go on from there."""
    everything = replace(scope, kind=None, category=None)
    best = searcher().search(question, shelf.locale, everything, limit=MANY).hits
    hits = searcher().search(question, shelf.locale, scope, limit=MANY).hits
    is_known = found.status is not AnswerStatus.NO_ANSWER
    limit = MANY if more else FEW if is_known else CLOSEST
    goes_on = is_known and len(hits) > limit
    return Results(
        hits=hits[:limit],
        filters=tuple(filters(best, question, scope, shelf)) if is_known else (),
        is_limited=is_limited(scope),
        more_url=results_url(shelf.locale, question, scope, more="1") if goes_on else "",
    )


def documents_shown(found: AnswerResult, results: Results) -> list[Document]:
    """What the page leads to, from the top; the source of the answer stands above the results."""
    is_answered = found.answer is not None and not results.is_limited
    sources = [cited.document for cited in found.citations] if is_answered else []
    return [*sources, *(hit.document for hit in results.hits)]


def scope_from(asked: Mapping[str, str], context: Context, shelf: Shelf) -> Scope:
    """The scope an address names. What it does not know is no limit."""
    kind, category = asked.get("kind", ""), asked.get("category", "")
    known = bool(category) and any(d.category == category for d in shelf.documents)
    return Scope(
        kind=Kind(kind) if kind in tuple(Kind) else None,
        category=category if known else None,
        context=context,
    )


def is_limited(scope: Scope) -> bool:
    return bool(scope.kind or scope.category)


def limits_of(scope: Scope) -> dict[str, str]:
    """A scope's limits as the address of the results page has them."""
    named = {"kind": scope.kind, "category": scope.category}
    return {name: value for name, value in named.items() if value}


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
    everything = Scope(context=scope.context)
    scopes = [(replace(everything, kind=kind), "") for kind in Kind] if len(kinds) > 1 else []
    if len(named) > 1:
        scopes += [
            (replace(everything, kind=kind, category=category), title)
            for (kind, category, title), count in named.most_common(_CATEGORIES)
            if count > 1
        ]
    if is_limited(scope) and scope not in [one for one, _ in scopes]:
        scopes.append((scope, shelf.site.category_title(scope.category or "", shelf.locale)))
    if not scopes:
        return []
    return [
        Filter(title, one.kind, results_url(shelf.locale, question, one), one == scope)
        for one, title in [(everything, ""), *scopes]
    ]


def results_url(locale: str, question: str, scope: Scope = EVERYTHING, **more: str) -> str:
    """Address of a results page below the site's root."""
    return f"/{locale}/search?{urlencode({'q': question, **limits_of(scope), **more})}"
