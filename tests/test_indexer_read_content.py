"""The whole folder read at once: through real children, with and without a cache."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from indexer import parse
from indexer.reader import Reading, content_fingerprint, read_content
from indexer.sandbox import Sandbox
from kb.progress import Silent
from kb.store.build_cache import BuildCache

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 400"><rect/></svg>'


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as box:
        yield box


class Folder:
    """A content folder that is written and read."""

    def __init__(self, root: Path, sandbox: Sandbox) -> None:
        self.root, self._sandbox = root, sandbox
        root.mkdir()

    def put(self, path: str, text: str | bytes) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode() if isinstance(text, str) else text)

    def read(self, cache: BuildCache | None = None, **options: Any) -> Reading:
        options.setdefault("today", NOW)
        options.setdefault("progress", Silent())
        return read_content(self.root, cache=cache, sandbox=self._sandbox, **options)


@pytest.fixture
def folder(tmp_path: Path, sandbox: Sandbox) -> Folder:
    return Folder(tmp_path / "content", sandbox)


def codes(reading: Reading) -> list[tuple[str, str]]:
    return [(problem.code, problem.file) for problem in reading.problems]


def html(reading: Reading, slug: str) -> str:
    return next(page.html for document, page in reading.documents if document.slug == slug)


def test_documents_come_by_locale_kind_and_slug(folder: Folder) -> None:
    for path in ("en/articles/b.md", "en/articles/a.md", "de/products/z.md", "de/articles/c.md"):
        folder.put(path, "# T\n\nText")
    reading = folder.read()
    assert [document.url for document, _ in reading.documents] == [
        "/de/articles/c",
        "/de/products/z",
        "/en/articles/a",
        "/en/articles/b",
    ]
    assert reading.problems == ()
    assert set(reading.site.locales) == {"de", "en"}


def test_folders_become_categories_when_the_site_names_none(folder: Folder) -> None:
    folder.put("en/articles/How To/a.md", "# T\n\nText")
    assert list(folder.read().site.categories) == ["how-to"]


def test_files_with_errors_are_left_out_and_the_others_go_on(folder: Folder) -> None:
    folder.put("en/articles/good.md", "# T\n\nText")
    folder.put("en/articles/bad.md", b"\xff\xfe\x00")
    folder.put("en/articles/worse.md", "---\ntitle: [\n---\n")
    reading = folder.read()
    assert [document.slug for document, _ in reading.documents] == ["good"]
    assert codes(reading) == [
        ("encoding", "en/articles/bad.md"),
        ("front-matter-syntax", "en/articles/worse.md"),
    ]


def test_drafts_and_scheduled_files_are_not_read_into_the_index(folder: Folder) -> None:
    folder.put("en/articles/draft.md", "---\ntitle: D\nstatus: draft\n---\nSecret ![x](s.svg)")
    folder.put("en/articles/s.svg", SVG)
    folder.put("en/articles/later.md", "---\ntitle: L\npublish_at: 2026-07-01\n---\nSecret")
    folder.put("en/articles/a.md", "# A\n\n[draft](draft.md) [later](later.md#x)")
    reading = folder.read()
    assert [document.slug for document, _ in reading.documents] == ["a"]
    assert html(reading, "a") == "\n<p><a>draft</a> <a>later</a></p>"
    assert reading.documents[0][1].markdown == "draft later\n"
    assert reading.media == {}
    assert {code for code, _ in codes(reading)} == {"link-to-unpublished"}
    due = folder.read(today=datetime(2026, 7, 1, tzinfo=UTC))
    assert [document.slug for document, _ in due.documents] == ["a", "later"]


def test_two_files_of_one_address_or_id_are_errors_that_name_both(folder: Folder) -> None:
    folder.put("en/articles/same.md", "# T\n\nText")
    folder.put("en/articles/Same.md", "# T\n\nText")
    folder.put("en/articles/one.md", "---\ntitle: T\nid: twin\n---\nText")
    folder.put("en/articles/two.md", "---\ntitle: T\nid: twin\n---\nText")
    folder.put("en/products/same.md", "# T\n\nText")
    errors = {p.code: p for p in folder.read().problems if p.code != "file-name"}
    assert set(errors) == {"duplicate-slug", "duplicate-id", "kind-mismatch"}
    assert "en/articles/Same.md" in errors["duplicate-slug"].message
    assert errors["duplicate-slug"].file == "en/articles/same.md"
    assert (errors["duplicate-id"].file, errors["duplicate-id"].line) == ("en/articles/two.md", 3)
    assert "en/articles/one.md" in errors["duplicate-id"].message
    assert errors["kind-mismatch"].file == "en/products/same.md"


def test_files_of_one_name_in_several_folders_are_told_apart_by_their_folders(
    folder: Folder,
) -> None:
    folder.put("en/articles/overview.md", "# All\n\n[how](how-to/more/overview.md)")
    folder.put("en/articles/how-to/overview.md", "# How\n\nText")
    folder.put("en/articles/how-to/more/overview.md", "# More\n\nText")
    folder.put("en/articles/faq/overview.md", "---\nid: questions\ntitle: F\n---\nText")
    reading = folder.read()
    assert {document.slug: document.id for document, _ in reading.documents} == {
        "overview": "overview",
        "how-to-overview": "how-to-overview",
        "how-to-more-overview": "how-to-more-overview",
        "faq-overview": "questions",
    }
    assert {(p.code, str(p.severity)) for p in reading.problems} == {("shared-slug", "warning")}
    assert "/en/articles/how-to-more-overview" in html(reading, "overview")


def ids(reading: Reading) -> dict[str, tuple[str, str]]:
    return {d.source: (d.slug, d.id) for d, _ in reading.documents}


def test_files_that_share_a_name_pair_with_the_same_folder_in_other_languages(
    folder: Folder,
) -> None:
    folder.put("de/articles/akku/overview.md", "# Akku\n\nText")
    folder.put("en/articles/a-bike/overview.md", "# Bike\n\nText")
    folder.put("en/articles/akku/overview.md", "# Battery\n\nText")
    folder.put("en/products/overview.md", "---\nid: catalogue\ntitle: P\n---\nText")
    reading = folder.read()
    assert ids(reading) == {
        "de/articles/akku/overview.md": ("overview", "akku-overview"),
        "en/articles/a-bike/overview.md": ("overview", "a-bike-overview"),
        "en/articles/akku/overview.md": ("akku-overview", "akku-overview"),
        "en/products/overview.md": ("overview", "catalogue"),
    }
    assert [(p.code, p.file) for p in reading.problems] == [
        ("shared-slug", "de/articles/akku/overview.md"),
        ("shared-slug", "en/articles/a-bike/overview.md"),
        ("shared-slug", "en/articles/akku/overview.md"),
    ]
    assert "`akku-overview`" in reading.problems[0].message
    assert "/en/articles/akku-overview" in reading.problems[2].message


def test_an_id_of_its_own_stays_where_files_share_a_name(folder: Folder) -> None:
    folder.put("de/articles/akku/overview.md", "---\nid: cells\ntitle: A\n---\nText")
    folder.put("en/articles/battery/overview.md", "---\nid: cells\ntitle: B\n---\nText")
    folder.put("en/articles/overview.md", "# All\n\nText")
    assert ids(folder.read()) == {
        "de/articles/akku/overview.md": ("overview", "cells"),
        "en/articles/battery/overview.md": ("battery-overview", "cells"),
        "en/articles/overview.md": ("overview", "overview"),
    }


def test_a_name_that_no_language_shares_keeps_its_plain_id(folder: Folder) -> None:
    folder.put("de/articles/akku/lagern.md", "# L\n\nText")
    folder.put("en/articles/battery/lagern.md", "# S\n\nText")
    reading = folder.read()
    assert set(ids(reading).values()) == {("lagern", "lagern")}
    assert reading.problems == ()


@pytest.mark.parametrize("hidden", ["status: draft", "publish_at: 2026-07-01"])
def test_a_file_that_nobody_sees_moves_no_published_page(folder: Folder, hidden: str) -> None:
    folder.put("en/articles/b/setup.md", "# B\n\n[a](../a/setup.md)")
    before = folder.read().documents[0][0]
    folder.put("en/articles/a/setup.md", f"---\ntitle: A\n{hidden}\n---\nText")
    reading = folder.read()
    assert [document for document, _ in reading.documents] == [before]
    assert codes(reading) == [("link-to-unpublished", "en/articles/b/setup.md")]


def test_links_between_files_become_addresses(folder: Folder) -> None:
    folder.put("de/articles/akku/lagern.md", "# L\n\n## Im Winter\n\nText")
    folder.put("de/products/rad.md", "# R\n\nText")
    folder.put(
        "de/articles/start/a.md",
        "# A\n\n[1](../akku/lagern.md#im-winter) [2](../akku/lagern) [3](/de/articles/lagern)\n"
        "[4](../../products/rad.md) [5](../akku/) [6](/de/contact) [7](../akku/lagern.md?x=1)\n"
        "[8](../../products/rad.md#facts)\n",
    )
    reading = folder.read()
    assert reading.problems == ()
    page = html(reading, "a")
    for number, address in enumerate(
        (
            "/de/articles/lagern#im-winter",
            "/de/articles/lagern",
            "/de/articles/lagern",
            "/de/products/rad",
            "/de/akku/",
            "/de/contact",
            "/de/articles/lagern",
            "/de/products/rad#facts",
        ),
        start=1,
    ):
        assert f'<a href="{address}">{number}</a>' in page
    markdown = next(p.markdown for d, p in reading.documents if d.slug == "a")
    assert "[1](/de/articles/lagern#im-winter)" in markdown


def test_links_to_nowhere_are_warnings_with_their_place(folder: Folder) -> None:
    folder.put("en/articles/b.md", "# B\n\nText")
    folder.put(
        "en/articles/a.md",
        "# A\n\n[x](gone.md)\n[y](b.md#nope)\n[z](../../../etc/passwd) [w](/en/articles/gone)\n",
    )
    reading = folder.read()
    assert [(p.line, p.column, p.code) for p in reading.problems] == [
        (3, 5, "broken-link"),
        (4, 5, "missing-anchor"),
        (5, 5, "broken-link"),
        (5, 30, "broken-link"),
    ]
    assert html(reading, "a").count("href") == 1
    assert '<a href="/en/articles/b">y</a>' in html(reading, "a")


def test_the_markdown_beside_a_page_has_the_same_addresses(folder: Folder) -> None:
    folder.put("media/led.svg", SVG)
    folder.put("en/articles/b.md", "# B\n\nText")
    folder.put(
        "en/articles/a.md",
        '# A\n\n[b](b.md "B") [![led](../../media/led.svg)](b.md) [gone](no.md) ![gone](no.png)\n'
        "[ref][r]\n\n[r]: b.md\n[dead]: no.md\n",
    )
    reading = folder.read()
    markdown = reading.documents[0][1].markdown
    (picture,) = reading.media
    assert markdown == (
        f'[b](/en/articles/b "B") [![led]({picture})](/en/articles/b) gone \n'
        "[ref][r]\n\n[r]: /en/articles/b\n"
    )


def test_a_link_to_a_file_with_errors_is_not_called_missing(folder: Folder) -> None:
    folder.put("en/articles/a.md", "# A\n\n[b](b.md)")
    folder.put("en/articles/b.md", "---\ntags: [a]\n---\n")
    assert [code for code, _ in codes(folder.read())] == ["link-to-unpublished", "missing-title"]


def test_images_are_published_under_their_content(folder: Folder) -> None:
    folder.put("media/led.svg", SVG)
    folder.put("media/unused.svg", SVG.replace("rect", "path"))
    folder.put(
        "en/articles/a.md", "# A\n\n![Green light](../../media/led.svg)\n\n![gone](no.png)\n"
    )
    folder.put("en/products/p.md", "---\ntitle: P\nimages: [led.svg, no.png]\n---\n")
    reading = folder.read()
    (address,) = reading.media
    assert address.startswith("/media/")
    assert address.endswith("/led.svg")
    assert reading.media[address] == folder.root / "media/led.svg"
    page = html(reading, "a")
    assert f'src="{address}" loading="lazy" width="640" height="400"' in page
    assert page.count("<img") == 1
    product = next(document.product for document, _ in reading.documents if document.product)
    assert product.images == (address,)
    assert [(p.code, p.line) for p in reading.problems] == [
        ("missing-image", 5),
        ("missing-image", 3),
    ]


@pytest.mark.parametrize(
    "inside",
    ["<script>x</script>", '<rect onload="x()"/>', '<image href="https://example.com/x.png"/>'],
)
def test_drawings_that_run_or_load_anything_are_refused(folder: Folder, inside: str) -> None:
    folder.put("media/bad.svg", f'<svg viewBox="0 0 1 1">\n{inside}</svg>')
    folder.put("en/articles/a.md", "# A\n\n![A picture](../../media/bad.svg)")
    reading = folder.read()
    assert [(p.code, p.file, p.line) for p in reading.problems] == [
        ("unsafe-media", "media/bad.svg", 2)
    ]
    assert reading.media == {}


def test_ids_that_do_not_exist_are_warnings(folder: Folder) -> None:
    folder.put("en/articles/a.md", "---\ntitle: A\nrelated: [b, ghost]\n---\nText")
    folder.put("en/articles/b.md", "# B\n\nText")
    folder.put("en/products/p.md", "---\ntitle: P\naccessories: [a]\n---\nText")
    found = [(p.file, p.line, p.column, p.code) for p in folder.read().problems]
    assert found == [
        ("en/articles/a.md", 3, 14, "unknown-id"),
        ("en/products/p.md", 3, 15, "unknown-id"),
    ]


def test_an_old_address_leads_to_one_document_only(folder: Folder) -> None:
    folder.put("en/articles/a.md", "---\ntitle: A\nredirect_from: /old\n---\nText")
    folder.put("en/articles/b.md", "---\ntitle: B\nredirect_from: [/old, /en/articles/a]\n---\nx")
    assert [code for code, _ in codes(folder.read())] == ["redirect-taken", "redirect-taken"]


def test_a_broken_site_file_is_reported_with_its_line(folder: Folder) -> None:
    folder.put("en/articles/a.md", "# A\n\nText")
    folder.put("site.toml", 'name = "x"\nlocales = [\n')
    assert [(p.code, p.line > 1) for p in folder.read().problems] == [("site-syntax", True)]
    folder.put("site.toml", '[categories.x]\ntitle = {}\nphase = "never"\n')
    assert [(p.code, p.line) for p in folder.read().problems] == [("site-invalid", 3)]


class Counting(Silent):
    """Counts what had to be rendered."""

    def __init__(self) -> None:
        self.rendered = 0

    def advance(self, units: int = 1) -> None:
        self.rendered += units


def test_unchanged_files_come_from_the_cache_with_the_same_result(
    folder: Folder, tmp_path: Path
) -> None:
    folder.put("en/articles/a.md", "# A\n\n[b](b.md)")
    folder.put("en/articles/b.md", "# B\n\nText")
    cache = BuildCache(tmp_path / "cache")
    counts = []
    readings = []
    for change in (None, None, "# B\n\nNew text"):
        if change:
            folder.put("en/articles/b.md", change)
        counting = Counting()
        readings.append(folder.read(cache, progress=counting))
        counts.append(counting.rendered)
    cache.close()
    assert counts == [2, 0, 1]
    assert readings[0] == readings[1]
    assert "New text" in html(readings[2], "b")


def test_a_link_is_checked_anew_although_its_file_is_cached(folder: Folder, tmp_path: Path) -> None:
    folder.put("en/articles/a.md", "# A\n\n[b](b.md)")
    folder.put("en/articles/b.md", "# B\n\nText")
    cache = BuildCache(tmp_path / "cache")
    assert folder.read(cache).problems == ()
    (folder.root / "en/articles/b.md").unlink()
    assert [code for code, _ in codes(folder.read(cache))] == ["broken-link"]
    cache.close()


def test_damaged_cache_entries_are_made_again(folder: Folder, tmp_path: Path) -> None:
    folder.put("en/articles/a.md", "# A\n\nText")
    cache = BuildCache(tmp_path / "cache")
    first = folder.read(cache)
    keys = list(cache._used)
    cache.put_many([(key, b"{") for key in keys])
    assert folder.read(cache) == first
    cache.close()


def test_the_fingerprint_follows_every_file_and_the_clock(folder: Folder) -> None:
    folder.put("en/articles/a.md", "---\ntitle: A\npublish_at: 2026-07-01\n---\nText")
    folder.put("media/x.svg", SVG)
    seen = {content_fingerprint(folder.root, NOW)}
    assert folder.read().fingerprint in seen
    for path, text in (
        ("en/articles/a.md", "---\ntitle: B\npublish_at: 2026-07-01\n---\nText"),
        ("media/x.svg", SVG + " "),
        ("site.toml", 'name = "New"'),
        ("en/articles/b.md", "# New\n\nx"),
    ):
        folder.put(path, text)
        seen.add(content_fingerprint(folder.root, NOW))
    seen.add(content_fingerprint(folder.root, datetime(2026, 7, 2, tzinfo=UTC)))
    assert len(seen) == 6
    assert content_fingerprint(folder.root, NOW) in seen


@pytest.mark.parametrize(
    "front",
    [
        "publish_at: 2026-06-01T13:00:00Z",
        "publish_at: 2026-06-01t13:00:00z",
        "  title: A\n  publish_at: '2026-06-01 13:00'",
        '"publish_at" : 2026-06-01 13:00 # soon',
        "{title: A, publish_at: 2026-06-01 15:00:00+02:00}",
    ],
)
def test_however_a_scheduled_file_is_written_it_comes_due(folder: Folder, front: str) -> None:
    folder.put("en/articles/a.md", f"---\n{front}\n---\nText")
    later = NOW.replace(hour=13)
    assert folder.read().documents == ()
    assert len(folder.read(today=later).documents) == 1
    assert content_fingerprint(folder.root, NOW) == content_fingerprint(
        folder.root, later.replace(hour=12, minute=59)
    )
    assert content_fingerprint(folder.root, NOW) != content_fingerprint(folder.root, later)


def test_every_module_that_parses_makes_cached_pages_anew_when_it_changes() -> None:
    code = "import indexer.parse, sys; print(*(name for name in sys.modules if '.' in name))"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    parsing = {name.replace(".", "/") for name in loaded if name.startswith("indexer.")}
    assert {*parsing, "kb/context", "kb/documents", "kb/text", "kb/variants"} == set(
        parse._OWN_CODE
    )


def test_a_folder_that_is_not_there_is_a_problem_not_a_crash(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    reading = read_content(tmp_path / "no", cache=None, progress=Silent(), sandbox=sandbox)
    assert reading.documents == ()
    assert [problem.code for problem in reading.problems] == ["unreadable"]
