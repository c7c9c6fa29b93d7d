""" "Did this solve it?" on pages and results: what was said is on disk when the page thanks."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from centers import Markup, client
from fakes import FakeEncoder
from flask.testing import FlaskClient
from sqlalchemy import text

from kb.feedback import Channel, Place, Reason, Vote
from kb.store.database import Database
from kb.store.feedback import searches_since, votes_since

ARTICLE = "/de/articles/rechnung-herunterladen"
PATH = "/de/feedback"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


@pytest.fixture
def visitor(built_index: Path, encoder: FakeEncoder, tmp_path: Path) -> FlaskClient:
    return client(built_index, encoder, records=tmp_path)


@pytest.fixture
def token(visitor: FlaskClient) -> str:
    return Markup(visitor.get(ARTICLE).text).all("input", name="about")[0]["value"]


def votes(folder: Path) -> list[Vote]:
    database = Database.in_folder(folder)
    try:
        return votes_since(database, LONG_AGO)
    finally:
        database.close()


def test_a_yes_is_kept_and_thanked_for(visitor: FlaskClient, token: str, tmp_path: Path) -> None:
    reply = visitor.post(PATH, data={"about": token, "solved": "yes"}, headers=PERSON)
    assert reply.status_code == 303
    (vote,) = votes(tmp_path)
    assert (vote.document, vote.place) == ("article/order-invoice", Place.ARTICLE)
    assert (vote.solved, vote.reason, vote.locale) == (True, None, "de")
    page = Markup(visitor.get(reply.location, headers=PERSON).text)
    assert "Schön, dass es geholfen hat." in page.text
    assert ARTICLE in page.values("a", "href")


def test_after_a_no_come_reasons_and_the_way_to_a_person(
    visitor: FlaskClient, token: str, tmp_path: Path
) -> None:
    reply = visitor.post(PATH, data={"about": token, "solved": "no"}, headers=PERSON)
    page = Markup(visitor.get(reply.location, headers=PERSON).text)
    assert {one["value"] for one in page.all("input", name="reason")} == set(Reason)
    assert any(link.startswith("tel:") for link in page.values("a", "href"))
    assert [vote.solved for vote in votes(tmp_path)] == [False]


def test_reason_and_comment_follow_and_replace_the_first_word(
    visitor: FlaskClient, token: str, tmp_path: Path
) -> None:
    visitor.post(PATH, data={"about": token, "solved": "no"}, headers=PERSON)
    said = {"reason": "outdated", "comment": "Ruf +49 40 66969 120 an,\nda fehlt was <b>"}
    visitor.post(PATH, data={"about": token, "solved": "no", **said}, headers=PERSON)
    (vote,) = votes(tmp_path)
    assert vote.reason is Reason.OUTDATED
    assert vote.comment == "Ruf [phone] an, da fehlt was <b>"
    page = visitor.get(f"{PATH}?about={token}", headers=PERSON).text
    assert "da fehlt was &lt;b&gt;" in page


def test_a_mind_may_change(visitor: FlaskClient, token: str, tmp_path: Path) -> None:
    visitor.post(PATH, data={"about": token, "solved": "no", "reason": "wrong"}, headers=PERSON)
    visitor.post(PATH, data={"about": token, "solved": "yes"}, headers=PERSON)
    (vote,) = votes(tmp_path)
    assert (vote.solved, vote.reason, vote.comment) == (True, None, "")


@pytest.mark.parametrize(
    "data",
    [
        {"solved": "yes"},
        {"about": "forged", "solved": "yes"},
        {"about": "WyJhcnRpY2xlL3giLCJhcnRpY2xlIiwiIl0.c2ln", "solved": "yes"},
    ],
)
def test_only_what_a_page_showed_can_be_voted_on(
    visitor: FlaskClient, tmp_path: Path, data: dict[str, str]
) -> None:
    assert visitor.post(PATH, data=data, headers=PERSON).status_code == 400
    assert visitor.get(f"{PATH}?about=forged").status_code == 404
    assert votes(tmp_path) == []


@pytest.mark.parametrize("solved", ["", "maybe", "YES"])
def test_a_vote_is_yes_or_no(visitor: FlaskClient, token: str, solved: str) -> None:
    assert visitor.post(PATH, data={"about": token, "solved": solved}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"User-Agent": "curl/8.0"},
        {**PERSON, "Sec-Purpose": "prefetch;prerender"},
        {**PERSON, "Purpose": "prefetch"},
    ],
)
def test_machines_do_not_vote(
    visitor: FlaskClient, token: str, tmp_path: Path, headers: dict[str, str]
) -> None:
    reply = visitor.post(PATH, data={"about": token, "solved": "yes"}, headers=headers)
    assert reply.status_code == 303  # and learn nothing from it
    assert votes(tmp_path) == []


def test_forms_of_other_sites_do_not_vote(visitor: FlaskClient, token: str, tmp_path: Path) -> None:
    data = {"about": token, "solved": "yes"}
    reply = visitor.post(PATH, data=data, headers={**PERSON, "Sec-Fetch-Site": "cross-site"})
    assert reply.status_code == 403
    assert votes(tmp_path) == []


def test_a_script_gets_the_next_state_alone(visitor: FlaskClient, token: str) -> None:
    data = {"about": token, "solved": "no", "fragment": "1"}
    reply = visitor.post(PATH, data=data, headers=PERSON)
    assert reply.status_code == 200
    assert "<html" not in reply.text
    assert Markup(reply.text).all("input", name="reason")


def test_searches_are_remembered_masked_and_only_of_people(
    visitor: FlaskClient, tmp_path: Path
) -> None:
    from web.records import records

    visitor.get("/de/search?q=Rechnung+an+a@b.example", headers=PERSON)
    visitor.get("/de/search?q=Akku", headers={"User-Agent": "Googlebot"})
    with visitor.application.app_context():
        records().log.flush()
        (search,) = searches_since(records().database, LONG_AGO)
    assert search.question == "Rechnung an [e-mail]"
    assert (search.channel, search.locale) == (Channel.SITE, "de")
    assert search.document.startswith(("article/", "product/"))
    assert "127.0.0.1" not in repr(search)


def test_each_search_is_counted_though_the_question_is_the_same(
    visitor: FlaskClient,
) -> None:
    first = visitor.get("/de/search?q=Akku", headers=PERSON)
    assert "ETag" not in first.headers


def test_without_records_nobody_is_asked(built_index: Path, encoder: FakeEncoder) -> None:
    visitor = client(built_index, encoder, database_url="sqlite:////nowhere/kb.sqlite3")
    assert visitor.get(ARTICLE).status_code == 200
    assert not Markup(visitor.get(ARTICLE).text).all("input", name="about")
    assert visitor.get("/de/search?q=Akku").status_code == 200


def test_a_vote_that_cannot_be_kept_is_not_thanked_for(
    visitor: FlaskClient, token: str, tmp_path: Path
) -> None:
    database = Database.in_folder(tmp_path)
    with database.write() as connection:
        connection.execute(text("DROP TABLE evidence"))
        connection.execute(text("DROP TABLE subscriptions"))
        connection.execute(text("DROP TABLE votes"))
    database.close()
    data = {"about": token, "solved": "no", "comment": "so much to say"}
    reply = visitor.post(PATH, data=data, headers={**PERSON, "Accept-Language": "de"})
    assert reply.status_code == 503
    page = Markup(reply.text).text
    assert "Das konnte nicht gespeichert werden" in page
    assert "sqlite" not in page
