"""One question more in a file's front matter, and nothing else changed, whatever stands there."""

import os
import stat
from pathlib import Path

import pytest

from indexer.add_question import add_to_file, with_question
from indexer.front_matter import read, split
from kb.errors import ContentError

NEW = 'Wie geht\'s "noch": #so?'
LINE = '- "Wie geht\'s \\"noch\\": #so?"'
BODY = "\n# Titel\n\nText mit --- und questions: nichts.\n"

BLOCK = """title: Akku lädt nicht   # bleibt
questions:
  - Akku tot       # häufig
  - 'Lädt "nicht"'
summary: >
  Gefaltet
  über zwei Zeilen
tags: [akku, laden]
"""
FRONT = [
    (BLOCK, BLOCK.replace("nicht\"'\n", f"nicht\"'\n  {LINE}\n")),
    ("title: A\n", f"title: A\nquestions:\n  {LINE}\n"),
    ("questions:\n- Eins\n- Zwei\ntitle: A\n", f"questions:\n- Eins\n- Zwei\n{LINE}\ntitle: A\n"),
    ("questions: [Eins, 'Zwei']  # zwei\n", f"questions: [Eins, 'Zwei', {LINE[2:]}]  # zwei\n"),
    ("questions: []\n", f"questions: [{LINE[2:]}]\n"),
    ("questions: [\n  Eins,  # erste\n]\n", f"questions: [\n  Eins, {LINE[2:]},  # erste\n]\n"),
    ("questions:\ntitle: A\n", f"questions:\n  {LINE}\ntitle: A\n"),
    ("questions:  # leer\ntitle: A\n", f"questions:  # leer\n  {LINE}\ntitle: A\n"),
    ("questions: Eine  # allein\nid: a\n", f"questions:\n  - Eine  # allein\n  {LINE}\nid: a\n"),
    ("questions: 'Ei''ne'\n", f"questions:\n  - 'Ei''ne'\n  {LINE}\n"),
    (
        "questions:\n  - |\n    Eins\ntitle: A\n",
        f"questions:\n  - |\n    Eins\n  {LINE}\ntitle: A\n",
    ),
    ("summary: |\n  Text\n", f"summary: |\n  Text\nquestions:\n  {LINE}\n"),
    ("  title: A\n  id: a\n", f"  title: A\n  id: a\n  questions:\n    {LINE}\n"),
    ("# nur ein Kommentar\n", f"# nur ein Kommentar\nquestions:\n  {LINE}\n"),
    ("", f"questions:\n  {LINE}\n"),
    (
        "questions: [Alt]\nquestions:\n  - Neu\n",
        f"questions: [Alt]\nquestions:\n  - Neu\n  {LINE}\n",
    ),
    (
        "questions:\n  - Eins\n\n# Schluss\ntitle: A\n",
        f"questions:\n  - Eins\n  {LINE}\n\n# Schluss\ntitle: A\n",
    ),
]


@pytest.mark.parametrize(("front", "wanted"), FRONT)
def test_only_the_question_is_added(front: str, wanted: str) -> None:
    text = f"---\n{front}---\n{BODY}"
    edited = with_question(text, NEW)
    assert edited == f"---\n{wanted}---\n{BODY}"
    assert read(split(edited)[0])[0]["questions"][-1] == NEW


def test_a_file_without_front_matter_gets_one() -> None:
    edited = with_question("# Titel\n\nText\n", NEW)
    assert edited == f"---\nquestions:\n  {LINE}\n---\n\n# Titel\n\nText\n"


HOSTILE = [
    "other: &a [Eins]\nquestions: *a\n",  # writing there would change the other, too
    "questions: &a [Eins]\nother: *a\n",
    "questions: !!python/object/apply:os.system [Eins]\n",
    "questions: {a: b}\n",
    "{title: A, questions: [Eins]}\n",
    "questions: |\n  Eine\n  Frage\n",
    "questions: ~\n",
    "title: [\n",
    "- Eins\n",
    "questions: " + "[" * 60 + "]" * 60 + "\n",
    "a: &a [x, x]\nb: &b [*a, *a, *a]\nquestions: *b\n",
]


@pytest.mark.parametrize("front", HOSTILE)
def test_what_cannot_be_edited_safely_is_left_to_an_editor(front: str) -> None:
    text = f"---\n{front}---\n{BODY}"
    try:
        edited = with_question(text, NEW)
    except ContentError:
        return
    before, after = read(front)[0], read(split(edited)[0])[0]
    assert {**after, "questions": None} == {**before, "questions": None}
    assert after["questions"][-1] == NEW and split(edited)[1] == split(text)[1]


@pytest.mark.parametrize(
    "question", ["---", "...", "{{ x }}", "a\tb", "\u2028", "%YAML", "- x", "'", '"', "\\", "null"]
)
def test_any_question_comes_back_as_it_was(question: str) -> None:
    edited = with_question(f"---\ntitle: A\n---\n{BODY}", question)
    assert read(split(edited)[0])[0]["questions"] == [question]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    (folder / "de").mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    "data",
    [
        b"---\r\ntitle: A\r\n---\r\nText\r\n",
        b"\xef\xbb\xbf---\ntitle: A\n---\nText\n",
        b"---\ntitle: A\n---\nText ohne Ende",
    ],
)
def test_line_ends_marks_and_rights_stay(content: Path, data: bytes) -> None:
    path = content / "de" / "a.md"
    path.write_bytes(data)
    path.chmod(0o640)
    assert add_to_file(content, "de/a.md", NEW)
    end = b"\r\n" if b"\r\n" in data else b"\n"
    added = b"questions:" + end + b"  " + LINE.encode() + end
    assert path.read_bytes() == data.replace(b"A" + end, b"A" + end + added)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(path.parent) == ["a.md"]


def test_what_is_there_already_is_not_written_again(content: Path) -> None:
    path = content / "de" / "a.md"
    path.write_text("---\ntitle: A\n---\nText\n")
    assert add_to_file(content, "de/a.md", NEW)
    written = path.read_bytes()
    assert not add_to_file(content, "de/a.md", NEW)
    assert path.read_bytes() == written


@pytest.mark.parametrize(
    "data",
    [b"---\ntitle: A\r\n---\nText\n", b"---\ntitle: \xff\n---\n", b"---\ntitle: \x07\n---\nT", b""],
)
def test_files_that_would_not_come_back_whole_are_left_alone(content: Path, data: bytes) -> None:
    path = content / "de" / "a.md"
    path.write_bytes(data)
    with pytest.raises(ContentError):
        add_to_file(content, "de/a.md", NEW)
    assert path.read_bytes() == data


def test_nothing_outside_the_content_is_written(content: Path) -> None:
    outside = content.parent / "outside.md"
    outside.write_text("---\ntitle: A\n---\n")
    (content / "de" / "link.md").symlink_to(outside)
    (content / "linked").symlink_to(content.parent)
    for source in ("../outside.md", str(outside), "de/link.md", "linked/outside.md", "de/no.md"):
        with pytest.raises(ContentError):
            add_to_file(content, source, NEW)
    assert outside.read_text() == "---\ntitle: A\n---\n"
