"""Records that come back, and what is forgotten in time, without anybody doing something."""

import itertools
import logging
import re
import subprocess
import threading
import time
import urllib.request
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from centers import Markup, application
from fakes import FakeEncoder
from flask import Flask
from records import Postgres
from serving import get, served
from sqlalchemy import text
from test_web_serve import stopped

from kb.staff import SERVER
from kb.store.database import DATABASE_FILE, Database
from kb.store.feedback import votes_since
from kb.store.migrate import migrate
from kb.store.schema import VERSION
from kb.store.staff import actions
from web.background import Background
from web.upkeep import Upkeep

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_PATIENCE = 60  # seconds until a server notices


def without_records(index: Path, folder: Path) -> tuple[Flask, Upkeep]:
    """An application whose database is to be in this folder."""
    url = f"sqlite:///{folder / DATABASE_FILE}"
    app = application(index, FakeEncoder(), database_url=url, secret_key="k" * 20)
    return app, Upkeep(app, app.config["SETTINGS"])


def token_on(page: str) -> str:
    """What a vote needs, on the page of an article; "" where nobody is asked."""
    found = Markup(page).all("input", name="about")
    return found[0]["value"] if found else ""


def article(index: Path) -> str:
    return next(iter(re.findall(r"<loc>[^<]*?(/de/articles/[^<]+)", sitemap(index))))


def sitemap(index: Path) -> str:
    return application(index, FakeEncoder()).test_client().get("/sitemap.xml").text


def test_votes_are_asked_for_again_once_the_folder_can_be_written(
    built_index: Path, tmp_path: Path
) -> None:
    folder, page = tmp_path / "later", article(built_index)
    app, upkeep = without_records(built_index, folder)
    browser = app.test_client()
    before = browser.get(page, headers=PERSON)
    assert token_on(before.text) == ""
    assert browser.get("/readyz").status_code == 200
    assert browser.get("/de/contact/write").status_code == 503
    assert browser.get("/admin/login").status_code == 200
    folder.mkdir()
    upkeep.look()
    kept = {**PERSON, "If-None-Match": before.headers["ETag"]}
    after = browser.get(page, headers=kept)  # what the browser kept asks for nothing
    said = {"about": token_on(after.text), "solved": "yes"}
    assert browser.post("/de/feedback", data=said, headers=PERSON).status_code == 303
    database = Database.in_folder(folder)
    assert [vote.solved for vote in votes_since(database, LONG_AGO)] == [True]
    database.close()
    assert browser.get("/de/contact/write").status_code == 200


def test_trouble_and_recovery_are_one_line_each(
    built_index: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database.in_folder(tmp_path)
    migrate(database)
    _claim_version(database, "9999")
    _, upkeep = without_records(built_index, tmp_path)
    background = Background("upkeep", upkeep.look)
    with caplog.at_level(logging.INFO, "web"):
        for _ in range(3):
            background._look()
        _claim_version(database, VERSION)
        for _ in range(3):
            background._look()
    database.close()
    trouble, back, forgotten = [one.getMessage() for one in caplog.records]
    assert trouble.startswith("upkeep: The records in") and "newer version" in trouble
    assert back.startswith("the records can be used")
    assert forgotten.startswith("forgotten: questions 0,")


def _claim_version(database: Database, version: str) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def test_what_nobody_foresaw_ends_no_background(caplog: pytest.LogCaptureFixture) -> None:
    done, looks = threading.Event(), itertools.count()

    def look() -> None:
        if next(looks) < 2:
            raise ValueError("nobody foresaw this")
        done.set()

    background = Background("trial", look, every=0.01)
    background.start()
    assert done.wait(_PATIENCE)
    background.stop()
    assert [one.getMessage() for one in caplog.records] == ["trial: nobody foresaw this"]
    assert caplog.records[0].exc_info


def test_an_idle_server_destroys_yesterdays_salt(
    built_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, upkeep = without_records(built_index, tmp_path)
    upkeep.look()
    records = app.extensions["records"]
    records.visitors.name("127.0.0.1", "browser")
    assert _salts(records.database) == [datetime.now(UTC).date()]
    upkeep.look()
    assert _salts(records.database) == [datetime.now(UTC).date()]
    monkeypatch.setattr("web.upkeep.datetime", _Tomorrow)
    upkeep.look()
    assert _salts(records.database) == []
    assert records.visitors._today is None
    assert [line.staff for line in actions(records.database, 10)] == [SERVER, SERVER]


class _Tomorrow(datetime):
    @classmethod
    def now(cls, tz: object = None) -> datetime:
        return datetime.now(UTC) + timedelta(days=1)


def _salts(database: Database) -> list[date]:
    with database.read() as connection:
        days = connection.execute(text("SELECT day FROM salts")).scalars()
        return [date.fromisoformat(str(day)) for day in days]


def test_a_server_whose_postgresql_starts_later_serves_and_then_takes_votes(
    built_index: Path, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    server, page = Postgres(tmp_path_factory.mktemp("late")), article(built_index)
    try:
        server.prepare()
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"no PostgreSQL could be started: {error}")
    (tmp_path / "index").symlink_to(built_index)
    with served("--data", tmp_path, "--workers", "1", KB_DATABASE_URL=server.url) as (
        port,
        process,
        _,
    ):
        assert get(port, "/readyz")["generation"]
        assert token_on(_page(port, page)) == ""
        server.start()
        try:
            deadline = time.monotonic() + _PATIENCE
            while not token_on(_page(port, page)):
                assert time.monotonic() < deadline
                time.sleep(0.2)
            said = stopped(process)
        finally:
            server.stop()
    assert said.count("upkeep: The records in") == 1
    assert said.count("the records can be used") == 1


def _page(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as reply:
        return str(reply.read().decode())
