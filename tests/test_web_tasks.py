"""Content tasks at /admin/tasks, as staff see and change them."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from centers import Markup
from fakes import FakeEncoder
from flask.testing import FlaskClient
from staffed import EMAIL, staffed, submit
from test_store_records import SEARCH, VOTE

from kb.staff import Role
from kb.store.database import Database
from kb.store.feedback import add_searches, keep_vote
from kb.store.tasks import find_task, record
from kb.tasks import Evidence, Finding, Source, State, Subject, TaskKind

NOW = datetime.now(UTC)
TASKS = "/admin/tasks/"
QUESTION = Subject(TaskKind.QUESTION, "article/order-invoice", "de", "Beleg holen", "service", "")


@pytest.fixture
def records(tmp_path: Path, editor: FlaskClient) -> Database:
    """A vote with a hostile comment, and a search before it."""
    database = Database.in_folder(tmp_path)
    add_searches(database, [replace(SEARCH, query_id="q1", at=NOW, question="Wo ist <b>sie</b>?")])
    keep_vote(database, replace(VOTE, query_id="q1", comment="<script>alert(1)</script>", at=NOW))
    return database


@pytest.fixture
def editor(built_index: Path, encoder: FakeEncoder, tmp_path: Path) -> FlaskClient:
    return staffed(built_index, encoder, tmp_path, Role.EDITOR)


def test_a_click_looks_for_evidence_and_tasks_link_to_it(
    editor: FlaskClient, records: Database
) -> None:
    assert "No tasks here" in editor.get(TASKS).text
    assert submit(editor, TASKS, "/admin/tasks/refresh") == 303
    page = editor.get(TASKS)
    assert "/admin/tasks/1" in Markup(page.text).values("a", "href")
    shown = editor.get("/admin/tasks/1").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown and "<script>alert" not in shown
    assert "Wo ist &lt;b&gt;sie&lt;/b&gt;?" in shown
    assert "Out of date" in shown


def test_an_editor_accepts_and_closes_with_a_commit(editor: FlaskClient, records: Database) -> None:
    submit(editor, TASKS, "/admin/tasks/refresh")
    page = "/admin/tasks/1"
    assert submit(editor, page, f"{page}/accept") == 303
    assert find_task(records, 1).state is State.ACCEPTED
    assert submit(editor, page, f"{page}/close", state="done", commit="715b710") == 303
    task = find_task(records, 1)
    assert (task.state, task.fixed_by) == (State.DONE, "715b710")
    assert "100%" in editor.get(TASKS).text
    assert submit(editor, page, f"{page}/reopen") == 303
    assert find_task(records, 1).state is State.OPEN


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("merge", {"into": "1"}),
        ("merge", {"into": "999"}),
        ("merge", {"into": "²"}),
        ("merge", {}),
        ("close", {"state": "done", "commit": "a b <c>"}),
        ("confirm", {}),
    ],
)
def test_what_cannot_be_done_is_said_on_the_page(
    editor: FlaskClient, records: Database, action: str, data: dict[str, str]
) -> None:
    submit(editor, TASKS, "/admin/tasks/refresh")
    sent = {"csrf_token": _token(editor), **data}
    reply = editor.post(f"/admin/tasks/1/{action}", data=sent)
    assert reply.status_code == 200
    assert Markup(reply.text).all("p", role="alert")
    assert find_task(records, 1).state is State.OPEN


def _token(browser: FlaskClient) -> str:
    return Markup(browser.get("/admin/tasks/1").text).all("input", name="csrf_token")[0]["value"]


@pytest.mark.parametrize(
    "query",
    ["?state=nonsense&kind=%00&team='", "?state=all&kind=gap", "?team=service", "?state=done"],
)
def test_filters_may_say_anything(editor: FlaskClient, records: Database, query: str) -> None:
    submit(editor, TASKS, "/admin/tasks/refresh")
    assert editor.get(TASKS + query).status_code == 200


def test_there_is_no_page_for_no_task(editor: FlaskClient) -> None:
    assert editor.get("/admin/tasks/77").status_code == 404
    assert editor.get("/admin/tasks/99999999999999999999999").status_code == 404


def test_an_agent_confirms_a_question_and_leaves_the_rest_to_editors(
    built_index: Path, encoder: FakeEncoder, tmp_path: Path
) -> None:
    agent = staffed(built_index, encoder, tmp_path, Role.AGENT)
    database = Database.in_folder(tmp_path)
    record(database, [Finding(QUESTION, (Evidence(Source.CONFIRMATION, "1", "v1", NOW),))])
    assert "/admin/tasks/1" not in agent.get(TASKS).text  # not ripe
    assert "/admin/tasks/1" in agent.get(f"{TASKS}?kind=question").text
    assert submit(agent, "/admin/tasks/1", "/admin/tasks/1/confirm") == 303
    assert find_task(database, 1).is_confirmed
    assert submit(agent, TASKS, "/admin/tasks/1/accept") == 403
    assert f"{EMAIL}" in agent.get(TASKS).text
    database.close()
