"""The pages customers read: `/<locale>/…`."""

from flask import Blueprint, Flask, abort, current_app, g, redirect, request
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response as BaseResponse

from kb.documents import Document, Kind, Page
from kb.settings import Settings
from kb.text import localized
from web import structured
from web.addresses import MARKDOWN, public_root
from web.documents import Found, find_document, linked_documents
from web.json_views import handover
from web.language import best_locale
from web.live import searcher
from web.pages import (
    addresses_of,
    in_all_locales,
    markdown_wanted,
    page_locale,
    render_page,
    render_page_or_markdown,
    shelf,
)
from web.questions import clean_question

site = Blueprint("site", __name__)


class LocaleConverter(BaseConverter):
    """First part of a page's address."""

    regex = r"[a-z]{2,3}(?:-[A-Z]{2})?"


def add_site(app: Flask) -> None:
    app.url_map.converters["locale"] = LocaleConverter
    app.register_blueprint(site)


@site.url_value_preprocessor
def choose_locale(_endpoint: str | None, values: dict[str, object] | None) -> None:
    """Take the locale out of the address; the page does not exist where the site lacks it."""
    locale = (values or {}).pop("locale", None)
    if locale is not None:
        known = searcher().site
        if locale not in known.locales and locale != known.default_locale:
            abort(404)
        g.locale = locale


@site.get("/")
def front() -> BaseResponse:
    locale = best_locale(searcher().site, request.accept_languages)
    response = redirect(f"/{locale}/")
    response.headers["Vary"] = "Accept-Language"
    response.headers["Cache-Control"] = "no-cache"
    return response


@site.get("/<locale:locale>/index.md")
@site.get("/<locale:locale>/")
def home() -> str | BaseResponse:
    known, locale = searcher().site, page_locale()
    return render_page_or_markdown(
        "home",
        in_all_locales("/"),
        tagline=localized(known.tagline, locale),
        things=[
            structured.website(known, locale, public_root()),
            structured.organization(known, searcher().look, locale, public_root()),
        ],
    )


@site.get("/<locale:locale>/search")
def search() -> str | BaseResponse:
    settings: Settings = current_app.config["SETTINGS"]
    question = clean_question(request.args.get("q", ""), settings.query_max_length)
    if not question:
        return redirect(f"/{page_locale()}/")
    found = searcher().answer(question, page_locale())
    return render_page(
        "site/search.html",
        in_all_locales("/search", q=question),
        question=question,
        found=found,
        team=found.handover_team,
    )


@site.get("/<locale:locale>/contact.md")
@site.get("/<locale:locale>/contact")
def contact() -> str | BaseResponse:
    known = searcher().site
    names = sorted(known.teams, key=lambda name: name != known.default_team)
    teams = [handover(known, name, page_locale()) for name in names]
    return render_page_or_markdown("contact", in_all_locales("/contact"), teams=teams)


@site.get("/<locale:locale>/articles/")
def articles() -> str | BaseResponse:
    return render_page_or_markdown("articles", in_all_locales("/articles/"))


@site.get("/<locale:locale>/products/")
def products() -> str | BaseResponse:
    return render_page_or_markdown("products", in_all_locales("/products/"))


@site.get("/<locale:locale>/products/<name>/index.md")
@site.get("/<locale:locale>/products/<name>/")
def product_type(name: str) -> str | BaseResponse:
    shown = shelf().of(Kind.PRODUCT, name)
    if not shown:
        abort(404)
    return render_page_or_markdown(
        "product_type",
        in_all_locales(f"/products/{name}/"),
        title=shelf().type_title(name),
        products=shown,
    )


@site.get("/<locale:locale>/<name>/index.md")
@site.get("/<locale:locale>/<name>/", strict_slashes=False)
def category(name: str) -> str | BaseResponse:
    articles = shelf().of(Kind.ARTICLE, name)
    known = searcher().site.categories.get(name)
    if not articles and known is None:
        abort(404)
    if not request.path.endswith(("/", MARKDOWN)):
        return redirect(f"/{page_locale()}/{name}/", 301)
    return render_page_or_markdown(
        "category",
        in_all_locales(f"/{name}/"),
        title=searcher().site.category_title(name, page_locale()),
        summary=localized(known.summary, page_locale()) if known else "",
        icon=known.icon if known else "",
        articles=articles,
    )


@site.get("/<locale:locale>/articles/<slug>.md")
@site.get("/<locale:locale>/articles/<slug>")
def article(slug: str) -> str | BaseResponse:
    return _document(Kind.ARTICLE, slug)


@site.get("/<locale:locale>/products/<slug>.md")
@site.get("/<locale:locale>/products/<slug>")
def product(slug: str) -> str | BaseResponse:
    return _document(Kind.PRODUCT, slug)


def _document(kind: Kind, slug: str) -> str | BaseResponse:
    found = find_document(searcher(), kind, page_locale(), slug)
    if found is None:
        return _not_a_document(kind, slug)
    if found.translation:
        return redirect(found.translation.url + (MARKDOWN if markdown_wanted() else ""))
    return _page(found)


def _not_a_document(kind: Kind, slug: str) -> str | BaseResponse:
    """People shorten addresses: a product type's page ends with a slash.

    An overview's Markdown is looked for here, so that it hides no document called `index`.
    """
    if slug == "index" and markdown_wanted():
        return articles() if kind is Kind.ARTICLE else products()
    if kind is Kind.PRODUCT and shelf().of(Kind.PRODUCT, slug):
        return redirect(f"/{page_locale()}/products/{slug}/", 301)
    abort(404)


def _page(found: Found) -> str | BaseResponse:
    document = found.document
    page = searcher().library.page(found.number)
    return render_page_or_markdown(
        document.kind,
        addresses_of(document),
        switch=_switch(document),
        document=document,
        page=page,
        fallback=document.locale != page_locale(),
        related=_related(document),
        accessories=_accessories(document),
        team=document.owner_team,
        things=_things(document, page),
    )


def _things(document: Document, page: Page) -> list[structured.Thing]:
    """What the page is, for search engines."""
    known, root = searcher().site, public_root()
    if document.product:
        return [structured.product(document, document.product, known, root)]
    return structured.article(document, page, known, root)


def _switch(document: Document) -> dict[str, str]:
    """Where the language switch leads: a translation, else this text in that language's frame."""
    here = {code: f"/{code}/{document.kind}s/{document.slug}" for code in searcher().site.locales}
    return here | addresses_of(document)


def _related(document: Document) -> list[Document]:
    return searcher().related(document)


def _accessories(document: Document) -> list[Document]:
    ids = document.product.accessories if document.product else ()
    return linked_documents(searcher(), ids, page_locale(), Kind.PRODUCT)
