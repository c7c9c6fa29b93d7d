"""Pages that people read: noted without script and cookie; pages and bots tell for how long."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from centers import Markup, client
from fakes import FakeEncoder
from flask.testing import FlaskClient
from sqlalchemy import text
from test_store_records import SEARCH
from werkzeug.test import TestResponse

from kb.errors import RecordsError
from kb.feedback import LISTED, Read, Search
from kb.store.database import Database
from kb.store.feedback import searches_since
from kb.store.migrate import migrate
from kb.store.reads import reads_since
from web.records import records
from web.visitor_log import VisitorLog

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ARTICLE = "/de/articles/rechnung-herunterladen"
INVOICE = "article/order-invoice"
PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
PAGE = {**PERSON, "Sec-Fetch-Site": "same-origin"}
EVENTS = "/api/v1/events"
BOT = {"User-Agent": "shop-bot/1.0"}


@pytest.fixture
def visitor(built_index: Path, encoder: FakeEncoder, tmp_path: Path) -> FlaskClient:
    return client(built_index, encoder, records=tmp_path)


def reads(visitor: FlaskClient) -> list[Read]:
    with visitor.application.app_context():
        records().log.flush()
        return reads_since(records().database, LONG_AGO)


def searches(visitor: FlaskClient) -> list[Search]:
    with visitor.application.app_context():
        records().log.flush()
        return searches_since(records().database, LONG_AGO)


def tell(browser: FlaskClient, headers: dict[str, str] = PAGE, **said: object) -> TestResponse:
    return browser.post(EVENTS, json={"event": "read", **said}, headers=headers)


def asked(visitor: FlaskClient, path: str = "answer", **headers: str) -> dict[str, Any]:
    question = "q=Rechnung+herunterladen&locale=de"
    reply = visitor.get(f"/api/v1/{path}?{question}", headers={**BOT, **headers})
    return dict(reply.get_json())


def test_an_opened_page_is_a_read(visitor: FlaskClient) -> None:
    visitor.get(ARTICLE, headers=PERSON)
    visitor.get("/de/products/city-3", headers=PERSON)
    first, second = reads(visitor)
    assert (first.document, first.locale, first.query_id, first.seconds) == (INVOICE, "de", "", 0)
    assert second.document == "product/city-3"
    assert first.visitor == second.visitor
    assert "127.0.0.1" not in repr(first)


def test_a_click_on_a_result_names_the_search_without_a_decorated_link(
    visitor: FlaskClient,
) -> None:
    page = Markup(visitor.get("/de/search?q=Rechnung+herunterladen", headers=PERSON).text)
    links = [one.partition("#")[0] for one in page.values("a", "href")]
    results = list(
        dict.fromkeys(one for one in links if "/articles/" in one or "/products/" in one)
    )
    results = [one for one in results if not one.endswith("/")]
    assert not [one for one in links if "query" in one or "token" in one]
    for place in (1, 3):
        visitor.get(results[place - 1], headers=PERSON)
    (search,) = searches(visitor)
    assert [(one.query_id, one.rank) for one in reads(visitor)] == [
        (search.query_id, 1),
        (search.query_id, 3),
    ]


def test_a_page_that_the_browser_has_already_was_opened_all_the_same(visitor: FlaskClient) -> None:
    etag = visitor.get(ARTICLE, headers={"User-Agent": "Googlebot"}).headers["ETag"]
    again = visitor.get(ARTICLE, headers={**PERSON, "If-None-Match": etag})
    assert again.status_code == 304
    assert [one.document for one in reads(visitor)] == [INVOICE]
    visitor.get(ARTICLE, headers={**PERSON, "If-None-Match": etag})
    assert len(reads(visitor)) == 1


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (ARTICLE, {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}),
        (ARTICLE, {**PERSON, "Sec-Purpose": "prefetch;prerender"}),
        (f"{ARTICLE}.md", PERSON),
        ("/de/articles/gibt-es-nicht", PERSON),
        ("/de/articles/order-invoice", PERSON),
        ("/de/articles/", PERSON),
        ("/api/v1/articles/order-invoice", PERSON),
    ],
)
def test_what_nobody_reads_is_no_read(
    visitor: FlaskClient, path: str, headers: dict[str, str]
) -> None:
    visitor.get(path, headers=headers)
    visitor.head(ARTICLE, headers=PERSON)
    assert reads(visitor) == []


def test_pages_stay_the_same_for_all_and_set_no_cookie(visitor: FlaskClient) -> None:
    first = visitor.get(ARTICLE, headers=PERSON)
    visitor.get("/de/search?q=Rechnung", headers=PERSON)
    second = visitor.get(ARTICLE, headers=PERSON)
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]
    assert "Set-Cookie" not in second.headers


def test_a_page_tells_how_long_it_was_in_sight(visitor: FlaskClient) -> None:
    page = Markup(visitor.get(ARTICLE, headers=PERSON).text)
    (named,) = page.values("article", "data-read")
    reply = tell(visitor, document=named, locale="de", seconds=95)
    assert (reply.status_code, reply.get_json()) == (201, {"event": "read", "document": INVOICE})
    tell(visitor, document=named, locale="de", seconds=5)
    assert [(one.document, one.seconds) for one in reads(visitor)] == [(INVOICE, 100)]


@pytest.mark.parametrize(
    "headers",
    [
        {**PERSON, "Sec-Fetch-Site": "cross-site"},
        {**PERSON, "Origin": "https://elsewhere.example"},
        PERSON,  # neither: no browser
    ],
)
def test_other_sites_and_programs_tell_nothing_of_a_visitor(
    visitor: FlaskClient, headers: dict[str, str]
) -> None:
    reply = tell(visitor, headers, document=INVOICE, seconds=9)
    assert (reply.status_code, reply.mimetype) == (403, "application/problem+json")
    assert reads(visitor) == []


def test_machines_that_run_scripts_learn_nothing(visitor: FlaskClient) -> None:
    machine = {**PAGE, "User-Agent": "Googlebot/2.1"}
    assert tell(visitor, machine, document=INVOICE, seconds=9).status_code == 201
    assert reads(visitor) == []


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ([], "Send a JSON object"),
        ({}, "event must be read"),
        ({"event": "click", "document": INVOICE}, "event must be read"),
        ({"event": "read"}, "There is no document ''"),
        ({"event": "read", "document": "article/never"}, "There is no document"),
        ({"event": "read", "document": "page/order-invoice"}, "There is no document"),
        ({"event": "read", "document": 7}, "must be text: document"),
        ({"event": "read", "document": INVOICE, "seconds": -1}, "seconds must be"),
        ({"event": "read", "document": INVOICE, "seconds": 1.5}, "seconds must be"),
        ({"event": "read", "document": INVOICE, "seconds": True}, "seconds must be"),
        ({"event": "read", "document": INVOICE, "seconds": "9"}, "seconds must be"),
        ({"event": "read", "document": INVOICE, "locale": "??"}, "is no locale code"),
        ({"event": "read", "document": INVOICE, "visitor": "kim"}, "visitor needs the token"),
        ({"event": "read", "document": INVOICE, "token": "forged"}, "token is none"),
        ({"event": "read", "document": INVOICE, "more": 1}, "Unknown fields: more"),
    ],
)
def test_what_is_no_event_is_told_so(visitor: FlaskClient, body: object, detail: str) -> None:
    reply = visitor.post(EVENTS, json=body, headers=PAGE)
    assert (reply.status_code, reply.mimetype) == (400, "application/problem+json")
    assert detail in reply.get_json()["detail"]
    assert reads(visitor) == []


def test_bodies_are_bounded(visitor: FlaskClient) -> None:
    assert tell(visitor, document="x" * 5000).status_code in (400, 413)


def test_a_bot_tells_that_its_customer_opened_a_source(visitor: FlaskClient) -> None:
    answer = asked(visitor, Visitor="kim-1")
    said = {"token": answer["feedback_token"], "visitor": "kim-1"}
    (search,) = searches(visitor)
    assert tell(visitor, BOT, seconds=30, **said).status_code == 201
    (read,) = reads(visitor)
    assert (read.query_id, read.rank, read.seconds) == (answer["query_id"], 1, 30)
    assert read.document == search.document
    assert read.visitor == search.visitor
    other = answer["results"][1]
    tell(visitor, BOT, document=f"{other['kind']}/{other['id']}", **said)
    _, second = reads(visitor)
    assert (second.query_id, second.rank) == (answer["query_id"], 2)
    assert search.shown[:2] == (read.document, second.document)


def test_each_customer_of_a_bot_is_a_visitor_and_none_is_named(visitor: FlaskClient) -> None:
    for name in ("anna-17", "ben-4", "anna-17", ""):
        asked(visitor, **({"Visitor": name} if name else {}))
    found = searches(visitor)
    assert len({one.visitor for one in found}) == 3
    assert "anna" not in repr(found)


def test_a_list_is_remembered_only_of_a_person_and_judges_no_answer(visitor: FlaskClient) -> None:
    asked(visitor, "search")
    asked(visitor, "suggest", Visitor="kim-1")
    assert searches(visitor) == []
    reply = asked(visitor, "search", Visitor="kim-1")
    (search,) = searches(visitor)
    assert (search.query_id, search.status) == (reply["query_id"], LISTED)
    first = reply["results"][0]
    assert search.shown[0] == search.document == f"{first['kind']}/{first['id']}"


def test_browsers_are_not_named_by_a_header(visitor: FlaskClient) -> None:
    for name in ("a", "b"):
        visitor.get("/de/search?q=Akku", headers={**PERSON, "Visitor": name})
    assert len({one.visitor for one in searches(visitor)}) == 1


def test_without_records_pages_measure_nothing_and_events_say_so(
    built_index: Path, encoder: FakeEncoder
) -> None:
    visitor = client(built_index, encoder, database_url="sqlite:////nowhere/kb.sqlite3")
    page = visitor.get(ARTICLE, headers=PERSON)
    assert page.status_code == 200
    assert not [one for one in Markup(page.text).values("script", "src") if "reading" in one]
    assert "data-read" not in page.text
    reply = tell(visitor, document=INVOICE, seconds=9)
    assert (reply.status_code, reply.get_json()["code"]) == (503, "records_error")


def test_reads_of_a_page_count_for_the_limit(
    built_index: Path, encoder: FakeEncoder, tmp_path: Path
) -> None:
    visitor = client(built_index, encoder, records=tmp_path, rate_limit=2)
    statuses = [tell(visitor, document=INVOICE, seconds=1).status_code for _ in range(9)]
    assert statuses[0] == 201
    assert 429 in statuses


def test_reads_are_written_behind_the_searches_that_led_there(tmp_path: Path) -> None:
    """A search may wait in one process when the page was opened in another one."""
    database = Database.in_folder(tmp_path)
    migrate(database)
    here, there = VisitorLog(database), VisitorLog(database)
    now = datetime.now(UTC)
    there.add(Read(SEARCH.visitor, now, INVOICE, "de"))
    there.flush(now - timedelta(seconds=1))
    assert reads_since(database, LONG_AGO) == []
    here.add(replace(SEARCH, at=now, shown=(INVOICE,)))
    here.flush(now - timedelta(seconds=1))
    there.flush(now)
    assert [one.rank for one in reads_since(database, LONG_AGO)] == [1]
    database.close()


def test_what_cannot_be_written_is_in_no_readers_way_and_waits(
    visitor: FlaskClient, tmp_path: Path
) -> None:
    database = Database.in_folder(tmp_path)
    with database.write() as connection:
        connection.execute(text("ALTER TABLE reads RENAME TO lost"))
    assert visitor.get(ARTICLE, headers=PERSON).status_code == 200
    visitor.get("/de/search?q=Akku", headers=PERSON)
    with visitor.application.app_context(), pytest.raises(RecordsError):
        records().log.flush()
    assert tell(visitor, document=INVOICE, seconds=1).status_code == 503
    with database.write() as connection:
        connection.execute(text("ALTER TABLE lost RENAME TO reads"))
    database.close()
    assert [one.document for one in reads(visitor)] == [INVOICE]
    assert len(searches(visitor)) == 1


def test_a_long_trouble_costs_the_oldest_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("web.visitor_log._WAITING", 3)
    database = Database.in_folder(tmp_path)  # without tables
    log = VisitorLog(database)
    for number in range(5):
        log.add(replace(SEARCH, query_id=f"q{number}", at=LONG_AGO + timedelta(days=number)))
        with pytest.raises(RecordsError):
            log.flush()
    log._finish()
    assert "3 searches and reads are lost: The records in" in caplog.text
    migrate(database)
    log.flush()
    assert [one.query_id for one in searches_since(database, LONG_AGO)] == ["q2", "q3", "q4"]
    database.close()


def test_a_read_that_cannot_be_noted_costs_nobody_the_page(
    visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: object) -> None:
        raise ValueError("nobody foresaw this")

    monkeypatch.setattr("web.reads.find_document", fail)
    assert visitor.get(ARTICLE, headers=PERSON).status_code == 200
    assert [one.getMessage() for one in caplog.records] == ["a read is not remembered"]
