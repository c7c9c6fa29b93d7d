"""What votes and messages to the teams cost those who search: periods without writers and with.

    python benchmarks/writers.py --data data --models data/models

`kb serve` with its default workers, the index of `--data`, and new records in a temporary folder.
Searching clients ask results pages; writing clients send messages and votes in turns. Each is a
process, goes on as fast as answers come (writers after a `--pause`), and opens a connection for
each request, as a proxy does. A message is searched for, to find its team: to a busy processor it
is one more question.
The first round warms up and does not count. Afterwards the records are asked for everything that
was acknowledged. Fails above the bars, with any 5xx, and when something acknowledged is missing.
"""

import http.client
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import click
import numpy as np
from load import serving
from questions import german_questions

from kb.contact_rules import clean_message
from kb.store.cases import conversation
from kb.store.database import Database, is_intact
from kb.store.feedback import votes_since

_BAR = 1.5  # 95th percentile of searches with writers ÷ without
_PATIENCE = 30  # seconds for one answer
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_UNLIMITED = {"KB_CONTACTS_PER_HOUR": "0"}  # all clients are one address


@dataclass
class Seen:
    """What clients saw."""

    milliseconds: list[float] = field(default_factory=list)  # of each answer to a search
    statuses: Counter[int] = field(default_factory=Counter)  # 0: no answer
    votes: set[str] = field(default_factory=set)  # comments of those that were acknowledged
    messages: dict[str, str] = field(default_factory=dict)  # what was written, by case number

    def add(self, other: "Seen") -> None:
        self.milliseconds += other.milliseconds
        self.statuses += other.statuses
        self.votes |= other.votes
        self.messages |= other.messages

    def percentiles(self) -> tuple[float, float, float]:
        p50, p95, p99 = np.percentile(self.milliseconds, (50, 95, 99))
        return float(p50), float(p95), float(p99)


class Client:
    """Asks one host, with a connection for each request."""

    def __init__(self, host: str) -> None:
        self._host = host

    def get(self, path: str) -> tuple[int, bytes]:
        return self._ask("GET", path)

    def post(self, path: str, **body: Any) -> tuple[int, bytes]:
        return self._ask("POST", path, json.dumps(body).encode())

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Status and body; 0 when no answer came."""
        connection = http.client.HTTPConnection(self._host, timeout=_PATIENCE)
        headers = {"User-Agent": "Mozilla/5.0"} | (
            {"Content-Type": "application/json"} if body else {}
        )
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()


def search(host: str, questions: list[str], until: float) -> Seen:
    """One searching client, until a moment of the monotonic clock."""
    client, seen = Client(host), Seen()
    asked = cycle(questions)
    while (started := time.monotonic()) < until:
        status, _ = client.get(f"/de/search?q={quote(next(asked))}")
        seen.milliseconds.append((time.monotonic() - started) * 1000)
        seen.statuses[status] += 1
    return seen


def write(
    host: str, name: str, token: str, questions: list[str], until: float, pause: float
) -> Seen:
    """One writing client: a message, a vote, a message …, with so many seconds after each."""
    client, seen = Client(host), Seen()
    asked = cycle(questions)
    for number in count():
        if time.monotonic() >= until:
            break
        if number % 2:
            comment = f"vote {number} of {name}"
            vote = {"token": token, "solved": False, "comment": comment, "visitor": comment}
            status, _ = client.post("/api/v1/feedback", **vote)
            seen.votes |= {comment} if status == 201 else set()
        else:
            text = next(asked)
            status, body = client.post(
                "/api/v1/contacts", message=text, email="kim@example.org", locale="de"
            )
            seen.messages |= {json.loads(body)["number"]: text} if status == 201 else {}
        seen.statuses[status] += 1
        time.sleep(pause)
    return seen


def feedback_token(host: str, questions: list[str]) -> str:
    """What votes need, of the first answer."""
    for question in questions:
        _, body = Client(host).get(f"/api/v1/answer?locale=de&q={quote(question)}")
        if token := json.loads(body).get("feedback_token"):
            return str(token)
    raise click.ClickException("no question has an answer to vote on")


@dataclass
class Load:
    """Clients of one server, in processes of their own."""

    pool: ProcessPoolExecutor
    host: str
    token: str
    questions: list[str]
    seconds: float
    searching: int
    writing: int
    pause: float

    def period(self, name: str, writers: bool) -> tuple[Seen, Seen]:
        """What searching and writing clients saw in one period."""
        until = time.monotonic() + self.seconds
        starts = self._starts()
        searches = [
            self.pool.submit(search, self.host, next(starts), until) for _ in range(self.searching)
        ]
        writes = [
            self.pool.submit(
                write, self.host, f"{name}.{n}", self.token, next(starts), until, self.pause
            )
            for n in range(self.writing if writers else 0)
        ]
        return together(one.result() for one in searches), together(one.result() for one in writes)

    def _starts(self) -> Iterator[list[str]]:
        """The questions from another one on for each client."""
        step = len(self.questions) // (self.searching + self.writing)
        for start in count(0, step):
            yield self.questions[start:] + self.questions[:start]


def together(all_seen: Iterable[Seen]) -> Seen:
    total = Seen()
    for one in all_seen:
        total.add(one)
    return total


def lost(folder: Path, seen: Seen) -> list[str]:
    """What was acknowledged and is not in the records."""
    database = Database.in_folder(folder)
    if not is_intact(database):
        raise click.ClickException("the records are damaged")
    missing = sorted(seen.votes - {vote.comment for vote in votes_since(database, _LONG_AGO)})
    for number, text in seen.messages.items():
        known = conversation(database, number)
        if known is None or known.case.contact.message != clean_message(text):
            missing.append(f"case {number}")
    database.close()
    return missing


def line(name: str, seen: Seen, seconds: float) -> str:
    p50, p95, p99 = seen.percentiles()
    rate = len(seen.milliseconds) / seconds
    return f"{name:16} p50 {p50:5.1f} ms, p95 {p95:5.1f} ms, p99 {p99:5.1f} ms, {rate:.0f} a second"


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), default="data")
@click.option("--models", type=click.Path(path_type=Path), default="data/models")
@click.option("--questions", "sets", type=click.Path(path_type=Path), default="../shared/eval")
@click.option("--seconds", default=20.0, show_default=True, help="Of one period.")
@click.option("--rounds", default=4, show_default=True, help="The first one warms up.")
@click.option("--searching", default=4, show_default=True, help="Clients.")
@click.option("--writing", default=4, show_default=True, help="Clients.")
@click.option("--pause", default=0.0, show_default=True, help="Seconds after each write.")
@click.option("--port", default=8127, show_default=True)
def main(
    data: Path,
    models: Path,
    sets: Path,
    seconds: float,
    rounds: int,
    searching: int,
    writing: int,
    pause: float,
    port: int,
) -> None:
    """Print percentiles of searches without writers and with them, and what was written."""
    questions = german_questions(sets)
    alone, beside, written = Seen(), Seen(), Seen()
    with tempfile.TemporaryDirectory() as name, ProcessPoolExecutor(searching + writing) as pool:
        folder = Path(name)
        (folder / "index").symlink_to((data / "index").resolve())
        with serving(folder, models.resolve(), port, **_UNLIMITED) as (address, _):
            host = urlsplit(address).netloc
            token = feedback_token(host, questions)
            load = Load(pool, host, token, questions, seconds, searching, writing, pause)
            for number in range(rounds):
                quiet, _ = load.period(f"{number}", writers=False)
                busy, wrote = load.period(f"{number}", writers=True)
                written.add(wrote)
                if number:
                    alone.add(quiet)
                    beside.add(busy)
        missing = lost(folder, written)
    counted = seconds * (rounds - 1)
    click.echo(line("without writers", alone, counted))
    click.echo(line("with writers", beside, counted))
    statuses = alone.statuses + beside.statuses + written.statuses
    click.echo(f"acknowledged: {len(written.votes)} votes, {len(written.messages)} messages")
    click.echo("statuses: " + ", ".join(f"{code}: {n}" for code, n in sorted(statuses.items())))
    ratio = beside.percentiles()[1] / alone.percentiles()[1]
    click.echo(f"p95 with writers ÷ without: {ratio:.2f}; lost: {len(missing)}")
    failed = [one for one in statuses if not 200 <= one < 300]
    if ratio > _BAR or missing or failed or not written.votes:
        click.echo(f"Missed: at most {_BAR}, only 2xx, nothing lost {missing[:5]}.", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
