"""`kb user`, `kb tasks`, `kb retain`, `kb export-subject` and `kb erase-subject` at a terminal."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fakes import FakeEncoder
from test_store_records import SEARCH, VOTE
from test_store_subscriptions import CUSTOMER, letter

from indexer.build import build_index
from kb.staff import Role
from kb.store.database import Database
from kb.store.feedback import add_searches, keep_vote, searches_since
from kb.store.migrate import migrate
from kb.store.staff import members, sign_in
from kb.store.subscriptions import subscribe
from kb.store.tasks import confirm, find_task, record
from kb.tasks import Evidence, Finding, Source, State, Subject, TaskKind
from web.cli import main

NOW = datetime.now(UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
PASSWORD = "ein recht langes Passwort"
ARTICLE = """---
title: Rechnung  # bleibt
questions: ["Wo ist die Rechnung?"]
---

# Rechnung

Im Konto.
"""


def kb(data: Path, *words: str, said: str = "") -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)], input=said)


@pytest.fixture
def records(tmp_path: Path) -> Database:
    database = Database.in_folder(tmp_path)
    migrate(database)
    return database


def test_a_user_is_added_listed_disabled_and_gets_a_new_password(
    records: Database, tmp_path: Path
) -> None:
    added = kb(
        tmp_path, "user", "add", "Erika@Example.org", "--role", "admin", said=PASSWORD + "\n"
    )
    assert added.exit_code == 0, added.output
    assert PASSWORD not in added.output
    (erika,) = members(records)
    assert (erika.email, erika.role) == ("erika@example.org", Role.ADMIN)
    assert "erika@example.org" in kb(tmp_path, "user", "list").output
    assert kb(tmp_path, "user", "disable", "erika@example.org").exit_code == 0
    assert "disabled" in kb(tmp_path, "user", "list").output
    assert sign_in(records, erika.email, PASSWORD) is None
    kb(tmp_path, "user", "disable", "erika@example.org", "--undo")
    kb(tmp_path, "user", "password", "erika@example.org", said="noch ein langes Passwort\n")
    assert sign_in(records, erika.email, PASSWORD) is None
    assert sign_in(records, erika.email, "noch ein langes Passwort")


@pytest.mark.parametrize(
    ("words", "said", "sentence"),
    [
        (("add", "erika", "--role", "admin"), PASSWORD, "no e-mail address"),
        (("add", "e@example.org", "--role", "admin"), "kurz", "12 to 500"),
        (("add", "e@example.org", "--role", "admin"), "", "12 to 500"),
        (("disable", "e@example.org"), "", "no account"),
        (("password", "e@example.org"), PASSWORD, "no account"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    records: Database, tmp_path: Path, words: tuple[str, ...], said: str, sentence: str
) -> None:
    result = kb(tmp_path, "user", *words, said=said)
    assert result.exit_code == 1
    assert sentence in result.output and "Traceback" not in result.output
    assert members(records) == []


def test_nobody_gets_a_role_by_default(records: Database, tmp_path: Path) -> None:
    assert kb(tmp_path, "user", "add", "e@example.org", said=PASSWORD).exit_code == 2


@pytest.fixture
def task(records: Database) -> int:
    gap = Subject(TaskKind.GAP, "", "de", "Gibt es das in Pink?", "advice", "")
    record(records, [Finding(gap, (Evidence(Source.SEARCH, "q1", "v1", NOW),))])
    add_searches(records, [replace(SEARCH, question="Pink?")])
    return 1


def test_tasks_are_listed_shown_and_closed(records: Database, tmp_path: Path, task: int) -> None:
    assert "Gibt es das in Pink?" in kb(tmp_path, "tasks", "list", "--team", "advice").output
    assert "No tasks" in kb(tmp_path, "tasks", "list", "--kind", "article").output
    listed = json.loads(kb(tmp_path, "tasks", "list", "--json").output)["tasks"]
    assert [(one["id"], one["kind"], one["state"]) for one in listed] == [(1, "gap", "open")]
    assert "Pink?" in kb(tmp_path, "tasks", "show", "1").output
    assert json.loads(kb(tmp_path, "tasks", "show", "1", "--json").output)["title"]
    assert kb(tmp_path, "tasks", "accept", "1").exit_code == 0
    assert "E-mails queued: 0" in kb(tmp_path, "tasks", "close", "1", "--commit", "715b710").output
    found = find_task(records, 1)
    assert (found.state, found.fixed_by) == (State.DONE, "715b710")
    assert "done" in kb(tmp_path, "tasks", "list", "--state", "all").output


@pytest.mark.parametrize(
    "words",
    [("show", "7"), ("accept", "7"), ("merge", "1", "1"), ("close", "1", "--commit", "; rm")],
)
def test_what_no_task_can_do_is_said(
    records: Database, tmp_path: Path, task: int, words: tuple[str, ...]
) -> None:
    result = kb(tmp_path, "tasks", *words)
    assert result.exit_code == 1
    assert "Traceback" not in result.output


@pytest.fixture
def content(tmp_path: Path, encoder: FakeEncoder) -> Path:
    """One article, indexed, whose question two visitors confirmed."""
    folder = tmp_path / "content"
    (folder / "de" / "articles").mkdir(parents=True)
    (folder / "de" / "articles" / "rechnung.md").write_text(ARTICLE, encoding="utf-8")
    build_index(folder, tmp_path / "index", encoder)
    return folder


@pytest.fixture
def question(records: Database) -> int:
    about = Subject(TaskKind.QUESTION, "article/rechnung", "de", 'Beleg "holen"?', "", "")
    record(records, [Finding(about, (Evidence(Source.CONFIRMATION, "1", "v1", NOW),))])
    confirm(records, 1, "agent@example.org")
    return 1


def test_accepted_questions_are_written_into_the_article_once(
    records: Database, tmp_path: Path, content: Path, question: int
) -> None:
    options = ("tasks", "apply", "--content", str(content))
    assert "No accepted question" in kb(tmp_path, *options).output
    kb(tmp_path, "tasks", "accept", "1")
    path = content / "de" / "articles" / "rechnung.md"
    assert "rechnung.md" in kb(tmp_path, *options, "--dry-run").output
    assert path.read_text(encoding="utf-8") == ARTICLE
    done = kb(tmp_path, *options)
    assert done.exit_code == 0, done.output
    wanted = ARTICLE.replace('Rechnung?"]', 'Rechnung?", "Beleg \\"holen\\"?"]')
    assert path.read_text(encoding="utf-8") == wanted
    assert find_task(records, 1).state is State.DONE
    assert "No accepted question" in kb(tmp_path, *options).output


def test_an_article_that_cannot_be_edited_keeps_its_task(
    records: Database, tmp_path: Path, content: Path, question: int
) -> None:
    kb(tmp_path, "tasks", "accept", "1")
    path = content / "de" / "articles" / "rechnung.md"
    path.write_text("---\nquestions: {a: b}\n---\n\nText\n", encoding="utf-8")
    result = kb(tmp_path, "tasks", "apply", "--content", str(content))
    assert result.exit_code == 1
    assert "add the question by hand" in result.output or "no list" in result.output
    assert find_task(records, 1).state is State.ACCEPTED


def test_feedback_becomes_tasks_without_a_server(
    records: Database, tmp_path: Path, content: Path
) -> None:
    keep_vote(records, replace(VOTE, document="article/rechnung", at=NOW))
    result = kb(tmp_path, "tasks", "refresh", "--content", str(content))
    assert result.exit_code == 0, result.output
    assert "Tasks opened: 1" in result.output
    assert find_task(records, 1).subject.document == "article/rechnung"


def test_what_is_old_is_forgotten_by_the_settings(
    records: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_searches(records, [replace(SEARCH, at=datetime(2026, 1, 1, tzinfo=UTC))])
    monkeypatch.setenv("KB_RETAIN_SEARCHES", "3650")
    assert "questions 0" in kb(tmp_path, "retain").output
    monkeypatch.delenv("KB_RETAIN_SEARCHES")
    assert "questions 1" in kb(tmp_path, "retain").output
    assert [one.question for one in searches_since(records, LONG_AGO)] == [""]


def test_an_address_is_told_and_erased(records: Database, tmp_path: Path) -> None:
    keep_vote(records, VOTE)
    subscribe(records, VOTE, CUSTOMER, "Eine E-Mail.", letter, VOTE.at)
    told = json.loads(kb(tmp_path, "export-subject", CUSTOMER.upper()).output)
    assert told["subscriptions"][0]["consent"] == "Eine E-Mail."
    assert "subscriptions 1, mails 1" in kb(tmp_path, "erase-subject", CUSTOMER).output
    assert "subscriptions 0, mails 0" in kb(tmp_path, "erase-subject", CUSTOMER).output
    told = json.loads(kb(tmp_path, "export-subject", CUSTOMER).output)
    assert not any(told.values())
