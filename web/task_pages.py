"""Content tasks at `/admin/tasks`: what to write or mend next, and what says so."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, current_app, redirect, request
from werkzeug.wrappers import Response

from kb.errors import TaskError
from kb.settings import Settings
from kb.staff import Role
from kb.store import tasks as store
from kb.store.feedback import searches_of, votes_of
from kb.store.subscriptions import listeners
from kb.tasks import Source, State, Task, TaskKind, by_weight
from web.admin import asked_for, document_named, published, render_admin
from web.live import searcher
from web.notices import Notices
from web.paging import page_among
from web.records import records
from web.refreshing import LOOK_BACK, refresh
from web.staff import ROOM, staff_member, staff_only

task_pages = Blueprint("tasks", __name__, url_prefix=f"{ROOM}/tasks")

_ALL = "all"
_OF_VOTES = (Source.VOTE, Source.CONFIRMATION)


@task_pages.get("/")
@staff_only()
def overview() -> str:
    """Tasks by weight; filters stand in the address. Proposed questions that nobody confirmed
    are shown only to who asks for questions."""
    now, database = datetime.now(UTC), records().database
    state, kind = asked_for(State, "state"), asked_for(TaskKind, "kind")
    team = request.args.get("team", "")
    states = [state] if state else [one for one in State if one.is_live]
    if request.args.get("state") == _ALL:
        states = []
    listed = store.list_tasks(database, states=states, kind=kind, team=team)
    found = by_weight((task for task in listed if kind or task.is_ripe), now)
    return render_admin(
        "tasks.html",
        page=page_among(found),
        unconfirmed=len(listed) - len(found),
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
        document=document_named(task.subject.document, task.subject.locale),
        votes=votes,
        searches=searches_of(database, [*names, *asked_before]),
        listeners=listeners(database, task.id),
        trouble=trouble,
    )
