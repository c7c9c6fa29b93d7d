"""Votes through programs, tied to the answer they are about."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from centers import client
from fakes import FakeEncoder
from flask.testing import FlaskClient

from kb.feedback import Channel, Place, Reason
from kb.store.feedback import searches_since, votes_since
from web.records import records

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
PATH = "/api/v1/feedback"


@pytest.fixture
def bot(built_index: Path, encoder: FakeEncoder, tmp_path: Path) -> FlaskClient:
    return client(built_index, encoder, records=tmp_path)


@pytest.fixture
def answer(bot: FlaskClient) -> dict[str, Any]:
    reply = bot.get("/api/v1/answer?q=Rechnung+herunterladen&locale=de").get_json()
    assert reply["feedback_token"]
    return dict(reply)


def test_a_vote_is_kept_with_the_question_before_it(
    bot: FlaskClient, answer: dict[str, Any]
) -> None:
    said = {"solved": False, "reason": "outdated", "comment": "Ruf a@b.example an"}
    reply = bot.post(PATH, json={"token": answer["feedback_token"], **said})
    assert (reply.status_code, reply.get_json()) == (201, {"solved": False})
    with bot.application.app_context():
        records().log.flush()
        (search,) = searches_since(records().database, LONG_AGO)
        (vote,) = votes_since(records().database, LONG_AGO)
    assert (search.channel, search.query_id) == (Channel.API, answer["query_id"])
    assert (vote.query_id, vote.place) == (answer["query_id"], Place.ANSWER)
    assert vote.document == search.document
    assert (vote.reason, vote.comment) == (Reason.OUTDATED, "Ruf [e-mail] an")


def test_each_customer_of_a_program_has_a_vote(bot: FlaskClient, answer: dict[str, Any]) -> None:
    for name in ("anna-17", "ben-4", "anna-17"):
        said = {"token": answer["feedback_token"], "solved": True, "visitor": name}
        assert bot.post(PATH, json=said).status_code == 201
    with bot.application.app_context():
        votes = votes_since(records().database, LONG_AGO)
    assert len(votes) == 2
    assert "anna" not in repr(votes)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ([], "Send a JSON object"),
        ({"solved": True}, "token is none"),
        ({"token": "forged", "solved": True}, "token is none"),
        ({"token": "x"}, "solved must be"),
        ({"token": "x", "solved": "yes"}, "solved must be"),
        ({"token": "x", "solved": True, "more": 1}, "Unknown fields: more"),
        ({"token": "x", "solved": True, "comment": 1}, "must be text: comment"),
        ({"token": "x", "solved": False, "reason": "ugly"}, "reason must be one of"),
    ],
)
def test_what_is_no_vote_is_told_so(bot: FlaskClient, body: object, detail: str) -> None:
    reply = bot.post(PATH, json=body)
    assert (reply.status_code, reply.mimetype) == (400, "application/problem+json")
    assert detail in reply.get_json()["detail"]


def test_what_is_no_text_in_a_body_is_no_accident(bot: FlaskClient, answer: dict[str, Any]) -> None:
    said = {"token": answer["feedback_token"], "solved": False, "comment": "a\0b\ud800c"}
    assert bot.post(PATH, json={**said, "visitor": "\ud800"}).status_code == 201
    with bot.application.app_context():
        (vote,) = votes_since(records().database, LONG_AGO)
    assert vote.comment == "a b c"
    for wrong in ({"token": "\ud800", "solved": True}, {**said, "\ud800": 1}):
        assert bot.post(PATH, json=wrong).status_code == 400


def test_without_records_answers_carry_no_token(built_index: Path, encoder: FakeEncoder) -> None:
    bot = client(built_index, encoder, database_url="sqlite:////nowhere/kb.sqlite3")
    assert bot.get("/api/v1/answer?q=Rechnung&locale=de").get_json()["feedback_token"] is None
