"""The one map from an error to what the visitor sees: a page, or problem+json for programs."""

import logging
import re
from http import HTTPStatus
from urllib.parse import unquote

from flask import Flask, Response, g, redirect, render_template, request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from kb.errors import (
    KbError,
    ModelError,
    NoGeneration,
    QueryError,
    RecordsError,
    SearchIndexError,
)
from search.results import SearchResult
from web import shapes
from web.json_views import json_response
from web.language import best_locale, ui_language
from web.limits import may_search_unasked
from web.live import searcher
from web.pages import in_all_locales, render_page

# The first class that fits decides.
_STATUS: tuple[tuple[type[KbError], int], ...] = (
    (QueryError, 400),
    (NoGeneration, 503),
    (SearchIndexError, 503),
    (ModelError, 503),
    (RecordsError, 503),
    (KbError, 500),
)
# Only these say in their message what a visitor may know; others may name paths.
_PUBLIC = (QueryError, NoGeneration)

RETRY_UNPUBLISHED = 10  # seconds; an index of a small help center is built in less
RETRY_LIMITED = 1  # seconds; rates are counted by the second

_PROGRAMS = ("/api/", "/readyz", "/livez", "/openapi.json")
_FOUND_LIMIT = 5  # results offered on a 404 page
_ADDRESS_WORDS = 12  # of an address, that a 404 page searches for
_log = logging.getLogger(__name__)


def answer_errors(app: Flask) -> None:
    """Every error of every view ends here."""
    app.register_error_handler(404, _not_found)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(KbError, _kb_error)
    app.register_error_handler(Exception, _unexpected)


def _kb_error(error: KbError) -> Response:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    if status >= 500 and not isinstance(error, NoGeneration):
        _log.error("%s: %s", type(error).__name__, error)
    response = _failure(status, public_sentence(error), _code_of(type(error)))
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_UNPUBLISHED)
    return response


def public_sentence(error: KbError) -> str:
    """What a visitor may know of an error."""
    return str(error) if isinstance(error, _PUBLIC) else error.message


def _http_error(error: HTTPException) -> BaseResponse:
    if error.code is None or error.code < 400:
        return BaseResponse.force_type(error.get_response(), request.environ)
    limited = isinstance(error, RateLimitExceeded)
    detail = "Too many requests." if limited else error.description or ""
    response = _failure(error.code, detail, _code_of(error.code))
    if limited:
        response.headers["Retry-After"] = str(RETRY_LIMITED)
    for name, value in error.get_headers(request.environ):
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.path, exc_info=error)
    return _failure(500, "The server made a mistake.", "internal_server_error")


def _code_of(source: type[Exception] | int) -> str:
    """Name of an error for programs: query_too_long, not_found."""
    if isinstance(source, int):
        return HTTPStatus(source).phrase.lower().replace(" ", "_").replace("-", "_")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", source.__name__).lower()


def _failure(status: int, detail: str, code: str) -> Response:
    if request.path.startswith(_PROGRAMS):
        return _problem(status, detail, code)
    page = render_template("errors/plain.html", status=status, code=code, locale=ui_language())
    return Response(page, status)


def _problem(status: int, detail: str, code: str) -> Response:
    problem: shapes.Problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return json_response(problem, status, "application/problem+json")


def _not_found(error: HTTPException) -> BaseResponse:
    """A former address leads on; any other is searched for."""
    if request.path.startswith(_PROGRAMS):
        return _problem(404, error.description or "", "not_found")
    try:
        return _moved() or _not_found_page()
    except KbError as trouble:
        return _kb_error(trouble)


def _moved() -> BaseResponse | None:
    library = searcher().library
    number = library.redirect(request.path)
    if number is None:
        number = library.redirect(request.path.rstrip("/"))
    return None if number is None else redirect(library.document(number).url, 301)


def _not_found_page() -> BaseResponse:
    known = searcher().site
    first = request.path.split("/")[1]
    g.locale = first if first in known.locales else best_locale(known, request.accept_languages)
    words = _words(request.path)
    page = render_page(
        "errors/not_found.html",
        in_all_locales("/"),
        words=words,
        found=_search(words) if words and may_search_unasked() else None,
    )
    return Response(page, 404)


def _words(path: str) -> str:
    """What the address seems to be about; "" for addresses that only machines try."""
    last = unquote(path).rstrip("/").rpartition("/")[2]
    if re.search(r"\.(?!html?$|md$)\w+$", last):
        return ""
    letters = re.findall(r"[^\W_]+", re.sub(r"\.\w+$", "", last))
    return " ".join(letters[:_ADDRESS_WORDS])[:100]


def _search(words: str) -> SearchResult | None:
    return searcher().search(words, g.locale, limit=_FOUND_LIMIT)
