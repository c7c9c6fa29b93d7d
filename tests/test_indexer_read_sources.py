"""Which files are read, under which address, and what their bytes may be."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.source import MAX_BYTES, decode, find_sources, read_limited
from kb.problems import Problem, Severity
from kb.site import LocaleInfo, Site

SITE = Site(default_locale="en", locales={"en": LocaleInfo()})
Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def write(path: str, data: bytes = b"# Title\n\nText\n") -> Path:
        target = tmp_path / "content" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return tmp_path / "content"

    return write


def codes(problems: list[Problem]) -> list[str]:
    return [problem.code for problem in problems]


def test_folders_say_what_a_file_is(put: Put) -> None:
    put("en/articles/battery/cells/storage.md")
    put("en/articles/loose.md")
    content = put("en/products/ebike/city-3.md")
    found = find_sources(content, SITE)
    assert [(s.kind, s.locale, s.folder, s.slug) for s in found.documents] == [
        ("article", "en", "battery", "storage"),
        ("article", "en", "", "loose"),
        ("product", "en", "ebike", "city-3"),
    ]
    assert found.problems == []


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Größe & Maße", "groesse-masse"),
        ("-rf", "rf"),
        ("%2e%2e%2f", "2e-2e-2f"),
        ("ein Leerzeichen ", "ein-leerzeichen"),
        ("'; DROP TABLE articles; --", "drop-table-articles"),
        ("CON", "con"),
        ("Übergro\u0308ße", "uebergroesse"),
        ("a" * 200, "a" * 120),
        ("v1.2", "v1-2"),
    ],
)
def test_odd_file_names_get_a_plain_address_and_a_warning(put: Put, name: str, slug: str) -> None:
    found = find_sources(put(f"en/articles/{name}.md"), SITE)
    assert [source.slug for source in found.documents] == [slug]
    assert codes(found.problems) == ["file-name"]
    assert f"`{slug}`" in found.problems[0].message


def test_a_name_without_letters_still_gets_a_stable_address(put: Put) -> None:
    content = put("en/articles/🔥.md")
    first, second = (find_sources(content, SITE).documents[0].slug for _ in range(2))
    assert first == second
    assert first.startswith("page-")


def test_names_that_are_not_unicode_can_be_printed(put: Put, tmp_path: Path) -> None:
    put("en/articles/fine.md")
    name = os.fsencode(tmp_path / "content/en/articles") + b"/b\xffd.md"
    Path(os.fsdecode(name)).write_bytes(b"# Title\n")
    found = find_sources(tmp_path / "content", SITE)
    str(found.problems).encode("utf-8")
    assert [source.path.encode("utf-8") for source in found.documents]


def test_an_index_file_stands_for_its_folder(put: Put) -> None:
    found = find_sources(put("en/articles/battery/index.md"), SITE)
    assert found.documents[0].slug == "battery"


def test_files_for_editors_are_not_published(put: Put) -> None:
    for name in ("README.md", "TOC.md", "_draft.md", ".hidden.md", "notes.txt"):
        put(f"en/articles/{name}")
    put("_templates/article.md")
    found = find_sources(put(".git/objects/x.md"), SITE)
    assert found.documents == []
    assert found.problems == []


def test_links_to_other_places_are_refused(put: Put, tmp_path: Path) -> None:
    content = put("en/articles/fine.md")
    (tmp_path / "secret.md").write_text("# Secret")
    (content / "en/articles/leak.md").symlink_to(tmp_path / "secret.md")
    (content / "en/articles/folder").symlink_to(tmp_path)
    found = find_sources(content, SITE)
    assert [source.slug for source in found.documents] == ["fine"]
    assert codes(found.problems) == ["symlink", "symlink"]
    assert all(problem.severity is Severity.ERROR for problem in found.problems)


def test_misplaced_files_are_reported(put: Put) -> None:
    put("stray.md")
    put("fr/articles/a.md")
    found = find_sources(put("en/blog/b.md"), SITE)
    assert found.documents == []
    assert sorted(codes(found.problems)) == ["outside-rooms", "outside-rooms", "unknown-locale"]


def test_huge_files_are_not_read(put: Put) -> None:
    content = put("en/articles/big.md", b"x" * (MAX_BYTES + 1))
    finding = read_limited(find_sources(content, SITE).documents[0])
    assert not isinstance(finding, bytes)
    assert finding.code == "file-too-large"


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        ("Grüße".encode("latin-1"), "encoding", (1, 3)),
        (b"ok\nline \xff\xfe", "encoding", (2, 6)),
        ("Text".encode("utf-16"), "encoding", (1, 1)),
        (b"one\na\x00b", "nul-byte", (2, 2)),
        (b"", "empty-file", (1, 1)),
        (b" \n\n", "empty-file", (1, 1)),
    ],
)
def test_bytes_that_are_no_text_give_one_error_with_its_place(
    data: bytes, code: str, place: tuple[int, int]
) -> None:
    text, findings = decode(data)
    assert text == ""
    assert [(f.code, (f.line, f.column), f.severity) for f in findings] == [
        (code, place, Severity.ERROR)
    ]


def test_encoding_errors_say_how_to_convert() -> None:
    assert "iconv -f WINDOWS-1252 -t UTF-8" in decode("ä".encode("cp1252"))[1][0].message
    assert "iconv -f UTF-16LE" in decode("ä".encode("utf-16"))[1][0].message


def test_byte_order_marks_and_windows_line_ends_are_fine() -> None:
    assert decode(b"\xef\xbb\xbfone\r\ntwo\rthree") == ("one\ntwo\nthree", [])


def test_characters_that_turn_the_text_around_are_removed() -> None:
    text, findings = decode("a\n\u202eevil\u202c\x07".encode())
    assert text == "a\nevil"
    assert [(f.code, f.line, f.column) for f in findings] == [
        ("bidi-control", 2, 1),
        ("control-character", 2, 5),
    ]
    assert {finding.severity for finding in findings} == {Severity.WARNING}
