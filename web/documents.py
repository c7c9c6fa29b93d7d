"""Finding the document a reader means, in the language closest to the asked one."""

from collections.abc import Iterable
from dataclasses import dataclass

from kb.documents import Document, Kind
from search.searcher import Searcher
from web.shelf import fallback_order


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at an address."""

    number: int  # in the library
    document: Document
    translation: Document | None  # the one to read instead, in the asked language


def find_document(searcher: Searcher, kind: Kind, locale: str, slug: str) -> Found | None:
    """The document at `/<locale>/<kind>s/<slug>`.

    A slug of another language counts too: readers change the language in the address bar.
    """
    for code in (locale, *fallback_order(searcher.site, locale)):
        number = searcher.library.find(kind, code, slug)
        if number is not None:
            document = searcher.library.document(number)
            return Found(number, document, _translation(searcher, document, locale))
    return None


def _translation(searcher: Searcher, document: Document, locale: str) -> Document | None:
    if document.locale == locale:
        return None
    return searcher.library.translations(document.kind, document.id).get(locale)


def localized_document(searcher: Searcher, kind: Kind, document_id: str, locale: str) -> int | None:
    """Number of the document with this id in `locale`, else in another language."""
    for code in (locale, *fallback_order(searcher.site, locale)):
        number = searcher.library.find_id(document_id, code, kind)
        if number is not None:
            return number
    return None


def named_document(searcher: Searcher, name: str, locale: str) -> Document | None:
    """The document that `kind/id` names, in the language closest to the asked one."""
    kind, _, document_id = name.partition("/")
    if kind not in tuple(Kind):
        return None
    number = localized_document(searcher, Kind(kind), document_id, locale)
    return None if number is None else searcher.library.document(number)


def linked_documents(
    searcher: Searcher, ids: Iterable[str], locale: str, kind: Kind
) -> list[Document]:
    """The documents with these ids, in their order; unknown ones are left out."""
    numbers = (localized_document(searcher, kind, document_id, locale) for document_id in ids)
    return [searcher.library.document(number) for number in numbers if number is not None]
