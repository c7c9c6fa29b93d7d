"""Votes through programs: what a chat bot's customer says of an answer."""

from typing import Any

from flask import Response
from werkzeug.exceptions import BadRequest

from kb.feedback import Reason, Vote
from kb.store.feedback import keep_vote
from web import shapes
from web.feedback import About, Said, about_of, vote_today
from web.json_bodies import json_object
from web.json_views import json_response
from web.language import locale_code
from web.live import searcher
from web.records import records, visitor_called

LARGEST = 16_000  # bytes of a body
_TEXTS = ("token", "reason", "comment", "visitor", "locale")


def send_feedback() -> Response:
    """POST /api/v1/feedback: whether an answer solved it, and if not, why."""
    database = records().database
    given = _body()
    about = about_from(given)
    keep_vote(database, _vote(about, given))
    reply: shapes.FeedbackReply = {"solved": given["solved"]}
    return json_response(reply, 201)


def about_from(given: dict[str, Any]) -> About:
    """What the token in a body says. Raises BadRequest when this site did not make it."""
    about = about_of(given.get("token", ""))
    if about is None:
        raise BadRequest("token is none of this help center; take it from an answer.")
    return about


def _body() -> dict[str, Any]:
    given = json_object(LARGEST, _TEXTS, ("solved",))
    if not isinstance(given.get("solved"), bool):
        raise BadRequest("solved must be true or false.")
    if given.get("reason") and given["reason"] not in tuple(Reason):
        raise BadRequest(f"reason must be one of {', '.join(Reason)}.")
    return given


def _vote(about: About, given: dict[str, Any]) -> Vote:
    reason = Reason(given["reason"]) if given.get("reason") else None
    said = Said(given["solved"], reason, given.get("comment", ""))
    locale = locale_code(given.get("locale", ""), searcher().site)
    return vote_today(about, visitor_called(given.get("visitor", "")), locale, said)
