"""What people did with a page: that they read it, and how long it was in sight."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, request
from werkzeug.exceptions import BadRequest, Forbidden

from kb.feedback import MOST_SECONDS, Read
from kb.store.reads import keep_read
from web import shapes
from web.documents import named_document
from web.feedback_api import about_from
from web.json_bodies import json_object
from web.json_views import json_response
from web.language import locale_code
from web.live import searcher
from web.records import is_person, records, visitor, visitor_called
from web.security import is_from_a_page

LARGEST = 4_000  # bytes of a body
READ = "read"
_TEXTS = ("event", "document", "token", "visitor", "locale")


def send_event() -> Response:
    """POST /api/v1/events: a page of this site tells it of its visitor, a program with the token
    of an answer of the person it speaks with."""
    database = records().database
    given = json_object(LARGEST, _TEXTS, ("seconds",))
    if given.get("event") != READ:
        raise BadRequest(f"event must be {READ}.")
    read = _read_by_person(given) if given.get("token") else _read_on_page(given)
    if named_document(searcher(), read.document, read.locale) is None:
        raise BadRequest(f"There is no document {read.document!r}.")
    if given.get("token") or is_person():
        keep_read(database, read)
    reply: shapes.EventReply = {"event": READ, "document": read.document}
    return json_response(reply, 201)


def _read_by_person(given: dict[str, Any]) -> Read:
    about = about_from(given)
    reader = visitor_called(given.get("visitor", ""))
    return _read(given, reader, given.get("document") or about.document, about.query_id)


def _read_on_page(given: dict[str, Any]) -> Read:
    if not is_from_a_page(request):
        raise Forbidden("Only pages of this site may do without the token of an answer.")
    if given.get("visitor"):
        raise BadRequest("visitor needs the token of an answer.")
    return _read(given, visitor(), given.get("document", ""))


def _read(given: dict[str, Any], reader: str, document: str, query_id: str = "") -> Read:
    seconds = _seconds(given.get("seconds", 0))
    locale = locale_code(given.get("locale", ""), searcher().site)
    opened = datetime.now(UTC) - timedelta(seconds=seconds)
    return Read(reader, opened, document, locale, query_id, seconds=seconds)


def _seconds(given: object) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise BadRequest("seconds must be a whole number, 0 or more.")
    return min(given, MOST_SECONDS)
