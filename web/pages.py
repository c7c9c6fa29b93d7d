"""What every page of the site has around its content."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, abort, g, render_template, request
from markupsafe import Markup, escape

from kb.documents import Document
from kb.site import Site
from search.results import Snippet
from web.json_views import handover
from web.live import searcher
from web.shelf import Shelf, shelf_of


@dataclass(frozen=True, slots=True)
class Language:
    """One entry of the language switch."""

    locale: str
    title: str
    url: str  # this page in that language, else that language's home
    current: bool


def choose_locale(_endpoint: str | None, values: dict[str, object] | None) -> None:
    """Take the locale out of the address; the page does not exist where the site lacks it.

    For `url_value_preprocessor` of every blueprint whose addresses begin with one.
    """
    locale = (values or {}).pop("locale", None)
    if locale is not None:
        known = searcher().site
        if locale not in known.locales and locale != known.default_locale:
            abort(404)
        g.locale = locale


def page_locale() -> str:
    """The language of the page, which its address begins with."""
    locale: str = g.locale
    return locale


def shelf() -> Shelf:
    return shelf_of(searcher(), page_locale())


def render_page(template: str, addresses: Mapping[str, str], **values: Any) -> str:
    """A page in the site's frame.

    `addresses` are the same page's paths by locale, as far as they exist; the entry of the page's
    own locale, or the only one, is its canonical address.
    """
    site, locale = searcher().site, page_locale()
    canonical = addresses.get(locale) or next(iter(addresses.values()), request.path)
    return render_template(
        template,
        site=site,
        locale=locale,
        shelf=shelf(),
        languages=_languages(site, locale, values.pop("switch", addresses)),
        canonical=_absolute(canonical),
        alternates={code: _absolute(path) for code, path in addresses.items()},
        contact=handover(site, values.pop("team", ""), locale),
        **values,
    )


def in_all_locales(path: str, **query: str | list[str]) -> dict[str, str]:
    """Addresses of a page that exists in every language; `path` stands behind the locale."""
    tail = f"{path}?{urlencode(query, doseq=True)}" if any(query.values()) else path
    return {locale: f"/{locale}{tail}" for locale in searcher().site.locales}


def addresses_of(document: Document) -> dict[str, str]:
    """Addresses of a document in the languages it is written in."""
    known = searcher().library.translations(document.kind, document.id)
    return {locale: other.url for locale, other in known.items()}


def _languages(site: Site, current: str, addresses: Mapping[str, str]) -> list[Language]:
    return [
        Language(code, site.locale_title(code), addresses.get(code, f"/{code}/"), code == current)
        for code in site.locales
    ]


def _absolute(path: str) -> str:
    return request.host_url.rstrip("/") + path


def dress(app: Flask, query_max_length: int) -> None:
    """What the templates may use besides the values of their view."""
    sprite = (Path(app.root_path) / "static" / "icons.svg").read_text(encoding="utf-8")
    app.jinja_env.globals["icons"] = frozenset(re.findall(r'<symbol id="([\w-]+)"', sprite))
    app.jinja_env.globals["query_max_length"] = query_max_length
    app.jinja_env.filters["marked"] = marked


def marked(snippet: Snippet) -> Markup:
    """The snippet's text, escaped, its matched words in <mark>."""
    text = snippet.text
    spans = [span for span in snippet.highlights if 0 <= span[0] < span[1] <= len(text)]
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    pieces = (escape(text[start:end]) for start, end in pairwise(edges))
    return Markup("").join(
        Markup("<mark>{}</mark>").format(piece) if number % 2 else piece
        for number, piece in enumerate(pieces)
    )
