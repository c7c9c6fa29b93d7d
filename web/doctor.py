"""What an operator looks at first when something is wrong, part by part.

Content is not among it: `kb check` is for editors.
"""

import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import httpx

from kb.delivery.mail import try_mail_server
from kb.errors import KbError, ModelMissing
from kb.secret_key import key_path, secret_key
from kb.settings import Settings
from kb.staff import Role
from kb.store.database import DATABASE_FILE, Database, is_current, is_intact
from kb.store.outbox import dead_jobs, waiting_jobs
from kb.store.staff import members
from search.encoder import find_model, open_encoder
from search.searcher import Searcher
from web.addresses import in_address
from web.records import records_database

_ROOM = 2  # times the published index: `kb index` builds aside
_LEAST_ROOM = 200_000_000  # bytes
_PATIENCE = 5  # seconds for a server to answer
_OTHERS_MAY_READ = stat.S_IRGRP | stat.S_IROTH


class State(StrEnum):
    OK = "ok"
    NOTE = "note"  # works, and somebody may want to know
    WRONG = "wrong"  # with the way out


@dataclass(frozen=True, slots=True)
class Finding:
    part: str
    state: State
    sentence: str


Found = Iterator[tuple[State, str]]


def findings(settings: Settings) -> Iterator[Finding]:
    """Everything that was looked at, as it is found. Reads and connects; changes nothing."""
    parts: dict[str, Callable[[Settings], Found]] = {
        "model": _model,
        "index": _index,
        "records": _records,
        "secret key": _secret_key,
        "disk": _disk,
        "e-mail": _email,
        "server": _server,
    }
    for part, look in parts.items():
        try:
            for state, sentence in look(settings):
                yield Finding(part, state, sentence)
        except KbError as error:
            yield Finding(part, State.WRONG, str(error))
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            yield Finding(part, State.WRONG, f"{error.strerror or error}{where}.")


def _model(settings: Settings) -> Found:
    try:
        yield State.OK, f"{find_model(settings.models_folder).name} in {settings.models_folder}."
    except ModelMissing as error:
        yield State.NOTE, f"{error} Until then words alone are searched."


def _index(settings: Settings) -> Found:
    """Opening it compares every file with its checksum."""
    encoder = open_encoder(settings.models_folder)
    with closing(Searcher.open(settings.index_folder, encoder)) as searcher:
        whole = f"{searcher.generation}, {searcher.passages} passages, made {searcher.created}."
        if searcher.degraded:
            yield State.NOTE, f"{whole} Without vectors: words alone are searched; run `kb index`."
        else:
            yield State.OK, whole


def _records(settings: Settings) -> Found:
    path = settings.data / DATABASE_FILE
    if settings.database_url is None and not path.exists():  # looking would make it
        yield State.NOTE, f"{path} is not there yet; `kb serve` makes it."
        return
    if settings.database_url is None:
        yield from _exposed(path)
    with closing(records_database(settings)) as database:
        if not is_current(database):
            yield State.NOTE, f"{database.name} is of another version; `kb serve` brings it up."
        elif not is_intact(database):
            yield State.WRONG, f"{database.name} is damaged; `kb restore` a backup."
        else:
            yield State.OK, f"{database.name} is whole."
            yield from _people_and_letters(database)


def _people_and_letters(database: Database) -> Found:
    admins = [one for one in members(database) if one.role is Role.ADMIN and not one.disabled]
    if not admins:
        yield State.NOTE, "Nobody may sign in as admin; `kb user add EMAIL --role admin`."
    if dead := len(dead_jobs(database)):
        yield State.WRONG, f"{dead} messages were given up; `kb deliver --dead` says why."
    if waiting := waiting_jobs(database):
        yield State.NOTE, f"{waiting} messages wait to be delivered."


def _secret_key(settings: Settings) -> Found:
    path = key_path(settings)
    if not (settings.secret_key or settings.secret_key_file or path.exists()):
        yield State.NOTE, f"{path} is not there yet; `kb index` or `kb serve` makes it."
        return
    secret_key(settings)
    if settings.secret_key:
        yield State.OK, "It is a setting."
    else:
        yield State.OK, f"{path} is there."
        yield from _exposed(path)


def _exposed(path: Path) -> Found:
    if path.stat().st_mode & _OTHERS_MAY_READ:
        yield State.WRONG, f"Others on this machine may read {path}; run `chmod 600 {path}`."


def _disk(settings: Settings) -> Found:
    index = sum(path.stat().st_size for path in settings.index_folder.rglob("*") if path.is_file())
    needed = max(_LEAST_ROOM, _ROOM * index)
    free = shutil.disk_usage(settings.data).free
    room = f"{free / 1e9:.1f} GB free where {settings.data} is"
    if free < needed:
        yield State.WRONG, f"{room}; `kb index` may need {needed / 1e9:.1f} GB."
    else:
        yield State.OK, f"{room}."


def _email(settings: Settings) -> Found:
    if settings.smtp_host is None:
        yield State.NOTE, "No e-mail is sent: smtp_host is not set."
        return
    try_mail_server(settings)
    yield State.OK, f"{settings.smtp_host} takes e-mail from {settings.smtp_sender}."


def _server(settings: Settings) -> Found:
    """Asked directly: a proxy of the environment would speak for itself."""
    address = f"http://{in_address(settings.host)}:{settings.port}/readyz"
    try:
        reply = httpx.get(address, timeout=_PATIENCE, trust_env=False)
    except httpx.NetworkError:
        yield State.NOTE, f"Nobody answers at {address}; start it with `kb serve`."
    except httpx.HTTPError as error:
        trouble = type(error).__name__
        yield (
            State.WRONG,
            f"No help center answers at {address} ({trouble}); see what has the port.",
        )
    else:
        if reply.is_success:
            yield State.OK, f"{address} answers."
        else:
            yield State.WRONG, f"{address} answers {reply.status_code}; see the server's log."
