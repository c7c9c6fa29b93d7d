"""Content tasks and their evidence.

Every change by somebody is written together with its line of the audit log.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, String, cast, delete, func, insert, select, update

from kb.errors import TaskError
from kb.store.conflicts import inserting, one_at_a_time
from kb.store.database import IDS, Database
from kb.store.schema import evidence, tasks, votes
from kb.store.staff import note
from kb.store.subscriptions import Letter, tell_of_fixes
from kb.tasks import Evidence, Finding, Source, State, Subject, Task, TaskKind

_LOCK = 0x6B64  # of PostgreSQL's advisory locks
_MERGES = 100  # how long a chain of merged tasks is followed
_LIVE = [state.value for state in State if state.is_live]


def list_tasks(
    database: Database,
    *,
    states: Iterable[State] = (),
    kind: TaskKind | None = None,
    team: str = "",
) -> list[Task]:
    """Tasks in these states, or in all, by age."""
    query = select(tasks).order_by(tasks.c.id)
    if wanted := [state.value for state in states]:
        query = query.where(tasks.c.state.in_(wanted))
    if kind:
        query = query.where(tasks.c.kind == kind.value)
    if team:
        query = query.where(tasks.c.team == team)
    with database.read() as connection:
        return _tasks(connection, connection.execute(query).mappings().all())


def find_task(database: Database, number: int) -> Task:
    """The task of this id. Raises TaskError when there is none."""
    with database.read() as connection:
        return _task(connection, number)


def teams_with_tasks(database: Database) -> list[str]:
    """Names of the teams that own tasks, in order."""
    with database.read() as connection:
        return list(
            connection.execute(select(tasks.c.team).distinct().order_by(tasks.c.team)).scalars()
        )


def record(database: Database, findings: Sequence[Finding]) -> int:
    """Open tasks for what was found, or let it join live ones; returns how many were opened.

    Evidence that any task has already is left where it is, so recording the same again changes
    nothing. A dismissed gap or question takes its evidence in silence: an editor said no to it.
    """
    with database.write() as connection:
        return join_task(connection, *findings)


def join_task(connection: Connection, *findings: Finding) -> int:
    """`record` within the transaction of what was found."""
    opened = 0
    one_at_a_time(connection, _LOCK)
    pairs = connection.execute(select(evidence.c.source, evidence.c.reference)).all()
    known = {(Source(source), reference) for source, reference in pairs}
    for finding in findings:
        new = [one for one in finding.evidence if (one.source, one.reference) not in known]
        if not new:
            continue
        number = _place(connection, finding)
        if number is None:
            number = _open(connection, finding.subject)
            opened += 1
        connection.execute(insert(evidence), [_row(number, one) for one in new])
        known.update((one.source, one.reference) for one in new)
    return opened


def withdraw(database: Database, gone: Iterable[tuple[Source, str]] = ()) -> None:
    """Take back evidence that no longer holds: votes whose mind changed, and what is `gone`.

    Open tasks that nothing speaks for any more are dismissed; what an editor accepted stays.
    """
    turned = select(cast(votes.c.id, String))
    with database.write() as connection:
        _withdraw(connection, Source.VOTE, turned.where(votes.c.solved))
        _withdraw(connection, Source.CONFIRMATION, turned.where(votes.c.solved.is_(False)))
        withdraw_from_tasks(connection, gone)


def withdraw_from_tasks(connection: Connection, gone: Iterable[tuple[Source, str]]) -> None:
    """Take back this evidence within the transaction of what makes it wrong."""
    for source, reference in gone:
        _withdraw(connection, source, [reference])
    empty = tasks.c.id.not_in(select(evidence.c.task))
    connection.execute(
        update(tasks)
        .where(tasks.c.state == State.OPEN.value, empty)
        .values(state=State.DISMISSED.value, changed=datetime.now(UTC))
    )


def known_references(database: Database, source: Source) -> set[str]:
    """What of this source any task knows already."""
    with database.read() as connection:
        query = select(evidence.c.reference).where(evidence.c.source == source.value)
        return set(connection.execute(query).scalars())


def known_subjects(database: Database, kind: TaskKind) -> list[tuple[int, Subject]]:
    """What tasks of this kind are about, with their ids: those that new evidence may belong to.

    Questions stay known when they are done; a gap that was filled and is asked again is a new one.
    """
    query = select(tasks).where(tasks.c.kind == kind.value, tasks.c.title != "")
    if kind is not TaskKind.QUESTION:
        query = query.where(tasks.c.state != State.DONE.value)
    with database.read() as connection:
        rows = connection.execute(query.order_by(tasks.c.id)).mappings().all()
    return [(row["id"], _subject(row)) for row in rows]


def accept(database: Database, number: int, by: str) -> None:
    """Take a task on. Raises TaskError when it is closed, or a question that is not confirmed."""
    with database.write() as connection:
        task = _task(connection, number)
        if not task.state.is_live:
            raise TaskError(f"Task {number} is {task.state}; reopen it first.")
        if task.subject.kind is TaskKind.QUESTION and not task.is_confirmed:
            raise TaskError(
                f"Task {number} needs a second visitor, or somebody of staff, who confirms it."
            )
        _set_state(connection, number, State.ACCEPTED)
        note(connection, by, "task.accept", f"task {number}")


def confirm(database: Database, number: int, by: str) -> None:
    """Say as staff that the article answers a proposed question."""
    with database.write() as connection:
        task = _task(connection, number)
        if task.subject.kind is not TaskKind.QUESTION or not task.state.is_live:
            raise TaskError(f"Task {number} is no open question.")
        one = Evidence(Source.STAFF, f"task {number}", "", datetime.now(UTC))
        connection.execute(
            inserting(connection, evidence).on_conflict_do_nothing(), _row(number, one)
        )
        note(connection, by, "task.confirm", f"task {number}")


def close(
    database: Database,
    number: int,
    by: str,
    state: State,
    commit: str = "",
    letter: Letter | None = None,
) -> int:
    """Close a task as done or dismissed; `commit` names what fixed it.

    When it is done, who complained and wants to hear of it is sent a `letter`; returns how many
    are. A closed one may be closed again, to add the commit. Raises TaskError.
    """
    if state.is_live:
        raise TaskError("A task is closed as done or dismissed.")
    with database.write() as connection:
        task = _task(connection, number)
        if task.merged_into is not None:
            raise TaskError(f"Task {number} was merged into task {task.merged_into}; close that.")
        if task.state is not state:
            _set_state(connection, number, state)
        if commit:
            changed = update(tasks).where(tasks.c.id == number)
            connection.execute(changed.values(fixed_by=_plain_commit(commit)))
        note(connection, by, f"task.{state}", f"task {number} {commit}".strip())
        return tell_of_fixes(connection, letter) if letter else 0


def reopen(database: Database, number: int, by: str) -> None:
    """Open a closed task again. Raises TaskError when it was merged, or is not closed."""
    with database.write() as connection:
        task = _task(connection, number)
        if task.state.is_live or task.merged_into is not None:
            raise TaskError(f"Task {number} is {task.state} and cannot be reopened.")
        _set_state(connection, number, State.OPEN)
        note(connection, by, "task.reopen", f"task {number}")


def merge(database: Database, number: int, into: int, by: str) -> None:
    """Move all evidence of a task to another one and dismiss it.

    Raises TaskError when one of them is closed, or both are the same.
    """
    with database.write() as connection:
        task, target = _task(connection, number), _task(connection, into)
        if number == into:
            raise TaskError("A task cannot be merged into itself.")
        if not (task.state.is_live and target.state.is_live):
            raise TaskError("Only open tasks can be merged.")
        moved = update(evidence).where(evidence.c.task == number)
        connection.execute(moved.values(task=into))
        gone = update(tasks).where(tasks.c.id == number)
        connection.execute(gone.values(merged_into=into))
        _set_state(connection, number, State.DISMISSED)
        note(connection, by, "task.merge", f"task {number} into task {into}")


def counts(database: Database) -> dict[State, int]:
    """How many tasks are in each state, merged ones left out."""
    query = (
        select(tasks.c.state, func.count())
        .where(tasks.c.merged_into.is_(None))
        .group_by(tasks.c.state)
    )
    with database.read() as connection:
        found = {State(state): number for state, number in connection.execute(query).all()}
    return {state: found.get(state, 0) for state in State}


@dataclass(frozen=True, slots=True)
class ActedUpon:
    """What became of negative votes."""

    negative: int  # votes that say "this did not help"
    in_tasks: int  # of them, in a task that an editor accepted or closed as done
    fixed: int  # of them, in a task that is done

    @property
    def share(self) -> float | None:
        """Of the negative votes those that led to a change; None when there are none."""
        return self.fixed / self.negative if self.negative else None


def acted_upon(database: Database, since: datetime) -> ActedUpon:
    """How much of the feedback since then led to a change of the content."""
    negative = select(cast(votes.c.id, String)).where(
        votes.c.at >= since, votes.c.solved.is_(False)
    )
    of_votes = evidence.c.source == Source.VOTE.value
    joined = (
        select(func.count())
        .select_from(evidence.join(tasks))
        .where(of_votes, evidence.c.reference.in_(negative))
    )
    taken = [State.ACCEPTED.value, State.DONE.value]
    with database.read() as connection:
        return ActedUpon(
            connection.execute(select(func.count()).select_from(negative.subquery())).scalar_one(),
            connection.execute(joined.where(tasks.c.state.in_(taken))).scalar_one(),
            connection.execute(joined.where(tasks.c.state == State.DONE.value)).scalar_one(),
        )


def _withdraw(connection: Connection, source: Source, references: Any) -> None:
    live = select(tasks.c.id).where(tasks.c.state.in_(_LIVE))
    connection.execute(
        delete(evidence).where(
            evidence.c.source == source.value,
            evidence.c.reference.in_(references),
            evidence.c.task.in_(live),
        )
    )


def _place(connection: Connection, finding: Finding) -> int | None:
    """The task that this belongs to; None when a new one is to be opened."""
    subject = finding.subject
    if finding.task is not None:
        return _target(connection, finding.task, subject.kind is TaskKind.QUESTION)
    same = select(tasks.c.id).where(
        tasks.c.kind == subject.kind.value,
        tasks.c.document == subject.document,
        tasks.c.locale == subject.locale,
        tasks.c.title == subject.title,
    )
    if subject.kind is not TaskKind.QUESTION:
        same = same.where(tasks.c.state.in_(_LIVE))
    return connection.execute(same.order_by(tasks.c.id.desc()).limit(1)).scalar()


def _target(connection: Connection, number: int, may_be_done: bool) -> int | None:
    """Where evidence of a task goes: into what it was merged into, not into one that is done."""
    for _ in range(_MERGES):
        row = connection.execute(
            select(tasks.c.state, tasks.c.merged_into).where(tasks.c.id == number)
        ).one_or_none()
        if row is None or (row.state == State.DONE.value and not may_be_done):
            return None
        if row.merged_into is None:
            return number
        number = row.merged_into
    return None


def _open(connection: Connection, subject: Subject) -> int:
    now = datetime.now(UTC)
    row = {**asdict(subject), "kind": subject.kind.value, "state": State.OPEN.value}
    opened = insert(tasks).values(**row, opened=now, changed=now, fixed_by="").returning(tasks.c.id)
    number: int = connection.execute(opened).scalar_one()
    return number


def _row(number: int, one: Evidence) -> dict[str, object]:
    return {**asdict(one), "source": one.source.value, "task": number}


def _set_state(connection: Connection, number: int, state: State) -> None:
    changed = update(tasks).where(tasks.c.id == number)
    connection.execute(changed.values(state=state.value, changed=datetime.now(UTC)))


def _plain_commit(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,63}", text):
        raise TaskError(f"{text[:80]!r} does not look like the name of a commit.")
    return text


def _task(connection: Connection, number: int) -> Task:
    row = connection.execute(select(tasks).where(tasks.c.id == number)).mappings().one_or_none()
    if row is None:
        raise TaskError(f"There is no task {number}.")
    return _tasks(connection, [row])[0]


def _tasks(connection: Connection, rows: Sequence[Any]) -> list[Task]:
    """Tasks of these rows, with their evidence."""
    by_task: dict[int, list[Evidence]] = defaultdict(list)
    query = select(evidence).order_by(evidence.c.at, evidence.c.id)
    numbers = [row["id"] for row in rows]
    for start in range(0, len(numbers), IDS):
        part = query.where(evidence.c.task.in_(numbers[start : start + IDS]))
        for row in connection.execute(part).mappings():
            one = Evidence(Source(row["source"]), row["reference"], row["visitor"], row["at"])
            by_task[row["task"]].append(one)
    return [_read(row, tuple(by_task[row["id"]])) for row in rows]


def _subject(row: Any) -> Subject:
    about = ("document", "locale", "title", "team", "phase")
    return Subject(kind=TaskKind(row["kind"]), **{name: row[name] for name in about})


def _read(row: Any, found: tuple[Evidence, ...]) -> Task:
    kept = ("id", "opened", "changed", "merged_into", "fixed_by")
    return Task(
        subject=_subject(row),
        state=State(row["state"]),
        evidence=found,
        **{name: row[name] for name in kept},
    )
