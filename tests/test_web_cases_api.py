"""Contacts and cases for programs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from centers import client
from fakes import FakeEncoder
from flask.testing import FlaskClient
from test_web_api import fields_match

from kb.cases import ItemKind
from kb.feedback import Channel, Read
from kb.store.cases import answer_case, cases_of
from kb.store.database import Database

CONTACTS = "/api/v1/contacts"
GIVEN = {"message": "Passwort vergessen", "email": "kim@example.org", "locale": "de"}


@pytest.fixture
def center(built_index: Path, encoder: FakeEncoder, tmp_path: Path) -> FlaskClient:
    return client(built_index, encoder, records=tmp_path)


@pytest.fixture
def database(center: FlaskClient, tmp_path: Path) -> Any:
    opened = Database.in_folder(tmp_path)
    yield opened
    opened.close()


def test_a_contact_becomes_a_case_whose_code_reads_it(
    center: FlaskClient, database: Database
) -> None:
    reply = center.post(CONTACTS, json={**GIVEN, "product": "trek-7", "name": "Kim"})
    assert reply.status_code == 201
    sent = reply.get_json()
    fields_match(sent, {"$ref": "#/ContactReply"}, "ContactReply")
    assert sent["handover"]["team"] == "service"
    (case,) = cases_of(database)
    assert (case.number, case.channel, case.contact.product) == (
        sent["number"],
        Channel.API,
        "trek-7",
    )
    from datetime import UTC, datetime

    answer_case(
        database,
        case.number,
        "Hier entlang.",
        datetime.now(UTC),
        frozenset(),
        "article/password-reset",
        by="erika@example.org",
    )
    read = center.get(f"/api/v1/cases/{case.number}", headers={"Resume-Code": sent["code"]})
    assert read.status_code == 200
    fields_match(read.get_json(), {"$ref": "#/CaseReply"}, "CaseReply")
    assert read.get_json()["state"] == "answered"
    assert [one["author"] for one in read.get_json()["messages"]] == ["customer", "team"]
    assert read.get_json()["messages"][1]["article"]["id"] == "password-reset"
    assert read.headers["Cache-Control"] == "no-store"


def test_a_wrong_code_an_unknown_number_and_none_get_the_same_answer(center: FlaskClient) -> None:
    number = center.post(CONTACTS, json=GIVEN).get_json()["number"]
    wrong = {"Resume-Code": "0000-0000-0000"}
    replies = [
        center.get(f"/api/v1/cases/{number}", headers=wrong),
        center.get("/api/v1/cases/1234-0000", headers=wrong),
        center.get(f"/api/v1/cases/{number}"),
    ]
    assert {reply.status_code for reply in replies} == {404}
    assert len({reply.data for reply in replies}) == 1


def test_codes_cannot_be_tried_for_long(center: FlaskClient) -> None:
    replies = [center.get("/api/v1/cases/1234-0000") for _ in range(12)]
    assert replies[-1].status_code == 429
    assert replies[-1].headers["Retry-After"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "JSON object"),
        ("x", "JSON object"),
        ({}, "message is missing. email is missing."),
        ({"message": " ", "email": "kim@example.org"}, "message is missing."),
        ({**GIVEN, "email": "kim"}, "email is no complete e-mail address."),
        ({**GIVEN, "email": "a@b.org\nBcc: c@d.org"}, "email is no complete"),
        ({**GIVEN, "message": "x" * 5001}, "message has more than 5000 characters."),
        ({**GIVEN, "product": "no-such"}, "There is no product 'no-such'."),
        ({**GIVEN, "locale": "../de"}, "is no locale code"),
        ({**GIVEN, "message": 7}, "must be text: message"),
        ({**GIVEN, "name": None}, "must be text: name"),
        ({**GIVEN, "admin": "1"}, "Unknown fields: admin."),
    ],
)
def test_what_is_wrong_is_named(
    center: FlaskClient, database: Database, body: Any, said: str
) -> None:
    reply = center.post(CONTACTS, json=body)
    assert reply.status_code == 400
    assert said in reply.get_json()["detail"]
    assert cases_of(database) == []


def test_no_json_is_a_clear_error(center: FlaskClient) -> None:
    for data, kind in [
        ("message=x", "application/x-www-form-urlencoded"),
        ("{", "application/json"),
    ]:
        assert center.post(CONTACTS, data=data, content_type=kind).status_code == 400
    large = center.post(CONTACTS, data=b"x" * 70_000, content_type="application/json")
    assert large.status_code in (400, 413)


def test_the_same_key_and_words_are_one_case(center: FlaskClient, database: Database) -> None:
    key = {"Idempotency-Key": "order-0001"}
    first, second = (center.post(CONTACTS, json=GIVEN, headers=key).get_json() for _ in range(2))
    assert first == second
    # Another one's key brings no code of theirs.
    other = center.post(CONTACTS, json={**GIVEN, "email": "eve@example.org"}, headers=key)
    assert other.get_json()["number"] != first["number"]
    assert len(cases_of(database)) == 2
    bad = center.post(CONTACTS, json=GIVEN, headers={"Idempotency-Key": "x"})
    assert bad.status_code == 400


def test_a_known_question_goes_along(center: FlaskClient, database: Database) -> None:
    from kb.store.reads import keep_read
    from web.records import records

    person = {"User-Agent": "Mozilla/5.0 Firefox/140.0"}
    center.get("/de/search?q=Passwort+weg", headers=person)
    with center.application.app_context():
        records().log.flush()
        from kb.store.feedback import searches_since

        (search,) = searches_since(records().database, cases_epoch())
        read = Read(search.visitor, search.at, "article/battery-storage", "de", search.query_id)
        keep_read(records().database, replace(read, seconds=61))
    center.post(CONTACTS, json={**GIVEN, "query_id": search.query_id})
    center.post(CONTACTS, json={**GIVEN, "query_id": "unknown"})
    packets = [case.packet for case in cases_of(database)]
    assert [[(item.kind, item.text) for item in packet] for packet in packets] == [
        [(ItemKind.SEARCH, "Passwort weg"), (ItemKind.READ, "")],
        [],
    ]
    assert packets[0][1].seconds == 60


def cases_epoch() -> Any:
    from datetime import UTC, datetime

    return datetime(2000, 1, 1, tzinfo=UTC)


def test_too_many_contacts_are_refused(
    built_index: Path, encoder: FakeEncoder, tmp_path: Path
) -> None:
    center = client(built_index, encoder, records=tmp_path, contacts_per_hour=1)
    assert center.post(CONTACTS, json=GIVEN).status_code == 201
    reply = center.post(CONTACTS, json=GIVEN)
    assert reply.status_code == 429
    assert int(reply.headers["Retry-After"]) > 60
