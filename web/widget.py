"""The widget: search and answers on the pages of other sites (docs/widget.md).

A shop's page loads /widget.js, which adds a button and, once that is pressed, a frame with the
page below. Both exist only where `widget_origins` names sites, and only those may show the frame.
"""

from collections.abc import Iterable

from flask import Blueprint, Flask, Response, current_app, render_template, request
from flask_babel import force_locale
from werkzeug.wrappers import Response as BaseResponse

from kb.feedback import Channel
from kb.palettes import MODES, PALETTES, Mode, toned
from kb.settings import Settings
from web.api import new_id
from web.context import page_context
from web.live import searcher
from web.pages import choose_locale, in_all_locales, page_locale, render_page
from web.questions import clean_question
from web.records import note_answer
from web.security import let_frame

RESULTS = 4  # below an answer; the page is as narrow as a phone
_KEPT = 3600  # seconds that browsers keep the script; it changes with the site's colours and name

widget = Blueprint("widget", __name__)
widget.url_value_preprocessor(choose_locale)


def offer_widget(app: Flask, origins: Iterable[str]) -> None:
    """Serve script and page where there are sites that may show them."""
    if origins:
        app.register_blueprint(widget)


@widget.get("/widget.js")
def script() -> BaseResponse:
    """The script for other sites' pages, with words in every language and the site's colours."""
    site = searcher().site
    body = render_template(
        "machines/widget.js",
        words={code: _words(code) for code in site.locales},
        default=site.default_locale,
        styles=render_template("machines/widget.css", tones={m: _tones(m) for m in MODES}),
    )
    response = Response(body, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = f"public, max-age={_KEPT}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.add_etag()
    return response.make_conditional(request)


@widget.before_request
def allow_frames() -> None:
    """Errors of the page, too, are seen where it is."""
    settings: Settings = current_app.config["SETTINGS"]
    if request.endpoint == "widget.panel":
        let_frame(settings.widget_origins)


@widget.get("/<locale:locale>/widget")
def panel() -> str:
    """What the frame shows: a search box, and the answer to what was asked."""
    settings: Settings = current_app.config["SETTINGS"]
    question = clean_question(request.args.get("q", ""), settings.query_max_length)
    found = searcher().answer(question, page_locale(), page_context()) if question else None
    hits = found.search.hits[:RESULTS] if found else ()
    if found:
        cited = [one.document for one in found.citations] if found.answer else []
        note_answer(new_id(), Channel.WIDGET, found, [*cited, *(hit.document for hit in hits)])
    return render_page(
        "site/widget.html",
        in_all_locales("/widget", q=question),
        question=question,
        found=found,
        hits=hits,
        team=found.handover_team if found else "",
    )


def _words(locale: str) -> str:
    """What the script says in one language, as an object of JavaScript."""
    with force_locale(locale.replace("-", "_")):
        return render_template("machines/widget_words.js", name=searcher().site.name)


def _tones(mode: Mode) -> dict[str, str]:
    brand = searcher().site.brand
    return toned(PALETTES[brand.palette][mode], getattr(brand, mode).own)
