"""The pages customers read: `/<locale>/…`."""

from flask import Blueprint, Flask, abort, current_app, redirect, request
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response as BaseResponse

from kb.choosing.decisions import decision_guide
from kb.comparison import MOST, compare
from kb.documents import Document, Kind, Page
from kb.feedback import Channel
from kb.settings import Settings
from kb.text import localized
from search.scope import Scope
from web import structured
from web.addresses import MARKDOWN, public_root
from web.api import new_id
from web.context import page_context, variant_classes
from web.documents import Found, find_document, linked_documents
from web.finder import decide, product_finder
from web.guides import Step, step_of
from web.json_views import handover
from web.language import best_locale
from web.live import searcher
from web.next_questions import next_questions, whole_questions
from web.pages import (
    addresses_of,
    choose_locale,
    in_all_locales,
    markdown_wanted,
    page_locale,
    render_page,
    render_page_or_markdown,
    shelf,
)
from web.preferences import my_product, preferences
from web.questions import clean_question
from web.records import note_search
from web.results import FEW, MANY, filters, is_limited, limits_of, results_url, scope_from

_ABOUT_MINE = 4  # articles about the visitor's product on the home page

site = Blueprint("site", __name__)
site.url_value_preprocessor(choose_locale)
site.add_url_rule("/<locale:locale>/products/<name>/finder", view_func=product_finder)
site.add_url_rule("/<locale:locale>/articles/<slug>/decide", view_func=decide)


class LocaleConverter(BaseConverter):
    """First part of a page's address."""

    regex = r"[a-z]{2,3}(?:-[A-Z]{2})?"


def add_site(app: Flask) -> None:
    app.url_map.converters["locale"] = LocaleConverter
    app.register_blueprint(site)
    app.register_blueprint(preferences)


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
    known, locale, mine = searcher().site, page_locale(), my_product()
    return render_page_or_markdown(
        "home",
        in_all_locales("/"),
        tagline=localized(known.tagline, locale),
        mine=mine,
        about_mine=_articles_about(mine)[:_ABOUT_MINE] if mine else [],
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
    locale, context = page_locale(), page_context()
    scope = scope_from(request.args, context, shelf())
    found = searcher().answer(question, locale, context)
    query_id = new_id()
    note_search(query_id, Channel.SITE, found)
    unlimited = searcher().search(question, locale, Scope(context=context), limit=MANY)
    shown = searcher().search(question, locale, scope, limit=MANY)  # remembered where unlimited
    limit = MANY if "more" in request.args else FEW
    return render_page(
        "site/search.html",
        in_all_locales("/search", q=question, **limits_of(scope)),
        question=question,
        found=found,
        query_id=query_id,
        hits=shown.hits[:limit],
        is_limited=is_limited(scope),
        filters=filters(unlimited.hits, question, scope, shelf()),
        more=results_url(locale, question, scope, more="1") if len(shown.hits) > limit else "",
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
        slug=name,
        title=shelf().type_title(name),
        products=shown,
        most=MOST,
    )


@site.get("/<locale:locale>/products/<name>/compare")
def comparison(name: str) -> str:
    of_type = {document.id: document for document in shelf().of(Kind.PRODUCT, name)}
    if not of_type:
        abort(404)
    asked = [one for one in dict.fromkeys(request.args.getlist("id")) if one in of_type]
    shown = [of_type[one] for one in asked[:MOST]]
    ids = [document.id for document in shown]
    return render_page(
        "site/comparison.html",
        in_all_locales(f"/products/{name}/compare", id=ids),
        name=name,
        title=shelf().type_title(name),
        products=shown,
        comparison=compare([document.product for document in shown if document.product]),
        without={one: [other for other in ids if other != one] for one in ids},
        others=[document for one, document in of_type.items() if one not in ids],
        dropped=len(asked) - len(shown),
        most=MOST,
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
        guide=_guide(document, page),
        variants=variant_classes(page_context(), searcher().site, document.locale),
        fallback=document.locale != page_locale(),
        related=_related(document),
        questions=whole_questions(document),
        next_questions=next_questions(document),
        neighbours=shelf().neighbours(document),
        fitting=_fitting(document),
        articles=_articles_about(document),
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


def _articles_about(document: Document) -> list[Document]:
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
