"""`kb backup` and `kb restore`: whole, while others write, and nothing that is there gets lost."""

import resource
import signal
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT
from sqlalchemy import text
from test_store_cases import KEY, NEW
from test_store_records import VOTE

from kb.secret_key import KEY_FILE
from kb.store.backup import _publish
from kb.store.cases import code_of, conversation, may_open, open_case
from kb.store.database import DATABASE_FILE, Database
from kb.store.feedback import keep_vote, votes_since
from kb.store.migrate import migrate
from web.cli import main

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def kb(data: Path, *words: str, said: str = "") -> Result:
    return CliRunner().invoke(main, [*map(str, words), "--data", str(data)], input=said)


@contextmanager
def records(data: Path) -> Iterator[Database]:
    data.mkdir(exist_ok=True)
    with closing(Database.in_folder(data)) as database:
        migrate(database)
        yield database


def comments(data: Path) -> list[str]:
    with records(data) as database:
        return [vote.comment for vote in votes_since(database, LONG_AGO)]


def vote(database: Database, number: int) -> None:
    keep_vote(database, replace(VOTE, visitor=f"v{number}", comment=f"vote {number}"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Records with one vote, and a secret key."""
    with records(tmp_path / "data") as database:
        vote(database, 1)
    (tmp_path / "data" / KEY_FILE).write_text("k" * 64)
    return tmp_path / "data"


@pytest.fixture
def saved(data: Path, tmp_path: Path) -> Path:
    done = kb(data, "backup", str(tmp_path / "saved.zip"))
    assert done.exit_code == 0, done.output
    return tmp_path / "saved.zip"


def test_what_was_saved_comes_back_and_what_was_there_is_kept(data: Path, saved: Path) -> None:
    with records(data) as database:
        vote(database, 2)
    done = kb(data, "restore", str(saved), "--yes")
    assert done.exit_code == 0, done.output
    assert comments(data) == ["vote 1"]
    [aside] = data.glob("before-restore-*.zip")
    assert kb(data, "restore", str(aside), "--yes").exit_code == 0
    assert sorted(comments(data)) == ["vote 1", "vote 2"]


def test_a_case_of_the_backup_opens_with_its_resume_code_on_another_machine(
    data: Path, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    with records(data) as database:
        number = open_case(database, KEY, replace(NEW, at=now), frozenset())
        code = code_of(database, KEY, number)
    saved = tmp_path / "saved.zip"
    assert kb(data, "backup", str(saved)).exit_code == 0
    other = tmp_path / "other"
    assert kb(other, "restore", str(saved), "--yes").exit_code == 0
    assert (other / KEY_FILE).read_text() == "k" * 64
    with records(other) as database:
        assert may_open(database, KEY, number, code, now, 90)
        assert conversation(database, number) is not None


def test_only_the_operator_can_read_a_backup_and_a_restored_key(data: Path, saved: Path) -> None:
    assert kb(data, "restore", str(saved), "--yes").exit_code == 0
    for path in (saved, data / KEY_FILE, *data.glob("before-restore-*.zip")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_backup_is_one_moment_of_records_that_are_being_written(
    data: Path, tmp_path: Path
) -> None:
    done = threading.Event()

    def write() -> None:
        with records(data) as database:
            for number in range(2, 10_000):
                if done.is_set():
                    return
                vote(database, number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            assert kb(data, "backup", str(tmp_path / f"{number}.zip")).exit_code == 0
    finally:
        done.set()
        writer.join()
    for number in range(5):
        other = tmp_path / f"from-{number}"
        assert kb(other, "restore", str(tmp_path / f"{number}.zip"), "--yes").exit_code == 0
        kept = {int(comment.split()[1]) for comment in comments(other)}
        assert kept == set(range(1, len(kept) + 1))


def test_a_server_that_goes_on_reading_sees_the_restored_records(data: Path, saved: Path) -> None:
    with records(data) as server:
        vote(server, 2)
        assert kb(data, "restore", str(saved), "--yes").exit_code == 0
        assert [vote.comment for vote in votes_since(server, LONG_AGO)] == ["vote 1"]
        vote(server, 3)
    assert sorted(comments(data)) == ["vote 1", "vote 3"]


def test_records_that_cannot_be_read_are_kept_as_they_are(data: Path, saved: Path) -> None:
    (data / DATABASE_FILE).write_bytes(b"not a database at all" * 1000)
    done = kb(data, "restore", str(saved), "--yes")
    assert done.exit_code == 0, done.output
    assert comments(data) == ["vote 1"]
    [aside] = data.glob("before-restore-*.damaged")
    assert aside.read_bytes().startswith(b"not a database")


def test_a_backup_is_never_overwritten(data: Path, saved: Path) -> None:
    before = saved.read_bytes()
    done = kb(data, "backup", str(saved))
    assert done.exit_code == 1
    assert "already" in done.output
    assert saved.read_bytes() == before


def test_a_backup_goes_to_disks_without_hard_links_and_overwrites_nothing_there(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_source: Path, _target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("kb.store.backup.os.link", refuse)
    saved = tmp_path / "saved.zip"
    assert kb(data, "backup", str(saved)).exit_code == 0
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert kb(tmp_path / "other", "restore", str(saved), "--yes").exit_code == 0
    assert comments(tmp_path / "other") == ["vote 1"]
    with pytest.raises(FileExistsError):
        _publish(tmp_path / "packed", saved)
    assert zipfile.is_zipfile(saved)


def test_a_folder_gets_a_backup_with_the_time_in_its_name(data: Path, tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    assert kb(data, "backup", str(tmp_path / "backups")).exit_code == 0
    [made] = (tmp_path / "backups").iterdir()
    assert made.name.startswith("lotse-20")


def damaged(saved: Path, how: str) -> None:
    if how == "cut":
        saved.write_bytes(saved.read_bytes()[:-500])
    elif how == "no archive":
        saved.write_bytes(b"PK but not really")
    elif how == "another file":
        with zipfile.ZipFile(saved, "w") as archive:
            archive.writestr("holiday.jpg", b"a picture")
    elif how == "encrypted":
        content = bytearray(saved.read_bytes())
        for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            content[content.index(mark) + flags] |= 1
        saved.write_bytes(content)
    else:
        content = bytearray(saved.read_bytes())
        content[len(content) // 2] ^= 0xFF
        saved.write_bytes(content)


@pytest.mark.parametrize("how", ["cut", "no archive", "another file", "encrypted", "one byte"])
def test_a_damaged_backup_changes_nothing(data: Path, saved: Path, how: str) -> None:
    with records(data) as database:
        vote(database, 2)
    damaged(saved, how)
    done = kb(data, "restore", str(saved), "--yes")
    assert done.exit_code == 1
    assert "Traceback" not in done.output
    assert str(saved) in done.output
    assert len(comments(data)) == 2
    assert not list(data.glob("before-restore-*"))


def test_records_of_a_newer_version_are_refused(data: Path, tmp_path: Path) -> None:
    with records(data) as database, database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    newer, present = tmp_path / "newer.zip", tmp_path / "present"
    assert kb(data, "backup", str(newer)).exit_code == 0
    with records(present) as database:
        vote(database, 5)
    done = kb(present, "restore", str(newer), "--yes")
    assert done.exit_code == 1
    assert "newer version" in done.output
    assert comments(present) == ["vote 5"]


def test_damaged_records_are_not_saved_as_if_they_were_whole(data: Path, tmp_path: Path) -> None:
    with records(data) as database:
        for number in range(2, 200):
            vote(database, number)
    content = bytearray((data / DATABASE_FILE).read_bytes())
    content[4096 * 3 : 4096 * 6] = bytes(4096 * 3)
    (data / DATABASE_FILE).write_bytes(content)
    done = kb(data, "backup", str(tmp_path / "saved.zip"))
    assert done.exit_code == 1
    assert not (tmp_path / "saved.zip").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def kb_with_files_up_to(size: int, data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `kb` where a file larger than this cannot be written, as on a full disk."""
    return subprocess.run(
        [sys.executable, "-m", "web.cli", *words, "--data", str(data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: (
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
        ),
    )


def test_a_full_disk_leaves_no_half_backup_and_says_where_there_is_no_room(
    data: Path, tmp_path: Path
) -> None:
    (tmp_path / "small").mkdir()
    done = kb_with_files_up_to(50_000, data, "backup", str(tmp_path / "small"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert str(tmp_path / "small") in done.stderr
    assert list((tmp_path / "small").iterdir()) == []


@pytest.mark.parametrize("room", [50_000, 400_000])
def test_a_full_disk_leaves_the_records_where_they_are(data: Path, saved: Path, room: int) -> None:
    """With less room not even the backup can be unpacked; with more, but not what is there kept."""
    with records(data) as database:
        keep_vote(database, replace(VOTE, visitor="v2", comment="long " * 200_000))
    done = kb_with_files_up_to(room, data, "restore", str(saved), "--yes")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(comments(data)) == 2
    assert not list(data.glob("before-restore-*"))


def test_without_records_there_is_nothing_to_save(tmp_path: Path) -> None:
    done = kb(tmp_path, "backup", str(tmp_path / "saved.zip"))
    assert done.exit_code == 1
    assert "no records" in done.output
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_replaced_without_a_yes(data: Path, saved: Path) -> None:
    with records(data) as database:
        vote(database, 2)
    assert kb(data, "restore", str(saved), said="n\n").exit_code == 1
    assert len(comments(data)) == 2


def test_other_databases_have_tools_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    done = kb(tmp_path, "backup", str(tmp_path / "saved.zip"))
    assert done.exit_code == 1
    assert "pg_dump" in done.output
