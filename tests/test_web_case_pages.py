"""Cases at /admin/cases, as staff see and answer them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from centers import Markup
from fakes import FakeEncoder
from flask.testing import FlaskClient
from postbox import NEW
from staffed import EMAIL, staffed, submit, token_of

from kb.cases import Author, CaseState
from kb.staff import Role
from kb.store.cases import NewCase, code_of, conversation, open_case
from kb.store.database import Database
from kb.store.staff import actions
from kb.store.tasks import list_tasks
from web.paging import ROWS

CASES = "/admin/cases/"
NOW = datetime.now(UTC)
HOSTILE = "<script>alert(1)</script> {{ 7*7 }}"


@pytest.fixture
def agent(built_index: Path, encoder: FakeEncoder, tmp_path: Path) -> FlaskClient:
    return staffed(built_index, encoder, tmp_path, Role.AGENT)


@pytest.fixture
def records(agent: FlaskClient, tmp_path: Path) -> Iterator[Database]:
    database = Database.in_folder(tmp_path)
    yield database
    database.close()


@pytest.fixture
def number(records: Database) -> str:
    return opened(records)


def opened(records: Database, new: NewCase = NEW) -> str:
    return open_case(records, b"key", new, frozenset())


def test_the_list_counts_and_shows_what_waits(agent: FlaskClient, records: Database) -> None:
    number = opened(records)
    later = NEW.at + timedelta(seconds=1)
    again = opened(records, replace(NEW, submission="s2", at=later))
    other = replace(NEW, submission="s3", at=later, topic=replace(NEW.topic, team="service"))
    others = opened(records, other)
    page = agent.get(CASES)
    text = Markup(page.text).text
    links = [link for link in Markup(page.text).values("a", "href") if link.startswith(CASES)]
    assert links[0] == CASES and set(links[1:]) == {CASES + one for one in (number, again, others)}
    assert links[1] == CASES + number  # the longest untouched first
    assert "Cases 3 open" in text
    assert text.count("repeated") == 2  # the later ones of the same person and topic
    assert CASES + number not in agent.get(f"{CASES}?team=service").text
    submit(agent, CASES + number, f"{CASES}{number}/close")
    assert CASES + number not in agent.get(CASES).text
    for query in ("?state=closed", "?state=all"):
        assert CASES + number in agent.get(CASES + query).text
    assert agent.get(f"{CASES}?state=%00'&team=%27--").status_code == 200


def test_a_case_shows_what_came_before_and_never_runs_it(
    agent: FlaskClient, records: Database
) -> None:
    item = replace(NEW.packet[0], text=HOSTILE)
    contact = replace(NEW.contact, message=HOSTILE, name=HOSTILE, order_number="B-1")
    number = opened(records, replace(NEW, contact=contact, packet=(item, *NEW.packet[1:])))
    page = agent.get(CASES + number)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    text = Markup(page.text).text
    assert f"Searched for “{HOSTILE}”" in text
    for part in ("kim@example.org", "B-1", "93%", "Trek 7", "2 minutes in sight"):
        assert part in text
    assert page.headers["Cache-Control"] == "no-store"


def test_an_article_is_found_by_words_or_id_and_goes_with_the_answer(
    agent: FlaskClient, records: Database, number: str
) -> None:
    page = CASES + number
    typed = {"message": "Bitte so:", "step": "find"}
    token = token_of(agent, page)
    for wanted in ("order-invoice", "Rechnung herunterladen"):
        sent = {"csrf_token": token, "article": wanted, **typed}
        found = Markup(agent.post(f"{page}/answer", data=sent).text)
        assert found.all("input", type="radio", value="article/order-invoice")
        assert "Bitte so:" in found.text
    nothing = {"csrf_token": token, "article": "\x00 ../../etc", "step": "find"}
    assert agent.post(f"{page}/answer", data=nothing).status_code == 200
    answer = {"message": "Bitte so:", "document": "article/order-invoice", "step": "send"}
    for _ in range(2):  # pressed twice
        assert submit(agent, page, f"{page}/answer", **answer) == 303
    known = conversation(records, number)
    assert known
    assert known.case.state is CaseState.ANSWERED
    assert [(one.author, one.document) for one in known.messages] == [
        (Author.CUSTOMER, ""),
        (Author.TEAM, "article/order-invoice"),
    ]
    (newest,) = actions(records, 1)
    assert (newest.staff, newest.action) == (EMAIL, "case.answered")


@pytest.mark.parametrize(("text", "said"), [(" \n", "Please write"), ("x" * 5001, "too long")])
def test_an_answer_needs_words_and_keeps_them(
    agent: FlaskClient, records: Database, number: str, text: str, said: str
) -> None:
    sent = {"csrf_token": token_of(agent, CASES + number), "message": text, "step": "send"}
    reply = agent.post(f"{CASES}{number}/answer", data=sent)
    assert reply.status_code == 422
    assert said in Markup(reply.text).text
    known = conversation(records, number)
    assert known and len(known.messages) == 1


def found(agent: FlaskClient, wanted: str) -> str:
    """Where a search for a caller's case leads; the page itself when it is several, or none."""
    data = {"csrf_token": token_of(agent, CASES), "wanted": wanted}
    reply = agent.post(f"{CASES}find", data=data)
    return reply.headers["Location"] if reply.status_code == 303 else Markup(reply.text).text


def test_a_caller_s_case_is_found_by_number_or_address(
    agent: FlaskClient, records: Database
) -> None:
    key = agent.application.secret_key
    assert isinstance(key, bytes)
    number = open_case(records, key, NEW, frozenset())
    submit(agent, CASES + number, f"{CASES}{number}/close")
    for said in (number, number.replace("-", ""), f"Case {number}", f" {' '.join(number)} "):
        assert found(agent, said) == CASES + number, said
    assert found(agent, NEW.contact.email.upper()) == CASES + number
    again = open_case(records, key, replace(NEW, submission="s2"), frozenset())
    both = found(agent, NEW.contact.email)
    assert number in both and again in both


@pytest.mark.parametrize(
    "wanted", ["1234-0000", "7K3M-Q9TX-W2HB", "Kim Muster", "a@b", "%", "@" * 999]
)
def test_what_leads_to_no_case_is_said(agent: FlaskClient, number: str, wanted: str) -> None:
    assert "No case was found" in found(agent, wanted)


def test_whoever_looks_for_nothing_sees_the_list(agent: FlaskClient, number: str) -> None:
    assert found(agent, " \x00") == CASES


def test_the_code_behind_the_number_says_whether_it_fits(
    agent: FlaskClient, records: Database
) -> None:
    key = agent.application.secret_key
    assert isinstance(key, bytes)
    number = open_case(records, key, NEW, frozenset())
    code = code_of(records, key, number)
    for said in (f"{number} {code}", f"{number}{code}".replace("-", "").lower()):
        assert found(agent, said) == CASES + number
        assert "The resume code fits this case" in agent.get(CASES + number).text
    assert "The resume code" not in agent.get(CASES + number).text  # said once
    assert found(agent, f"{number} 0000-0000-0000") == CASES + number
    page = Markup(agent.get(CASES + number).text)
    assert page.all("p", role="alert") and "does not fit" in page.text


def test_many_cases_are_shown_a_page_at_a_time(agent: FlaskClient, records: Database) -> None:
    numbers = {opened(records, replace(NEW, submission=f"s{n}")) for n in range(ROWS + 1)}
    first, last = agent.get(f"{CASES}?state=open"), agent.get(f"{CASES}?state=open&page=2")
    shown = [
        {link.removeprefix(CASES) for link in Markup(page.text).values("a", "href")} & numbers
        for page in (first, last)
    ]
    assert [len(some) for some in shown] == [ROWS, 1]
    assert shown[0] | shown[1] == numbers
    assert f"{CASES}?state=open&page=2" in Markup(first.text).values("a", "href")
    for page in ("0", "-1", "²", "9" * 99, "%00"):
        assert agent.get(f"{CASES}?page={page}").status_code == 200


def test_an_unknown_article_does_not_go_along(
    agent: FlaskClient, records: Database, number: str
) -> None:
    answer = {"message": "Hier.", "document": "article/no-such'--", "step": "send"}
    assert submit(agent, CASES + number, f"{CASES}{number}/answer", **answer) == 303
    known = conversation(records, number)
    assert known and known.messages[-1].document == ""


def test_what_is_missing_becomes_a_task_that_leads_back(
    agent: FlaskClient, records: Database, number: str
) -> None:
    for _ in range(2):
        submit(agent, CASES + number, f"{CASES}{number}/missing", missing="Die rote LED")
    (task,) = list_tasks(records)
    assert (task.subject.title, len(task.evidence)) == ("Die rote LED", 1)
    assert CASES + number in Markup(agent.get(f"/admin/tasks/{task.id}").text).values("a", "href")


def test_a_case_is_closed_and_opened_again(
    agent: FlaskClient, records: Database, number: str
) -> None:
    for action, state in (("close", CaseState.CLOSED), ("reopen", CaseState.OPEN)):
        assert submit(agent, CASES + number, f"{CASES}{number}/{action}") == 303
        known = conversation(records, number)
        assert known and known.case.state is state


def test_forms_need_their_token_and_numbers_a_case(
    agent: FlaskClient, records: Database, number: str
) -> None:
    for action in ("answer", "missing", "close", "reopen"):
        assert agent.post(f"{CASES}{number}/{action}", data={"message": "x"}).status_code == 400
        assert submit(agent, CASES + number, f"{CASES}1234-0000/{action}") == 404
    assert agent.get(f"{CASES}%00").status_code == 404
    known = conversation(records, number)
    assert known and (known.case.state, len(known.messages)) == (CaseState.OPEN, 1)


def test_cases_are_for_agents_and_admins(
    built_index: Path, encoder: FakeEncoder, tmp_path: Path
) -> None:
    editor = staffed(built_index, encoder, tmp_path, Role.EDITOR)
    assert editor.get(CASES).status_code == 403
    assert CASES not in editor.get("/admin/tasks/").text
    stranger = editor.application.test_client()
    assert stranger.get(CASES).headers["Location"].startswith("/admin/login")
