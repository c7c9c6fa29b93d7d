"""Content tasks at `/admin/tasks`: what to write or mend next, and what says so."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from flask import Blueprint, abort, current_app, redirect, request
from werkzeug.wrappers import Response

from kb.documents import Document, Kind
from kb.errors import TaskError
from kb.settings import Settings
from kb.staff import Role
from kb.store import tasks as store
from kb.store.feedback import searches_of, votes_of
from kb.tasks import Source, State, Task, TaskKind, by_weight
from web.admin import published, render_admin
from web.documents import localized_document
from web.language import ui_language
from web.live import searcher
from web.notices import Notices
from web.records import records
from web.refreshing import LOOK_BACK, refresh
from web.staff import ROOM, staff_member, staff_only

task_pages = Blueprint("tasks", __name__, url_prefix=f"{ROOM}/tasks")

_Choice = TypeVar("_Choice", bound=StrEnum)
_ALL = "all"
_SHOWN = 200  # tasks on a page; the weightiest come first
_OF_VOTES = (Source.VOTE, Source.CONFIRMATION)


@task_pages.get("/")
@staff_only()
def overview() -> str:
    """Tasks by weight; filters stand in the address. Proposed questions that nobody confirmed
    are shown only to who asks for questions."""
    now, database = datetime.now(UTC), records().database
    state, kind = _chosen(State, "state"), _chosen(TaskKind, "kind")
    team = request.args.get("team", "")
    states = [state] if state else [one for one in State if one.is_live]
    if request.args.get("state") == _ALL:
        states = []
    listed = store.list_tasks(database, states=states, kind=kind, team=team)
    found = by_weight((task for task in listed if kind or task.is_ripe), now)
    return render_admin(
        "tasks.html",
        tasks=found[:_SHOWN],
        more=max(0, len(found) - _SHOWN),
        unconfirmed=len(listed) - len(found),
        documents={task.id: document_of_task(task) for task in found[:_SHOWN]},
        now=now,
        teams=store.teams_with_tasks(database),
        chosen={"state": request.args.get("state", ""), "kind": kind or "", "team": team},
        counts=store.counts(database),
        acted=store.acted_upon(database, now - LOOK_BACK),
        days=LOOK_BACK.days,
        can_refresh=published() is not None,
    )


@task_pages.get("/<int(max=2147483647):number>")
@staff_only()
def show(number: int) -> str:
    return _page(_task(number))


@task_pages.post("/refresh")
@staff_only(Role.EDITOR)
def look_again() -> Response:
    """Look at what was recorded since the last time. Judgments are asked by `kb tasks refresh`."""
    refresh(records().database, searcher(), datetime.now(UTC))
    return redirect(f"{ROOM}/tasks/", 303)


@task_pages.post("/<int(max=2147483647):number>/accept")
@staff_only(Role.EDITOR)
def accept(number: int) -> str | Response:
    return _changed(number, lambda by: store.accept(records().database, number, by))


@task_pages.post("/<int(max=2147483647):number>/confirm")
@staff_only(Role.AGENT, Role.EDITOR)
def confirm(number: int) -> str | Response:
    return _changed(number, lambda by: store.confirm(records().database, number, by))


@task_pages.post("/<int(max=2147483647):number>/reopen")
@staff_only(Role.EDITOR)
def reopen(number: int) -> str | Response:
    return _changed(number, lambda by: store.reopen(records().database, number, by))


@task_pages.post("/<int(max=2147483647):number>/merge")
@staff_only(Role.EDITOR)
def merge(number: int) -> str | Response:
    into = request.form.get("into", "").strip().removeprefix("#")
    if not (into.isdecimal() and len(into) < 10):
        into = "0"
    return _changed(number, lambda by: store.merge(records().database, number, int(into), by))


@task_pages.post("/<int(max=2147483647):number>/close")
@staff_only(Role.EDITOR)
def close(number: int) -> str | Response:
    """Close a task; who complained and wants to hear of the fix is told."""
    state = State.DONE if request.form.get("state") == State.DONE else State.DISMISSED
    commit = request.form.get("commit", "").strip()
    settings: Settings = current_app.config["SETTINGS"]
    letter = Notices(settings).letter(published()) if settings.public_url else None
    return _changed(
        number, lambda by: store.close(records().database, number, by, state, commit, letter)
    )


def document_of_task(task: Task) -> Document | None:
    """What a task is about, in the language of the task or the reader's."""
    found = published()
    kind, _, name = task.subject.document.partition("/")
    if not name or found is None:
        return None
    number = localized_document(found, Kind(kind), name, task.subject.locale or ui_language())
    return None if number is None else found.library.document(number)


def _changed(number: int, change: Callable[[str], Any]) -> str | Response:
    """Do it, and show the task; why not, if it cannot be done."""
    task = _task(number)
    try:
        change(staff_member().email)
    except TaskError as error:
        return _page(task, trouble=str(error))
    return redirect(f"{ROOM}/tasks/{number}", 303)


def _task(number: int) -> Task:
    try:
        return store.find_task(records().database, number)
    except TaskError:
        abort(404)


def _page(task: Task, trouble: str = "") -> str:
    database = records().database
    numbers = [int(one.reference) for one in task.evidence if one.source in _OF_VOTES]
    names = [one.reference for one in task.evidence if one.source is Source.SEARCH]
    votes = votes_of(database, numbers)
    asked_before = [vote.query_id for vote in votes.values() if vote.query_id]
    return render_admin(
        "task.html",
        task=task,
        document=document_of_task(task),
        votes=votes,
        searches=searches_of(database, [*names, *asked_before]),
        now=datetime.now(UTC),
        trouble=trouble,
    )


def _chosen(choices: type[_Choice], name: str) -> _Choice | None:
    return next((choice for choice in choices if choice == request.args.get(name)), None)
