"""`kb doctor`: says what is wrong with an installation, and the way out."""

import socket
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from postbox import Mailbox, mail_server
from serving import free_port
from test_store_cases import KEY, NEW

from kb.delivery.jobs import Way
from kb.secret_key import KEY_FILE
from kb.staff import Role
from kb.store.cases import open_case
from kb.store.database import DATABASE_FILE, Database
from kb.store.migrate import migrate
from kb.store.staff import add_member
from web.cli import main


@pytest.fixture(autouse=True)
def nobody_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_PORT", str(free_port()))


@pytest.fixture
def data(tmp_path: Path, built_index: Path) -> Path:
    """A data folder with the example's index, records with an admin, and a key."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "index").symlink_to(built_index)
    database = Database.in_folder(data)
    migrate(database)
    add_member(database, "kim@example.org", Role.ADMIN, "ein recht langes Passwort")
    database.close()
    key = data / KEY_FILE
    key.write_text("k" * 64)
    key.chmod(0o600)
    return data


def doctor(data: Path) -> Result:
    return CliRunner().invoke(main, ["doctor", "--data", str(data)])


def line_of(result: Result, part: str) -> str:
    [line] = [line for line in result.output.splitlines() if line[6:18].strip() == part]
    return line


def test_a_sound_installation_has_nothing_wrong_and_is_left_as_it_is(data: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in data.iterdir()}
    result = doctor(data)
    assert result.exit_code == 0, result.output
    assert "wrong" not in result.output
    assert line_of(result, "index").startswith(("ok", "note"))
    assert line_of(result, "records").startswith("ok")
    assert {path: path.stat().st_mtime_ns for path in data.iterdir()} == before


def test_an_empty_folder_is_told_what_to_run(tmp_path: Path) -> None:
    result = doctor(tmp_path)
    assert result.exit_code == 1
    assert "kb index" in line_of(result, "index")
    assert "kb serve" in line_of(result, "records")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_index_is_wrong(data: Path, tmp_path: Path) -> None:
    name = (data / "index" / "CURRENT").read_text().strip()
    copy = tmp_path / "copy"
    (copy / name).mkdir(parents=True)
    for path in (data / "index" / name).iterdir():
        if path.is_file():
            (copy / name / path.name).write_bytes(path.read_bytes())
    (copy / "CURRENT").write_text(name)
    (data / "index").unlink()
    (data / "index").symlink_to(copy)
    result = doctor(data)
    assert result.exit_code == 1
    assert line_of(result, "index").startswith("wrong")


def test_damaged_records_are_wrong(data: Path) -> None:
    (data / DATABASE_FILE).write_bytes(b"no database" * 1000)
    result = doctor(data)
    assert result.exit_code == 1
    assert line_of(result, "records").startswith("wrong")


@pytest.mark.parametrize(("part", "name"), [("secret key", KEY_FILE), ("records", DATABASE_FILE)])
def test_what_others_on_the_machine_may_read_is_wrong(data: Path, part: str, name: str) -> None:
    (data / name).chmod(0o644)
    result = doctor(data)
    assert result.exit_code == 1
    assert any(line.startswith("wrong") and part in line for line in result.output.splitlines())
    assert f"chmod 600 {data / name}" in result.output


def test_a_key_that_is_too_short_is_wrong(data: Path) -> None:
    (data / KEY_FILE).write_text("short")
    assert line_of(doctor(data), "secret key").startswith("wrong")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_nobody_at_the_port_is_noted_whatever_proxy_the_environment_names(
    data: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("KB_HOST", host)
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:9")
    result = doctor(data)
    assert result.exit_code == 0, result.output
    assert "Nobody answers at http://" in line_of(result, "server")


def test_another_program_at_the_port_is_wrong(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            connection, _ = other.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0-another\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        monkeypatch.setenv("KB_PORT", str(other.getsockname()[1]))
        result = doctor(data)
        thread.join()
    assert result.exit_code == 1
    assert "No help center answers" in line_of(result, "server")


def test_messages_that_wait_are_noted(data: Path) -> None:
    database = Database.in_folder(data)
    open_case(database, KEY, NEW, frozenset({Way.TEAM_MAIL}))
    database.close()
    result = doctor(data)
    assert result.exit_code == 0
    assert "1 messages wait" in result.output


def test_a_mail_server_is_tried_and_gets_no_mail(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, port = Mailbox(), free_port()
    monkeypatch.setenv("KB_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("KB_SMTP_PORT", str(port))
    monkeypatch.setenv("KB_SMTP_SECURITY", "none")
    monkeypatch.setenv("KB_SMTP_SENDER", "help@example.org")
    with mail_server(port, box):
        assert line_of(doctor(data), "e-mail").startswith("ok")
    assert box.mails == []
    assert line_of(doctor(data), "e-mail").startswith("wrong")
