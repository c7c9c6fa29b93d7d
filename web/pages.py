"""What every page of the site has around its content."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, abort, g, render_template, request
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup, escape

from kb.documents import Document
from kb.emails import readable_email
from kb.site import Site
from search.results import Snippet
from web import structured
from web.addresses import MARKDOWN, absolute, alternates, markdown_address
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
    return render_template(
        template,
        site=site,
        look=searcher().look,
        locale=locale,
        shelf=shelf(),
        languages=_languages(site, locale, values.pop("switch", addresses)),
        canonical=absolute(_canonical(addresses)),
        alternates=alternates(site, addresses),
        contact=handover(site, values.pop("team", ""), locale),
        picture=_picture(values.get("document")),
        **values,
    )


def render_page_or_markdown(
    name: str, addresses: Mapping[str, str], **values: Any
) -> str | Response:
    """The page `site/<name>.html`, or `markdown/<name>.md` where the address asked for ends so."""
    if not markdown_wanted():
        address = absolute(markdown_address(_canonical(addresses)))
        return render_page(f"site/{name}.html", addresses, markdown=address, **values)
    locale = values["document"].locale if "document" in values else page_locale()
    known = {"site": searcher().site, "locale": page_locale(), "shelf": shelf(), **values}
    text = render_template(f"markdown/{name}.md", **known)
    response = Response(text, content_type="text/markdown; charset=utf-8")
    response.headers["Content-Language"] = locale
    response.headers["Link"] = f'<{absolute(_canonical(addresses))}>; rel="canonical"'
    return response


def markdown_wanted() -> bool:
    return request.path.endswith(MARKDOWN)


def _canonical(addresses: Mapping[str, str]) -> str:
    return addresses.get(page_locale()) or next(iter(addresses.values()), request.path)


def _picture(document: Document | None) -> str:
    """Address of what stands beside a link to the page elsewhere; no network shows drawings."""
    logo = searcher().look.logo
    images = (
        *(document.product.images if document and document.product else ()),
        *([logo.address] if logo else ()),
    )
    return next((image for image in images if not image.endswith(".svg")), "")


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


def dress(app: Flask, query_max_length: int) -> None:
    """What the templates may use besides the values of their view."""
    sprite = (Path(app.root_path) / "static" / "icons.svg").read_text(encoding="utf-8")
    app.jinja_env.globals["icons"] = frozenset(re.findall(r'<symbol id="([\w-]+)"', sprite))
    app.jinja_env.globals["query_max_length"] = query_max_length
    app.jinja_env.globals.update(
        absolute=absolute, markdown_address=markdown_address, schema=structured
    )
    app.jinja_env.filters.update(
        marked=marked, json_ld=json_ld, markdown_text=markdown_text, readable_email=readable_email
    )


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


_compact = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


def json_ld(thing: structured.Thing) -> Markup:
    """The thing as JSON that nothing in it can end the surrounding <script> element."""
    return htmlsafe_json_dumps(thing, dumps=_compact)


_MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]<])")


def markdown_text(text: str) -> str:
    """The text on one line of Markdown, so that nothing in it is taken for a sign."""
    return _MARKDOWN_SIGNS.sub(r"\\\1", " ".join(text.split()))
