"""The page on which customers say what they choose to, change it and delete it."""

from flask import Blueprint, abort, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from kb.context import NO_CONTEXT, Address, Context, Customer, Experience
from kb.documents import Document, Kind
from web.context import can_remember, keep_context, one_of, page_context
from web.documents import localized_document
from web.live import searcher
from web.pages import choose_locale, in_all_locales, page_locale, render_page, shelf
from web.security import from_this_site

_LONGEST_ID = 120  # letters of a product's id

preferences = Blueprint("preferences", __name__)
preferences.url_value_preprocessor(choose_locale)


@preferences.app_template_global()
def my_product() -> Document | None:
    """The product a visitor named, in the page's language; None when it is not there any more."""
    chosen = page_context().product
    number = _number(chosen) if chosen else None
    return None if number is None else searcher().library.document(number)


@preferences.get("/<locale:locale>/preferences")
def show() -> str:
    if not can_remember():
        abort(404)
    return render_page(
        "site/preferences.html",
        in_all_locales("/preferences"),
        products=[(card, shelf().of(Kind.PRODUCT, card.slug)) for card in shelf().product_types],
        saved="saved" in request.args,
    )


@preferences.post("/<locale:locale>/preferences")
def save() -> Response:
    """Save what the form says; a field that is not in the form keeps its value."""
    if not can_remember():
        abort(404)
    if not from_this_site(request):
        abort(403)
    forget = "forget" in request.form
    response = redirect(_way_back(), 303)
    keep_context(response, NO_CONTEXT if forget else _chosen(request.form, page_context()))
    return response


def _way_back() -> str:
    """The page the form stood on; only addresses of this site."""
    back = request.form.get("back", "")
    if back.startswith("/") and not back.startswith(("//", "/\\")):
        return back
    return f"/{page_locale()}/preferences?saved=1"


def _chosen(form: MultiDict[str, str], known: Context) -> Context:
    product = form.get("product", known.product)[:_LONGEST_ID]
    return Context(
        product=product if product and _number(product) is not None else "",
        customer=one_of(Customer, form.get("customer", known.customer)),
        experience=one_of(Experience, form.get("experience", known.experience)),
        address=one_of(Address, form.get("address", known.address)),
    )


def _number(product: str) -> int | None:
    return localized_document(searcher(), Kind.PRODUCT, product, page_locale())
