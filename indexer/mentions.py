"""Which documents tell of which products: they are closest to a customer who has such a product."""

import re
from collections.abc import Iterator, Mapping, Sequence

from kb.documents import Document, Kind, Page
from search.analysis import tokens

_LINK = re.compile(r' href="(/[^"#]+)')

Titles = Mapping[str, list[tuple[tuple[str, ...], str]]]


def mentions(documents: Sequence[tuple[Document, Page]]) -> Iterator[tuple[str, int]]:
    """Ids of products, each with the number of a document that tells of it.

    That is the product's own page, and every page that links to it, names it in title or summary,
    or is named by one of the two as related. A name somewhere in a text is no sign: tables list
    every product.
    """
    products = [document for document, _ in documents if document.kind is Kind.PRODUCT]
    ids = {product.id for product in products}
    by_address = {product.url: product.id for product in products}
    related = {product.id: set(product.related) for product in products}
    titles = {product.locale: _titles(products, product.locale) for product in products}
    for number, (document, page) in enumerate(documents):
        found = {document.id, *document.related} & ids
        found |= {name for name, others in related.items() if document.id in others}
        found |= {by_address[link] for link in _LINK.findall(page.html) if link in by_address}
        found |= set(_named(document, titles.get(document.locale, {})))
        yield from ((name, number) for name in sorted(found))


def _titles(products: Sequence[Document], locale: str) -> Titles:
    """The words of the titles in one language with the products' ids, by their first word."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for product in products:
        if product.locale == locale and (words := _words(product.title)):
            found.setdefault(words[0], []).append((words, product.id))
    return found


def _named(document: Document, titles: Titles) -> Iterator[str]:
    for text in (document.title, document.summary):
        words = _words(text)
        for place, word in enumerate(words):
            for title, name in titles.get(word, ()):
                if words[place : place + len(title)] == title:
                    yield name


def _words(text: str) -> tuple[str, ...]:
    return tuple(token.word for token in tokens(text))
