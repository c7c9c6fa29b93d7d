"""`kb tasks`: content tasks on the command line."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from web.options import (
    content_option,
    data_option,
    models_option,
    opened_records,
    say,
    settings_from,
)

if TYPE_CHECKING:
    from kb.settings import Settings
    from kb.store.subscriptions import Letter
    from kb.tasks import Task
    from search.figures import Outcome
    from search.searcher import Searcher

_STATES = ("open", "accepted", "done", "dismissed", "all")
_KINDS = ("article", "gap", "question")
_NUMBER = click.IntRange(1, 2**31 - 1)


@click.group()
def tasks() -> None:
    """What feedback says should be written or mended."""


@tasks.command("list")
@click.option("--state", type=click.Choice(_STATES), help="Default: open and accepted ones.")
@click.option("--kind", type=click.Choice(_KINDS), help="Only tasks of this kind.")
@click.option("--team", default="", help="Only tasks of this team.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@data_option
def list_tasks(
    state: str | None, kind: str | None, team: str, as_json: bool, **options: Any
) -> None:
    """List tasks, the weightiest first; unconfirmed questions only with --kind question."""
    from kb.store import tasks as store
    from kb.tasks import State, TaskKind, by_weight
    from web.printing import print_json

    now = datetime.now(UTC)
    states = [one for one in State if (one.is_live if state is None else one == state)]
    with opened_records(**options) as database:
        found = store.list_tasks(
            database,
            states=[] if state == "all" else states,
            kind=TaskKind(kind) if kind else None,
            team=team,
        )
    ordered = by_weight((task for task in found if kind or task.is_ripe), now)
    if as_json:
        return print_json({"tasks": [task_json(task, now) for task in ordered]})
    for task in ordered:
        click.echo(_line(task, now))
    if not ordered:
        click.echo("No tasks.")


@tasks.command("show")
@click.argument("number", type=_NUMBER)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@data_option
def show(number: int, as_json: bool, **options: Any) -> None:
    """Show one task with all its evidence."""
    from kb.store import tasks as store
    from kb.store.feedback import searches_of, votes_of
    from kb.tasks import Source
    from web.printing import print_json

    now = datetime.now(UTC)
    with opened_records(**options) as database:
        task = store.find_task(database, number)
        of_votes = (Source.VOTE, Source.CONFIRMATION)
        votes = votes_of(
            database, [int(e.reference) for e in task.evidence if e.source in of_votes]
        )
        asked = searches_of(
            database, [e.reference for e in task.evidence if e.source is Source.SEARCH]
        )
    if as_json:
        return print_json(task_json(task, now))
    click.echo(_line(task, now))
    for one in task.evidence:
        vote = votes.get(int(one.reference)) if one.source in of_votes else None
        search = asked.get(one.reference)
        words = (vote.comment or vote.reason or "") if vote else search.question if search else ""
        click.echo(f"  {one.at:%Y-%m-%d}  {one.source:12} {one.reference:34} {words}".rstrip())


@tasks.command("accept")
@click.argument("number", type=_NUMBER)
@data_option
def accept(number: int, **options: Any) -> None:
    """Take a task on. A question then waits for `kb tasks apply`."""
    from kb.staff import COMMAND_LINE
    from kb.store import tasks as store

    with opened_records(**options) as database:
        store.accept(database, number, COMMAND_LINE)
    click.echo(f"Task {number} is accepted.")


@tasks.command("merge")
@click.argument("number", type=_NUMBER)
@click.argument("into", type=_NUMBER)
@data_option
def merge(number: int, into: int, **options: Any) -> None:
    """Move the evidence of task NUMBER to task INTO and dismiss it."""
    from kb.staff import COMMAND_LINE
    from kb.store import tasks as store

    with opened_records(**options) as database:
        store.merge(database, number, into, COMMAND_LINE)
    click.echo(f"Task {number} is merged into task {into}.")


@tasks.command("close")
@click.argument("number", type=_NUMBER)
@click.option("--commit", default="", help="Name of the commit that fixed it.")
@click.option("--dismiss", is_flag=True, help="It is not worth doing; nobody is told.")
@data_option
def close(number: int, commit: str, dismiss: bool, **options: Any) -> None:
    """Close a task as done; who complained and wants to hear of it gets an e-mail."""
    from kb.staff import COMMAND_LINE
    from kb.store import tasks as store
    from kb.tasks import State

    state = State.DISMISSED if dismiss else State.DONE
    letter = _letter(settings_from(**options))
    with opened_records(**options) as database:
        told = store.close(database, number, COMMAND_LINE, state, commit, letter)
    click.echo(f"Task {number} is {state}. E-mails queued: {told}.")


@tasks.command("refresh")
@click.option("--no-eval", is_flag=True, help="Do not ask the judgments.")
@content_option
@data_option
@models_option
def refresh(no_eval: bool, **options: Any) -> None:
    """Look at votes, searches and judgments, and open tasks for what they say."""
    from web.progress import progress
    from web.refreshing import refresh as look

    settings = settings_from(**options)
    with opened_records(**options) as database, progress() as bar:
        searcher = _searcher(settings)
        try:
            judged = () if no_eval else _judged(settings, searcher, bar)
            done = look(database, searcher, datetime.now(UTC), judged)
        finally:
            searcher.close()
    click.echo(f"Tasks opened: {done.opened}. Evidence looked at: {done.looked_at}.")


@tasks.command("apply")
@click.option("--dry-run", is_flag=True, help="Say what would be written.")
@content_option
@data_option
def apply(dry_run: bool, **options: Any) -> None:
    """Write accepted questions into the front matter of their articles, for review and commit."""
    from indexer.add_question import add_to_file
    from kb.errors import ContentError
    from kb.staff import COMMAND_LINE
    from kb.store import tasks as store
    from kb.tasks import State, TaskKind

    settings = settings_from(**options)
    failed = 0
    with opened_records(**options) as database:
        waiting = store.list_tasks(database, states=[State.ACCEPTED], kind=TaskKind.QUESTION)
        searcher = _searcher(settings) if waiting else None
        for task in waiting:
            try:
                source = _source(searcher, task)
                if not dry_run:
                    add_to_file(settings.content, source, task.subject.title)
                    store.close(database, task.id, COMMAND_LINE, State.DONE)
            except ContentError as error:
                failed += 1
                say(f"Task {task.id}: {error}")
            else:
                click.echo(f"{source}: {task.subject.title}")
    if failed:
        raise click.exceptions.Exit(1)
    if not waiting:
        click.echo("No accepted question waits.")


def task_json(task: "Task", now: datetime) -> dict[str, object]:
    """A task as JSON, in the words of docs/operating.md."""
    return {
        "id": task.id,
        "kind": task.subject.kind.value,
        "document": task.subject.document or None,
        "locale": task.subject.locale or None,
        "title": task.subject.title,
        "team": task.subject.team,
        "phase": task.subject.phase,
        "state": task.state.value,
        "weight": round(task.weight(now), 3),
        "opened": task.opened.isoformat(),
        "changed": task.changed.isoformat(),
        "merged_into": task.merged_into,
        "fixed_by": task.fixed_by or None,
        "evidence": [
            {"source": one.source.value, "reference": one.reference, "at": one.at.isoformat()}
            for one in task.evidence
        ],
    }


def _line(task: "Task", now: datetime) -> str:
    subject = task.subject
    about = " ".join(filter(None, (subject.document, subject.locale, subject.title)))
    return (
        f"#{task.id:<5} {task.weight(now):6.1f}  {task.state:9} {subject.kind:8} "
        f"{subject.team:12} {task.age(now):4} d  {about}"
    )


def _letter(settings: "Settings") -> "Letter | None":
    """What writes the mails; None where no link could lead here."""
    from kb.errors import SearchIndexError
    from web.notices import Notices

    if not settings.public_url:
        return None
    try:
        searcher = _searcher(settings, encodes=False)
    except SearchIndexError:
        searcher = None
    return Notices(settings).letter(searcher)


def _searcher(settings: "Settings", encodes: bool = True) -> "Searcher":
    from search.searcher import Searcher
    from web.fitting_encoder import fitting_encoder

    encoder = fitting_encoder(settings, say) if encodes else None
    return Searcher.open(settings.index_folder, encoder)


def _judged(settings: "Settings", searcher: "Searcher", bar: Any) -> "tuple[Outcome, ...]":
    """What the judgments say; nothing where there are none, or no model to measure with."""
    from kb.errors import JudgmentsError
    from kb.judgments import read_judgments
    from search.evaluation import evaluate

    if searcher.degraded:
        return ()
    try:
        judgments = read_judgments(settings.content)
    except JudgmentsError as error:
        say(f"Without judgments: {error}")
        return ()
    return tuple(evaluate(searcher, judgments, bar).outcomes)


def _source(searcher: "Searcher | None", task: "Task") -> str:
    """The file of the article, below the content folder."""
    from kb.documents import Kind
    from kb.errors import ContentError

    kind, _, name = task.subject.document.partition("/")
    number = searcher.library.find_id(name, task.subject.locale, Kind(kind)) if searcher else None
    if searcher is None or number is None:
        raise ContentError(f"{task.subject.document} is not published in {task.subject.locale}.")
    return searcher.library.document(number).source
