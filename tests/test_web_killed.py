"""Votes that were acknowledged survive a server that is killed again and again."""

import http.client
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from centers import Markup, client
from fakes import FakeEncoder
from records import is_intact
from serving import ROOT, free_port

from indexer.build import build_index
from kb.settings import Settings
from kb.store.database import Database
from kb.store.feedback import votes_since

KILLS = int(os.environ.get("KB_TEST_KILLS", "500"))
CLIENTS = 4
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Voters:
    """Clients that vote all the time, each vote with a comment of its own."""

    def __init__(self, port: int, token: str) -> None:
        self.acknowledged: set[str] = set()
        self._address = f"http://127.0.0.1:{port}/en/feedback"
        self._token = token
        self._numbers = itertools.count()
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._vote) for _ in range(CLIENTS)]

    def __enter__(self) -> "Voters":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _vote(self) -> None:
        while not self._done.is_set():
            comment = f"vote {next(self._numbers)}"
            said = {"about": self._token, "solved": "no", "fragment": "1", "comment": comment}
            request = urllib.request.Request(
                self._address,
                urllib.parse.urlencode(said).encode(),
                {"User-Agent": f"Mozilla/5.0 {comment}"},
            )
            try:
                with urllib.request.urlopen(request, timeout=5) as reply:
                    assert reply.status == 200
                    reply.read()
            except (OSError, http.client.HTTPException):  # also half a reply
                time.sleep(0.01)  # nobody is there at the moment
            else:
                self.acknowledged.add(comment)


@pytest.mark.trial
def test_no_acknowledged_vote_is_lost_by_kills(tmp_path: Path, encoder: FakeEncoder) -> None:
    content = tmp_path / "content" / "en" / "articles"
    content.mkdir(parents=True)
    (content / "lamp.md").write_text("# Lamp\n\nPress the button.\n")
    build_index(tmp_path / "content", tmp_path / "data" / "index", encoder)
    options = {"secret_key": "a key for this trial only", "records": tmp_path / "data"}
    page = client(tmp_path / "data" / "index", encoder, **options).get("/en/articles/lamp")
    token = Markup(page.text).all("input", name="about")[0]["value"]
    port, chance = free_port(), random.Random(7)
    environment = {**os.environ, "KB_SECRET_KEY": options["secret_key"], "KB_RATE_LIMIT": "0"}
    command = [sys.executable, "-m", "web.cli", "serve", "--port", str(port)]
    command += ["--data", str(tmp_path / "data")]
    with Voters(port, token) as voters:
        for _ in range(KILLS):
            before = len(voters.acknowledged)
            server = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                start_new_session=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            deadline = time.monotonic() + 60
            while len(voters.acknowledged) == before and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.3))
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(30)
    database = Database.in_folder(Settings(data=tmp_path / "data").data)
    kept = {vote.comment for vote in votes_since(database, LONG_AGO)}
    assert len(voters.acknowledged) > KILLS
    assert voters.acknowledged - kept == set()
    assert is_intact(database)
    database.close()
