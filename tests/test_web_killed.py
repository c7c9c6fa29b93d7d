"""Votes and contacts that were acknowledged survive a server that is killed again and again."""

import http.client
import itertools
import json
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from centers import Markup, client
from fakes import FakeEncoder
from serving import ROOT, free_port

from indexer.build import build_index
from kb.settings import Settings
from kb.store.cases import conversation
from kb.store.database import Database, is_intact
from kb.store.feedback import votes_since

KILLS = int(os.environ.get("KB_TEST_KILLS", "500"))
CLIENTS = 2  # of each kind
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_log = logging.getLogger(__name__)
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class Writers:
    """Clients that vote and clients that write to the team, all the time, each with other words."""

    def __init__(self, port: int, token: str) -> None:
        self.voted: set[str] = set()  # comments
        self.written: dict[str, str] = {}  # case number: message
        self._server, self._token = f"http://127.0.0.1:{port}", token
        self._numbers = itertools.count()
        self._done = threading.Event()
        kinds = (self._vote, self._write) * CLIENTS
        self._threads = [threading.Thread(target=self._run, args=(kind,)) for kind in kinds]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def acknowledged(self) -> tuple[int, int]:
        return len(self.voted), len(self.written)

    def _run(self, write: Callable[[str], None]) -> None:
        while not self._done.is_set():
            try:
                write(_words(next(self._numbers)))
            except (OSError, http.client.HTTPException):  # also half a reply
                time.sleep(0.01)  # nobody is there at the moment

    def _vote(self, words: str) -> None:
        said = {"about": self._token, "solved": "no", "fragment": "1", "comment": words}
        self._send("/en/feedback", FORM, urllib.parse.urlencode(said), words)
        self.voted.add(words)

    def _write(self, words: str) -> None:
        said = {"message": words, "email": "kim@example.org", "locale": "en"}
        reply = self._send("/api/v1/contacts", JSON, json.dumps(said), words)
        self.written[json.loads(reply)["number"]] = words

    def _send(self, path: str, form: str, body: str, words: str) -> bytes:
        """Raises OSError (also for an answer that refuses) or HTTPException."""
        headers = {"User-Agent": f"Mozilla/5.0 {words}", "Content-Type": form}
        request = urllib.request.Request(self._server + path, body.encode(), headers)
        with urllib.request.urlopen(request, timeout=5) as reply:
            return bytes(reply.read())


def _words(number: int) -> str:
    """A text of its own for each number, without digits: long numbers are masked in comments."""
    return "said " + "".join("abcdefghij"[int(digit)] for digit in str(number))


@pytest.mark.trial
def test_nothing_acknowledged_is_lost_by_kills(tmp_path: Path, encoder: FakeEncoder) -> None:
    content = tmp_path / "content" / "en" / "articles"
    content.mkdir(parents=True)
    (content / "lamp.md").write_text("# Lamp\n\nPress the button.\n")
    build_index(tmp_path / "content", tmp_path / "data" / "index", encoder)
    data, key = tmp_path / "data", "a key for this trial only"
    asked = client(data / "index", encoder, secret_key=key, records=data)
    page = asked.get("/en/articles/lamp")
    token = Markup(page.text).all("input", name="about")[0]["value"]
    port, chance = free_port(), random.Random(7)
    environment = {**os.environ, "KB_SECRET_KEY": key}
    environment |= {"KB_RATE_LIMIT": "0", "KB_CONTACTS_PER_HOUR": "0"}
    command = [sys.executable, "-m", "web.cli", "serve", "--port", str(port)]
    command += ["--data", str(data)]
    with Writers(port, token) as writers:
        for _ in range(KILLS):
            votes, contacts = writers.acknowledged()
            server = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                start_new_session=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                if len(writers.voted) > votes and len(writers.written) > contacts:
                    break
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.3))
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(30)
    database = Database.in_folder(Settings(data=data).data)
    comments = {vote.comment for vote in votes_since(database, LONG_AGO)}
    lost = {number for number in writers.written if not _is_kept(database, number, writers.written)}
    _log.info("%d kills, %d votes and %d contacts", KILLS, *writers.acknowledged())
    assert min(writers.acknowledged()) > KILLS
    assert writers.voted - comments == set()
    assert lost == set()
    assert is_intact(database)
    database.close()


def _is_kept(database: Database, number: str, written: dict[str, str]) -> bool:
    kept = conversation(database, number)
    return kept is not None and kept.messages[0].text == written[number]
