"""The pages customers read: `/<locale>/…`."""

from flask import Blueprint, Flask, abort, current_app, redirect, request
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response as BaseResponse

from kb.comparison import MOST, compare
from kb.documents import Kind
from kb.feedback import Channel
from kb.settings import Settings
from kb.text import localized
from web import structured
from web.addresses import MARKDOWN, public_root
from web.api import new_id
from web.context import page_context
from web.finder import decide, product_finder
from web.json_views import handover
from web.language import best_locale
from web.live import searcher
from web.pages import (
    choose_locale,
    in_all_locales,
    page_locale,
    render_page,
    render_page_or_markdown,
    shelf,
)
from web.preferences import my_product, preferences
from web.questions import clean_question
from web.reading import article, articles_about, product
from web.records import note_answer
from web.results import documents_shown, limits_of, results_for, scope_from

_ABOUT_MINE = 4  # articles about the visitor's product on the home page

site = Blueprint("site", __name__)
site.url_value_preprocessor(choose_locale)
for kind, view in (("articles", article), ("products", product)):
    site.add_url_rule(f"/<locale:locale>/{kind}/<slug>", view_func=view)
    site.add_url_rule(f"/<locale:locale>/{kind}/<slug>.md", view_func=view)
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
        about_mine=articles_about(mine)[:_ABOUT_MINE] if mine else [],
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
    scope = scope_from(request.args, page_context(), shelf())
    found = searcher().answer(question, page_locale(), scope.context)
    results = results_for(question, found, scope, shelf(), more="more" in request.args)
    query_id = new_id()
    note_answer(query_id, Channel.SITE, found, documents_shown(found, results))
    return render_page(
        "site/search.html",
        in_all_locales("/search", q=question, **limits_of(scope)),
        question=question,
        found=found,
        query_id=query_id,
        results=results,
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
