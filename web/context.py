"""What the customer said of themselves, where pages need it."""

from flask import g

from kb.context import NO_CONTEXT, Context
from kb.documents import Kind
from kb.site import Site
from search.searcher import Searcher
from web.documents import localized_document


def page_context() -> Context:
    """Whom the page of this request is made for. The API has parameters of its own for that."""
    context: Context = g.get("context", NO_CONTEXT)
    return context


def variant_classes(context: Context, site: Site, locale: str) -> str:
    """Classes by which variants.css shows what fits the reader of a text in this locale."""
    address = context.address or site.address_in(locale)
    chosen = (context.customer, context.experience, address)
    return " ".join(f"for-{name}" for name in chosen if name)


def product_title(context: Context, searcher: Searcher, locale: str) -> str:
    """Of the customer's product; "" when none is chosen, or it is no longer there."""
    if not context.product:
        return ""
    number = localized_document(searcher, Kind.PRODUCT, context.product, locale)
    return "" if number is None else searcher.library.document(number).title
