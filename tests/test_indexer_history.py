"""Change history: the editors' own words from front matter, dates from git."""

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes import FakeEncoder

from indexer import history
from indexer.build import build_index
from indexer.check import check_content
from indexer.history import Dates, read_history
from indexer.reader import read_content
from kb.documents import Document
from kb.progress import Silent

Write = Callable[..., Path]


def git(folder: Path, *words: str, day: str = "2026-01-01") -> None:
    moment = f"{day}T12:00:00+00:00"
    who = {"NAME": "Editor", "EMAIL": "editor@example.org", "DATE": moment}
    roles = {
        f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()
    }
    alone = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(
        ["git", *words],
        cwd=folder,
        env={**os.environ, **roles, **alone},
        check=True,
        capture_output=True,
    )


def commit(content: Path, day: str, message: str = "Secret reason") -> None:
    if not (content.parent / ".git").exists():
        git(content.parent, "init", "--quiet", "--initial-branch=main")
    git(content.parent, "add", "--all", day=day)
    git(content.parent, "commit", "--quiet", f"--message={message}", day=day)


def document(content: Path, slug: str = "lock") -> Document:
    reading = read_content(content, cache=None, progress=Silent())
    return next(found for found, _ in reading.documents if found.slug == slug)


def test_git_tells_when_a_file_came_and_changed(write_article: Write) -> None:
    content = write_article("lock", "Lock it.", title="Lock")
    commit(content, "2026-02-01")
    write_article("lock", "Lock it twice.", title="Lock")
    write_article("chäin", "Oil it.", title="Chain")
    commit(content, "2026-03-05")
    assert read_history(content) == {
        "en/articles/lock.md": Dates("2026-02-01", "2026-03-05"),
        "en/articles/chäin.md": Dates("2026-03-05", "2026-03-05"),
    }
    found = document(content)
    assert (found.published, found.changed, found.changes) == ("2026-02-01", "2026-03-05", ())


def test_a_merge_and_a_branch_change_no_date_of_other_files(write_article: Write) -> None:
    content = write_article("lock", "Lock it.", title="Lock")
    commit(content, "2026-02-01")
    git(content.parent, "checkout", "--quiet", "-b", "grafted")
    write_article("chain", "Oil it.", title="Chain")
    commit(content, "2026-03-05")
    git(content.parent, "checkout", "--quiet", "main")
    git(content.parent, "merge", "--no-ff", "--quiet", "grafted", day="2026-04-01")
    dates = read_history(content)
    assert dates["en/articles/lock.md"] == Dates("2026-02-01", "2026-02-01")
    assert dates["en/articles/chain.md"] == Dates("2026-03-05", "2026-03-05")


def test_a_shallow_clone_tells_only_what_it_knows(write_article: Write, tmp_path: Path) -> None:
    content = write_article("lock", "Lock it.", title="Lock")
    write_article("chain", "Oil it.", title="Chain")
    commit(content, "2026-02-01")
    write_article("lock", "Lock it twice.", title="Lock")
    commit(content, "2026-03-05")
    write_article("lock", "Lock it thrice.", title="Lock")
    write_article("bell", "Ring it.", title="Bell")
    commit(content, "2026-04-07")
    git(tmp_path, "clone", "--quiet", "--depth=2", tmp_path.as_uri(), "clone")
    dates = read_history(tmp_path / "clone" / "content")
    assert dates["en/articles/lock.md"] == Dates("", "2026-04-07")
    assert dates["en/articles/bell.md"] == Dates("2026-04-07", "2026-04-07")
    assert dates["en/articles/chain.md"] == Dates("", "")


def test_without_git_or_repository_there_are_no_dates(
    write_article: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = write_article("lock", "Lock it.", title="Lock")
    assert read_history(content) == {}
    assert read_history(content / "gone") == {}
    commit(content, "2026-02-01")
    assert read_history(content)
    monkeypatch.setenv("PATH", "/nowhere")
    assert read_history(content) == {}
    assert document(content).changed == ""


def test_more_history_than_the_bounds_allow_is_not_told(
    write_article: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content = write_article("lock", "Lock it.", title="Lock")
    commit(content, "2026-02-01")
    with monkeypatch.context() as patch:
        patch.setattr(history, "MAX_BYTES", 20)
        assert read_history(content) == {}
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(history, "SECONDS", 0.2)
    assert read_history(content) == {}


def test_messages_of_commits_never_enter_the_index(
    write_article: Write, tmp_path: Path, encoder: FakeEncoder
) -> None:
    content = write_article("lock", "Lock it.", title="Lock")
    commit(content, "2026-02-01")
    report = build_index(content, tmp_path / "index", encoder)
    for path in (tmp_path / "index" / report.generation).rglob("*"):
        assert not path.is_file() or b"Secret" not in path.read_bytes(), path


def test_a_commit_is_published_and_nothing_else_is_made_again(
    write_article: Write, tmp_path: Path, encoder: FakeEncoder
) -> None:
    content, index = write_article("lock", "Lock it.", title="Lock"), tmp_path / "index"
    first = build_index(content, index, encoder)
    commit(content, "2026-02-01")
    second = build_index(content, index, encoder)
    third = build_index(content, index, encoder)
    assert (second.published, second.embedded, third.published) == (True, 0, False)
    assert first.generation != second.generation
    states = index / second.generation / "locales" / "en" / "passages.npy"
    assert states.stat().st_nlink > 1, "taken over"
    (content.parent / "other.txt").write_text("not content")
    commit(content, "2026-02-02")
    assert not build_index(content, index, encoder).published, "a commit of something else"


def test_editors_tell_changes_newest_first(write_article: Write) -> None:
    changes = [
        {"date": "2026-01-05", "text": "Old  news."},
        {"date": "2026-03-01", "text": "News."},
    ]
    found = document(write_article("lock", "Lock it.", title="Lock", changes=changes))
    assert [(change.date, change.text) for change in found.changes] == [
        ("2026-03-01", "News."),
        ("2026-01-05", "Old news."),
    ]
    assert (found.changed, found.updated, found.published) == ("2026-03-01", "2026-03-01", "")


def test_the_later_of_both_is_the_last_change(write_article: Write) -> None:
    changes = [{"date": "2026-03-01", "text": "News."}]
    content = write_article("lock", "Lock it.", title="Lock", changes=changes)
    commit(content, "2026-02-01")
    assert document(content).changed == "2026-03-01"
    write_article("lock", "Lock it twice.", title="Lock", changes=changes)
    commit(content, "2026-05-01")
    assert document(content).changed == "2026-05-01"


@pytest.mark.parametrize(
    ("front", "published"),
    [
        ({}, "2026-02-01"),
        ({"reviewed": "2026-02-01"}, "2026-02-01"),
        ({"reviewed": "2025-12-31"}, ""),
        ({"changes": [{"date": "2026-01-31", "text": "Before."}]}, ""),
        ({"publish_at": "2026-02-10"}, "2026-02-10"),
        ({"publish_at": "2025-02-10"}, "2026-02-01"),
    ],
)
def test_a_page_is_as_old_as_its_first_commit_unless_it_says_otherwise(
    write_article: Write, front: dict[str, object], published: str
) -> None:
    content = write_article("lock", "Lock it.", title="Lock", **front)
    commit(content, "2026-02-01")
    reading = read_content(
        content, cache=None, progress=Silent(), today=datetime(2027, 1, 1, tzinfo=UTC)
    )
    assert reading.documents[0][0].published == published


@pytest.mark.parametrize(
    ("changes", "line", "said"),
    [
        ("changes: soon", 3, "changes: expected a list, found `soon`."),
        ("changes:\n  - soon", 4, "changes.0: expected fields below it (`name: value`), found"),
        ("changes:\n  - date: soon\n    text: x", 4, "changes.0.date: expected a date such as"),
        ("changes:\n  - date: 2026-01-01", 4, "changes.0: `text` is missing."),
        ("changes:\n  - text: x", 4, "changes.0: `date` is missing."),
        ("changes:\n  - date: 2026-01-01\n    text: ''", 5, "changes.0.text: expected text"),
        (
            "changes:\n  - date: 2026-01-01\n    text: x\n    by: me",
            6,
            "changes.0.by: this field is not known here",
        ),
    ],
)
def test_what_is_wrong_with_a_change_is_told_at_its_place(
    write_article: Write, changes: str, line: int, said: str
) -> None:
    content = write_article("lock", f"---\ntitle: Lock\n{changes}\n---\nLock it.\n")
    (problem,) = check_content(content, Silent())
    assert (problem.code, problem.line) == ("invalid-field", line)
    assert problem.message.startswith(said)
