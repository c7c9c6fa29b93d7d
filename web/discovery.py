"""How the help center is found: robots.txt, sitemap, feeds, llms.txt and OpenSearch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from flask import Blueprint, Response, current_app, render_template, request

from kb.documents import Document, Kind
from kb.settings import Settings
from kb.text import localized
from web.addresses import absolute, alternates, public_root
from web.json_views import json_response
from web.live import searcher
from web.pages import choose_locale, page_locale
from web.questions import clean_question
from web.shelf import Shelf, shelf_of

FEED_ENTRIES = 30
SUGGESTIONS = 8  # more do not fit below a browser's address bar
# What OpenSearch allows, in characters.
_SHORT_NAME = 16
_LONG_NAME = 48

discovery = Blueprint("discovery", __name__)
discovery.url_value_preprocessor(choose_locale)


@discovery.get("/robots.txt")
def robots() -> Response:
    """Results are no pages to be found: they change with every question."""
    results = (f"Disallow: /{locale}/search?" for locale in searcher().site.locales)
    lines = (
        "User-agent: *",
        "Disallow: /api/",
        *results,
        "",
        f"Sitemap: {absolute('/sitemap.xml')}",
    )
    return Response("\n".join((*lines, "")), content_type="text/plain; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Place:
    """One page of the sitemap."""

    address: str
    alternates: Mapping[str, str]  # whole addresses by hreflang
    modified: str  # ISO date or ""


@discovery.get("/sitemap.xml")
def sitemap() -> Response:
    shelves = _shelves()
    places = chain(_overviews(shelves), _documents(shelves))
    body = render_template("machines/sitemap.xml", places=places)
    return Response(body, content_type="application/xml; charset=utf-8")


def _shelves() -> list[Shelf]:
    return [shelf_of(searcher(), locale) for locale in searcher().site.locales]


def _overviews(shelves: list[Shelf]) -> Iterator[Place]:
    """Home, lists and contact, each with its date: that of the newest document it leads to."""
    dated: dict[str, dict[str, str]] = {}
    for shelf in shelves:
        for tail, documents in _tails(shelf):
            newest = max((document.updated for document in documents), default="")
            dated.setdefault(tail, {})[shelf.locale] = newest
    for tail, dates in dated.items():
        paths = {locale: f"/{locale}{tail}" for locale in dates}
        yield from _places(paths, dates)


def _tails(shelf: Shelf) -> Iterator[tuple[str, tuple[Document, ...]]]:
    """What stands behind the locale in a page's address, and the documents the page shows."""
    products = shelf.of(Kind.PRODUCT)
    yield "/", shelf.documents
    yield "/articles/", shelf.articles
    for card in shelf.categories:
        yield f"/{card.slug}/", shelf.of(Kind.ARTICLE, card.slug)
    if products:
        yield "/products/", products
    for card in shelf.product_types:
        yield f"/products/{card.slug}/", shelf.of(Kind.PRODUCT, card.slug)
    for name in shelf.finders:
        yield f"/products/{name}/finder", shelf.of(Kind.PRODUCT, name)
    yield "/contact", ()


def _documents(shelves: list[Shelf]) -> Iterator[Place]:
    translations: dict[tuple[Kind, str], dict[str, Document]] = {}
    for shelf in shelves:
        for document in shelf.own:
            key = (document.kind, document.id)
            translations.setdefault(key, {})[document.locale] = document
    for known in translations.values():
        paths = {locale: document.url for locale, document in known.items()}
        yield from _places(paths, {locale: d.updated for locale, d in known.items()})


def _places(paths: Mapping[str, str], dates: Mapping[str, str]) -> Iterator[Place]:
    """One page in all its languages."""
    others = alternates(searcher().site, paths)
    for locale, path in paths.items():
        yield Place(absolute(path), others, dates[locale])


@discovery.get("/feed.xml")
def feed() -> Response:
    """What is new in all languages."""
    return _feed("/feed.xml", _shelves())


@discovery.get("/<locale:locale>/feed.xml")
def feed_of_locale() -> Response:
    return _feed(f"/{page_locale()}/feed.xml", [shelf_of(searcher(), page_locale())])


def _age(document: Document) -> tuple[str, ...]:
    """A commit may change many files in one day; translations stay side by side."""
    return document.updated, document.reviewed, document.id, document.locale


def _feed(path: str, shelves: list[Shelf]) -> Response:
    dated = (document for shelf in shelves for document in shelf.own if document.updated)
    newest = sorted(dated, key=_age, reverse=True)
    body = render_template(
        "machines/feed.xml",
        site=searcher().site,
        path=path,
        shelves=shelves,
        documents=newest[:FEED_ENTRIES],
        updated=newest[0].updated if newest else searcher().created[:10],
    )
    return Response(body, content_type="application/atom+xml; charset=utf-8")


@discovery.get("/llms.txt")
def llms() -> Response:
    return _llms(_shelves())


@discovery.get("/<locale:locale>/llms.txt")
def llms_of_locale() -> Response:
    return _llms([shelf_of(searcher(), page_locale())])


def _llms(shelves: list[Shelf]) -> Response:
    """Every page as Markdown, in the form that llmstxt.org proposes."""
    first = shelves[0]
    tagline = localized(first.site.tagline, first.locale)
    values = {"site": first.site, "shelves": shelves, "tagline": tagline}
    body = render_template("machines/llms.txt", **values)
    return Response(body, content_type="text/plain; charset=utf-8")


@discovery.get("/opensearch.xml")
def opensearch() -> Response:
    return _opensearch(searcher().site.default_locale)


@discovery.get("/<locale:locale>/opensearch.xml")
def opensearch_of_locale() -> Response:
    return _opensearch(page_locale())


def _opensearch(locale: str) -> Response:
    """For browsers, so that a question can be asked from the address bar (OpenSearch 1.1)."""
    site = searcher().site
    body = render_template(
        "machines/opensearch.xml",
        look=searcher().look,
        locale=locale,
        home=f"{public_root()}/{locale}/",
        short_name=site.name[:_SHORT_NAME],
        long_name=site.name[:_LONG_NAME],
        description=localized(site.tagline, locale, site.name),
    )
    return Response(body, content_type="application/opensearchdescription+xml; charset=utf-8")


@discovery.get("/<locale:locale>/suggest.json")
def suggest() -> Response:
    """What browsers show below the address bar: texts, remarks and addresses in three lists."""
    settings: Settings = current_app.config["SETTINGS"]
    typed = clean_question(request.args.get("q", ""), settings.query_max_length)
    offered = searcher().suggest(typed, page_locale(), SUGGESTIONS)
    texts = [one.text for one in offered]
    addresses = [absolute(one.url) if one.url else "" for one in offered]
    return json_response(
        [typed, texts, [""] * len(texts), addresses], kind="application/x-suggestions+json"
    )
