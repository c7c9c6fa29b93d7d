"""One form for every spelling of an e-mail address, from its first mail to its erasure."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from centers import client
from click.testing import CliRunner
from fakes import FakeEncoder
from sqlalchemy import update
from test_store_cases import ALL, KEY, NEW

from kb.emails import is_email, normal_email, plain_email, readable_email
from kb.errors import AddressError
from kb.store.cases import conversation, open_case
from kb.store.database import Database
from kb.store.migrate import migrate
from kb.store.schema import cases
from kb.store.staff import members
from kb.store.subjects import erase_subject, export_subject
from web.cli import main

DNS = "kunde@xn--mller-kva.example"
SPELLINGS = ["kunde@müller.example", "KUNDE@Müller.Example", " Kunde@MÜLLER.example ", DNS]
PASSWORD = "a long enough password"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_all_spellings_are_one_address(spelling: str) -> None:
    assert plain_email(spelling) == normal_email(spelling) == DNS
    assert readable_email(plain_email(spelling)) == "kunde@müller.example"


def test_a_sharp_s_is_a_letter_of_its_own() -> None:
    assert plain_email("a@straße.example") == "a@xn--strae-oqa.example"


@pytest.mark.parametrize(
    "text",
    ["", "@", "erika", "a b@example.org", "a@b", "a@example.org\nBcc: x@y.z", "a@b@example.org"]
    + ["a@" + "ü" * 60 + ".example", "a@xn--.ä..example", "a@" + "x." * 130 + "example"],
)
def test_what_is_no_address_is_refused_and_found_nowhere(text: str) -> None:
    assert not is_email(text)
    with pytest.raises(AddressError, match="is no e-mail address"):
        plain_email(text)
    assert normal_email(text) == text.strip().lower()


def test_letters_before_the_at_are_refused_with_the_reason() -> None:
    with pytest.raises(AddressError, match="letters before the @"):
        plain_email("kündin@example.org")


def test_what_cannot_be_read_stays_as_it_is() -> None:
    assert readable_email("a@xn--\x80.example") == "a@xn--\x80.example"
    assert readable_email("nobody") == "nobody"


@pytest.mark.parametrize("kept", ["kunde@müller.example", "Kunde@MÜLLER.example", DNS])
def test_cases_are_found_and_erased_however_they_were_kept(database: Database, kept: str) -> None:
    mine = open_case(database, KEY, NEW, ALL)
    other = open_case(database, KEY, replace(NEW, submission="s2"), ALL)
    with database.write() as connection:  # as older versions kept it
        connection.execute(update(cases).where(cases.c.number == mine).values(email=kept))
        connection.execute(
            update(cases).where(cases.c.number == other).values(email="xkunde@müller.example")
        )
    found = export_subject(database, DNS)
    assert [case["number"] for case in found["cases"]] == [mine]
    assert [message["case"] for message in found["messages"]] == [mine]
    assert erase_subject(database, DNS)["cases"] == 1
    assert conversation(database, mine) is None
    assert conversation(database, other) is not None


def test_the_same_person_is_known_in_every_spelling(database: Database) -> None:
    numbers = [
        open_case(database, KEY, replace(NEW, submission=spelling, contact=contact), ALL)
        for spelling in SPELLINGS
        for contact in [replace(NEW.contact, email=spelling)]
    ]
    known = [conversation(database, number) for number in numbers]
    assert {one.case.contact.email for one in known if one} == {DNS}
    assert [bool(one and one.case.repeat_of) for one in known] == [False, True, True, True]
    assert len(export_subject(database, DNS)["cases"]) == len(numbers)


@pytest.fixture
def installation(built_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The API of a help center, and what runs its commands."""
    monkeypatch.setenv("KB_DATA", str(tmp_path))
    bot = client(built_index, FakeEncoder(), records=tmp_path, secret_key="k" * 20)
    return bot, lambda *words, **more: CliRunner().invoke(main, list(words), **more)


def test_what_was_sent_by_the_api_is_exported_and_erased(installation: Any) -> None:
    bot, kb = installation
    said = {"message": "Der Akku lädt nicht.", "email": SPELLINGS[1], "locale": "de"}
    number = bot.post("/api/v1/contacts", json=said).get_json()["number"]
    exported = json.loads(kb("export-subject", SPELLINGS[0]).output)
    assert [(case["number"], case["email"]) for case in exported["cases"]] == [(number, DNS)]
    assert "cases 1" in kb("erase-subject", SPELLINGS[2]).output
    assert json.loads(kb("export-subject", DNS).output)["cases"] == []
    assert kb("export-subject", "kunde").exit_code == 1


def test_letters_before_the_at_are_told_apart_from_a_typo(installation: Any) -> None:
    bot, _ = installation
    said = {"message": "Der Akku lädt nicht.", "locale": "de"}
    reply = bot.post("/api/v1/contacts", json={**said, "email": "kündin@example.org"})
    assert reply.status_code == 400
    assert "letters before the @" in reply.get_json()["detail"]
    page = bot.post("/de/contact/write", data={**said, "email": "kündin@example.org"})
    assert page.status_code == 422
    assert "Umlaute" in page.text


def test_staff_sign_in_with_either_spelling(installation: Any, tmp_path: Path) -> None:
    _, kb = installation
    added = kb("user", "add", SPELLINGS[1], "--role", "agent", input=PASSWORD + "\n")
    assert added.exit_code == 0
    assert kb("user", "disable", SPELLINGS[0]).exit_code == 0
    database = Database.in_folder(tmp_path)
    migrate(database)
    assert [(one.email, one.disabled) for one in members(database)] == [(DNS, True)]
    database.close()
