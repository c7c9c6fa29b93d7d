"""`kb deliver`, and a served help center that delivers by itself."""

import re
import time
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from postbox import NEW, Hook, Mailbox, mail_server, waiting_jobs, web_server
from serving import free_port, served

from kb.delivery.jobs import Way
from kb.errors import SettingsError
from kb.settings import Settings, load_settings
from kb.store.cases import cases_of, open_case
from kb.store.database import Database
from kb.store.migrate import migrate
from kb.store.outbox import claim_job, job_failed
from web.cli import main

ALL = frozenset(Way)


@pytest.fixture
def operator(built_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Settings of an installation with both ways; returns what runs its commands."""
    port, hook_port = free_port(), free_port()
    (tmp_path / "index").symlink_to(built_index)
    for name, value in {
        "KB_DATA": tmp_path,
        "KB_SMTP_HOST": "127.0.0.1",
        "KB_SMTP_PORT": port,
        "KB_SMTP_SECURITY": "none",
        "KB_SMTP_SENDER": "help@brise-kette.example",
        "KB_WEBHOOK_URL": f"http://127.0.0.1:{hook_port}/",
        "KB_WEBHOOK_SECRET": "a webhook secret",
    }.items():
        monkeypatch.setenv(name, str(value))
    database = Database.in_folder(tmp_path)
    migrate(database)
    yield database, port, hook_port
    database.close()


def deliver(*options: str) -> Result:
    return CliRunner().invoke(main, ["deliver", *options])


def test_what_waits_is_delivered_once(operator: Any) -> None:
    database, port, hook_port = operator
    open_case(database, b"k" * 20, NEW, ALL)
    box, hook = Mailbox(), Hook()
    failed = deliver()
    assert failed.exit_code == 1
    assert failed.output == "0 delivered, 3 failed, 0 given up.\n"
    revive(database)
    with mail_server(port, box), web_server(hook_port, hook):
        done = deliver()
        assert (done.exit_code, done.output) == (0, "3 delivered, 0 failed, 0 given up.\n")
        assert deliver().output == "0 delivered, 0 failed, 0 given up.\n"
    assert (len(box.mails), len(hook.posts)) == (2, 1)


def revive(database: Database) -> None:
    from sqlalchemy import update

    from kb.store.schema import outbox

    with database.write() as connection:
        connection.execute(update(outbox).values(due=datetime.now(UTC)))


def test_what_was_given_up_is_listed_and_tried_again(operator: Any) -> None:
    database, port, hook_port = operator
    number = open_case(database, b"k" * 20, NEW, frozenset({Way.WEBHOOK}))
    job = claim_job(database, ALL, datetime.now(UTC))
    assert job
    job_failed(database, job, "The webhook answers 500.", None)
    listed = deliver("--dead")
    assert listed.exit_code == 0
    assert f"case {number}, created by webhook: The webhook answers 500." in listed.output
    assert "kim@" not in listed.output
    assert deliver().output.startswith("0 delivered")
    with web_server(hook_port, Hook()):
        assert deliver("--retry").output == "1 delivered, 0 failed, 0 given up.\n"
    assert "0 given up." in deliver("--dead").output


def test_without_a_way_or_records_the_sentence_says_what_to_do(
    operator: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "start `kb serve` once" in deliver("--data", str(empty)).output
    monkeypatch.delenv("KB_SMTP_HOST")
    monkeypatch.delenv("KB_WEBHOOK_URL")
    nothing = deliver()
    assert nothing.exit_code == 1
    assert "set smtp_host or webhook_url" in nothing.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"smtp_host": "mail.example"}, "smtp_host needs smtp_sender"),
        ({"smtp_sender": "Help <help@example.org>"}, "must be an e-mail address"),
        ({"smtp_sender": "a@b.org\nBcc: c@d.org"}, "must be an e-mail address"),
        ({"smtp_user": "kb"}, "belong together"),
        (
            {"smtp_user": "kb", "smtp_password": "geheim", "smtp_security": "none"},
            "would travel in the open",
        ),
        ({"smtp_security": "tls"}, "smtp_security"),
        ({"webhook_url": "https://example.org/"}, "webhook_url needs webhook_secret"),
        ({"webhook_url": "ftp://example.org/", "webhook_secret": "x" * 20}, "must begin with"),
        ({"webhook_url": "https://u:p@example.org/", "webhook_secret": "x" * 20}, "must begin"),
        ({"webhook_secret": "short"}, "at least 16 characters"),
    ],
)
def test_settings_that_could_not_deliver_are_refused(options: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as raised:
        load_settings(options)
    assert "geheim" not in str(raised.value)


def test_secrets_are_not_shown() -> None:
    settings = Settings(smtp_user="kb", smtp_password="geheim", webhook_secret="auch geheim genug")
    assert "geheim" not in repr(settings)


def test_a_server_delivers_by_itself(operator: Any, tmp_path: Path) -> None:
    database, port, hook_port = operator
    box, hook = Mailbox(), Hook()
    with (
        mail_server(port, box),
        web_server(hook_port, hook),
        served("--data", tmp_path, "--workers", "2") as (http, _, _),
    ):
        address = f"http://127.0.0.1:{http}/de/contact/write"
        with urllib.request.urlopen(address, timeout=20) as page:
            token = re.search(r'name="form" value="([^"]+)"', page.read().decode())
        assert token
        fields = {
            "form": token[1],
            "message": "Passwort vergessen",
            "email": "kim@example.org",
            "step": "send",
        }
        data = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(address, data, timeout=20) as page:
            assert "Gesendet." in page.read().decode()
        deadline = time.monotonic() + 30
        while waiting_jobs(database) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert (len(box.mails), len(hook.posts)) == (2, 1)
    (case,) = cases_of(database)
    assert hook.bodies()[0]["data"]["number"] == case.number
