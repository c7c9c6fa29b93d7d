"""Pages with one document: articles and products, and what stands around their text."""

from flask import abort, redirect
from werkzeug.wrappers import Response as BaseResponse

from kb.choosing.decisions import decision_guide
from kb.documents import Document, Kind, Page
from web import structured
from web.addresses import MARKDOWN, public_root
from web.context import page_context, variant_classes
from web.documents import Found, find_document, linked_documents
from web.guides import Step, step_of
from web.live import searcher
from web.next_questions import next_questions, whole_questions
from web.pages import (
    addresses_of,
    in_all_locales,
    markdown_wanted,
    page_locale,
    render_page_or_markdown,
    shelf,
)


def article(slug: str) -> str | BaseResponse:
    return _document(Kind.ARTICLE, slug)


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
        return render_page_or_markdown(f"{kind}s", in_all_locales(f"/{kind}s/"))
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
        guide=_guide(document, page),
        variants=variant_classes(page_context(), searcher().site, document.locale),
        fallback=document.locale != page_locale(),
        related=_related(document),
        questions=whole_questions(document),
        next_questions=next_questions(document),
        neighbours=shelf().neighbours(document),
        fitting=_fitting(document),
        articles=articles_about(document),
        comparable=len(shelf().of(Kind.PRODUCT, document.category)) > 1,
        team=document.owner_team,
        things=_things(document, page),
    )


def _things(document: Document, page: Page) -> list[structured.Thing]:
    """What the page is, for search engines."""
    known, root = searcher().site, public_root()
    if document.product:
        return [structured.product(document, document.product, known, root)]
    return structured.article(document, page, known, root)


def _guide(document: Document, page: Page) -> Step | None:
    """The first question of the article's decision table, if it has one."""
    if page.decision is None:
        return None
    return step_of(decision_guide(page.decision), f"{shelf().address(document)}/decide", {})


def _switch(document: Document) -> dict[str, str]:
    """Where the language switch leads: a translation, else this text in that language's frame."""
    here = {code: f"/{code}/{document.kind}s/{document.slug}" for code in searcher().site.locales}
    return here | addresses_of(document)


def articles_about(document: Document) -> list[Document]:
    """Articles that tell of a product, those that its editors named first."""
    if document.kind is not Kind.PRODUCT:
        return []
    library = searcher().library
    telling = [library.document(number) for number in library.mentioning(document.id)]
    articles = [d for d in telling if d.kind is Kind.ARTICLE and d.locale == document.locale]
    named = {name: place for place, name in enumerate(document.related)}
    return sorted(articles, key=lambda d: (named.get(d.id, len(named)), d.title))


def _related(document: Document) -> list[Document]:
    """What to read next, in the page's language where it is written in it."""
    library, locale = searcher().library, page_locale()
    return [
        library.translations(other.kind, other.id).get(locale, other)
        for other in searcher().related(document)
    ]


def _fitting(document: Document) -> list[Document]:
    """A product's accessories, and the products that it is an accessory of."""
    ids = document.product.accessories if document.product else ()
    accessories = linked_documents(searcher(), ids, page_locale(), Kind.PRODUCT)
    return [*accessories, *(d for d in shelf().fitted_by(document) if d.id not in ids)]
