"""The API for programs: `/api/v1`, documented in docs/api.md and described at /openapi.json."""

import re
import secrets
import time
from enum import StrEnum
from typing import TypeVar

from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import BadRequest, NotFound

from kb.context import Address, Context, Customer, Experience
from kb.documents import Document, Kind
from kb.feedback import Channel
from kb.settings import Settings
from search.results import AnswerResult
from search.scope import Scope
from web import json_views, shapes
from web.cases_api import read_case, send_contact
from web.documents import linked_documents, localized_document
from web.events_api import send_event
from web.feedback import answer_token
from web.feedback_api import send_feedback
from web.finder_json import finder_reply
from web.json_views import json_response
from web.language import locale_code
from web.live import searcher
from web.questions import clean_question
from web.records import note_answer, note_list
from web.shelf import shelf_of

MAX_RESULTS = 50

api = Blueprint("api", __name__, url_prefix="/api/v1")


@api.get("/search")
def search() -> Response:
    question, locale = _question(), _locale()
    limit, scope = _limit(10), Scope(_kind(), _category(), context=_context())
    started = time.perf_counter()
    found = searcher().search(question, locale, scope, limit=limit)
    took, query_id = since(started), new_id()
    note_list(query_id, found)
    return json_response(json_views.search_reply(query_id, found, took))


@api.get("/answer")
def answer() -> Response:
    question, locale, context = _question(), _locale(), _context()
    started = time.perf_counter()
    found = searcher().answer(question, locale, context)
    took = since(started)
    handed = json_views.handover(searcher().site, found.handover_team, locale)
    query_id = new_id()
    note_answer(query_id, Channel.API, found, documents_of(found))
    reply = json_views.answer_reply(query_id, found, took, handed)
    if found.about:
        reply["feedback_token"] = answer_token(found.about, query_id)
    return json_response(reply)


@api.get("/suggest")
def suggest() -> Response:
    question, locale = _question(), _locale()
    offered = searcher().suggest(question, locale, _limit(8))
    reply: shapes.SuggestReply = {
        "locale": locale,
        "suggestions": [json_views.suggestion(one) for one in offered],
    }
    return json_response(reply)


@api.get("/articles/<document_id>")
def article(document_id: str) -> Response:
    return json_response(_article(Kind.ARTICLE, document_id)[0])


@api.get("/products/<document_id>")
def product(document_id: str) -> Response:
    base, document = _article(Kind.PRODUCT, document_id)
    record = document.product
    if record is None:
        raise NotFound(f"{document_id!r} is no product.")
    accessories = linked_documents(searcher(), record.accessories, document.locale, Kind.PRODUCT)
    return json_response(json_views.product(base, record, accessories))


@api.get("/products")
def products() -> Response:
    locale, wanted = _locale(), request.args.get("type", "")
    if wanted and wanted not in searcher().site.product_types:
        raise BadRequest(f"There is no product type {wanted!r}.")
    shown = shelf_of(searcher(), locale).of(Kind.PRODUCT, wanted or None)
    reply: shapes.ProductsReply = {
        "locale": locale,
        "products": [
            json_views.product_summary(document, document.product, locale)
            for document in shown
            if document.product
        ],
    }
    return json_response(reply)


@api.get("/products/finder")
def product_finder() -> Response:
    shelf, wanted = shelf_of(searcher(), _locale()), request.args.get("type", "")
    finder = shelf.finders.get(wanted)
    if finder is None:
        raise NotFound(f"There is no finder for the product type {wanted!r}.")
    g.locale = shelf.locale  # the words of its replies are the pages'
    given = {key: value for key, value in request.args.items() if key not in ("type", "locale")}
    state = finder.guide.state(given)
    return json_response(finder_reply(finder, state, given, wanted, shelf.locale))


api.add_url_rule("/feedback", view_func=send_feedback, methods=["POST"])
api.add_url_rule("/events", view_func=send_event, methods=["POST"])
api.add_url_rule("/contacts", view_func=send_contact, methods=["POST"])
api.add_url_rule("/cases/<number>", view_func=read_case)


def _article(kind: Kind, document_id: str) -> tuple[shapes.ArticleReply, Document]:
    locale = _locale()
    number = localized_document(searcher(), kind, document_id, locale)
    if number is None:
        raise NotFound(f"There is no {kind} {document_id!r}.")
    library = searcher().library
    document = library.document(number)
    related = searcher().related(document)
    translations = library.translations(kind, document_id)
    page = library.page(number)
    return json_views.article(document, page, locale, related, translations), document


def documents_of(found: AnswerResult) -> list[Document]:
    """What a reply leads to, from the top; the source of the answer stands above the results."""
    sources = [cited.document for cited in found.citations]
    return [*sources, *(hit.document for hit in found.search.hits)]


def _question() -> str:
    settings: Settings = current_app.config["SETTINGS"]
    question = clean_question(request.args.get("q", ""), settings.query_max_length)
    if not question:
        raise BadRequest("The parameter q is missing or empty; ask something.")
    return question


def _locale() -> str:
    return locale_code(request.args.get("locale", ""), searcher().site)


def _limit(default: int) -> int:
    given = request.args.get("limit", str(default))
    number = int(given) if re.fullmatch("[0-9]{1,6}", given) else 0
    if not 1 <= number <= MAX_RESULTS:
        raise BadRequest(f"limit must be a number from 1 to {MAX_RESULTS}.")
    return number


def _kind() -> Kind | None:
    return _one_of(Kind, "kind")


def _context() -> Context:
    return Context(
        product=_product(),
        customer=_one_of(Customer, "customer"),
        experience=_one_of(Experience, "experience"),
        address=_one_of(Address, "address"),
    )


def _product() -> str:
    given = request.args.get("product", "")
    if given and not searcher().library.translations(Kind.PRODUCT, given):
        raise BadRequest(f"There is no product {given!r}.")
    return given


_Choice = TypeVar("_Choice", bound=StrEnum)


def _one_of(choices: type[_Choice], parameter: str) -> _Choice | None:
    given = request.args.get(parameter)
    if not given:
        return None
    try:
        return choices(given)
    except ValueError:
        known = " or ".join(choices)
        raise BadRequest(f"There is no {parameter} {given!r}; write {known}.") from None


def _category() -> str | None:
    given = request.args.get("category")
    if not given:
        return None
    site = searcher().site
    if given in site.categories or given in site.product_types:
        return given
    if any(d.category == given for d in shelf_of(searcher(), site.default_locale).documents):
        return given
    raise BadRequest(f"There is no category {given!r}.")


def new_id() -> str:
    return secrets.token_urlsafe(12)


def since(started: float) -> float:
    """Milliseconds since a reading of `time.perf_counter`."""
    return round((time.perf_counter() - started) * 1000, 2)
