"""Building and publishing: what is kept, what is made again, what never goes live."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEncoder

from indexer.build import build_index
from indexer.publish import prune, publish_lock
from kb.errors import ContentError, DamagedIndex, IndexBusy, NoGeneration, StoreError
from kb.files import MANIFEST, write_durably
from kb.store.build_cache import CACHE_FILE
from search.dense import build_dense_index
from search.encoder import Encoded
from search.generation import FORMAT, Generation, current_generation
from search.searcher import Searcher

Write = Callable[..., Path]


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "data" / "index"


@pytest.fixture
def content(write_article: Write) -> Path:
    write_article("lock", "Lock the bike.", title="Lock")
    return write_article("chain", "Oil the chain.\n\n## Often\n\nEvery 300 km.", title="Chain")


def titles(index: Path) -> set[str]:
    return {document.title for document in Searcher.open(index, None).library.documents("en")}


def test_nothing_changed_publishes_nothing(content: Path, index: Path) -> None:
    first = build_index(content, index, FakeEncoder())
    again = build_index(content, index, FakeEncoder())
    assert (first.published, again.published) == (True, False)
    assert again.generation == first.generation == current_generation(index)
    assert (again.documents, again.passages) == (2, 3)


def test_another_version_of_what_cuts_texts_builds_again(
    content: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(content, index, FakeEncoder())
    monkeypatch.setattr("indexer.build.version", lambda name: "999")
    assert build_index(content, index, FakeEncoder()).published


def test_force_publishes_all_the_same(content: Path, index: Path) -> None:
    first = build_index(content, index, FakeEncoder())
    assert build_index(content, index, FakeEncoder(), force=True).generation != first.generation


def test_only_changed_passages_are_embedded_again(content: Path, index: Path) -> None:
    build_index(content, index, FakeEncoder())
    path = content / "en" / "articles" / "chain.md"
    path.write_text(path.read_text().replace("300", "250"), encoding="utf-8")
    encoder = FakeEncoder()
    report = build_index(content, index, encoder)
    assert report.embedded == 1
    assert encoder.encoded == ["Chain › Often\nEvery 250 km."]


def test_another_encoder_embeds_everything_again(content: Path, index: Path) -> None:
    build_index(content, index, FakeEncoder())
    assert build_index(content, index, FakeEncoder("other")).embedded == 5


def test_an_interrupted_build_goes_on_with_the_vectors_it_made(
    write_article: Write, index: Path
) -> None:
    for number in range(40):
        content = write_article(f"a{number}", f"Text {number}.", title=f"Title {number}")

    class Interrupted(FakeEncoder):
        def encode_passages(
            self, texts: Sequence[str]
        ) -> Iterator[tuple[list[int], list[Encoded]]]:
            batches = super().encode_passages(texts)
            yield next(batches)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_index(content, index, Interrupted())
    assert current_generation(index) is None
    report = build_index(content, index, FakeEncoder())
    assert report.embedded == 2 * 40 - 16, "one batch was kept"


def test_an_error_in_one_file_keeps_the_last_good_index_and_reports_all(
    content: Path, index: Path
) -> None:
    good = build_index(content, index, FakeEncoder()).generation
    for name in ("one", "two"):
        (content / "en" / "articles" / f"{name}.md").write_text("---\ntitle: x\n\nNo end")
    with pytest.raises(ContentError) as caught:
        build_index(content, index, FakeEncoder())
    assert {p.file for p in caught.value.problems} == {
        "en/articles/one.md",
        "en/articles/two.md",
    }
    assert current_generation(index) == good
    assert titles(index) == {"Chain", "Lock"}


def test_broken_files_may_be_left_out_on_purpose(content: Path, index: Path) -> None:
    (content / "en" / "articles" / "one.md").write_text("---\ntitle: x\n\nNo end")
    report = build_index(content, index, FakeEncoder(), skip_broken=True)
    assert [problem.code for problem in report.problems] == ["front-matter-open"]
    assert titles(index) == {"Chain", "Lock"}


def test_files_left_out_once_are_no_reason_to_be_silent_later(content: Path, index: Path) -> None:
    (content / "en" / "articles" / "one.md").write_text("---\ntitle: x\n\nNo end")
    build_index(content, index, FakeEncoder(), skip_broken=True)
    with pytest.raises(ContentError):
        build_index(content, index, FakeEncoder())
    assert not build_index(content, index, FakeEncoder(), skip_broken=True).published


def test_drafts_and_internal_articles_never_enter_the_index(
    content: Path, write_article: Write, index: Path
) -> None:
    for status in ("draft", "internal", "archived"):
        write_article(status, "Secret margin table.", title=f"Hidden {status}", status=status)
    write_article("later", "Secret launch.", title="Later", publish_at="2999-01-01")
    build_index(content, index, FakeEncoder())
    assert titles(index) == {"Chain", "Lock"}
    published = index / str(current_generation(index))
    for path in published.rglob("*"):
        if path.is_file():
            assert b"Secret" not in path.read_bytes(), path


def test_deleting_all_generations_loses_nothing(content: Path, index: Path) -> None:
    build_index(content, index, FakeEncoder())
    import shutil

    shutil.rmtree(index)
    build_index(content, index, FakeEncoder())
    assert titles(index) == {"Chain", "Lock"}


def test_old_generations_are_pruned_and_the_current_one_stays(content: Path, index: Path) -> None:
    names = [
        build_index(content, index, FakeEncoder(), keep=2, force=True).generation for _ in range(4)
    ]
    assert generations(index) == set(names[-2:])


def generations(index: Path) -> set[str]:
    return {path.parent.name for path in index.glob(f"*/{MANIFEST}")}


def test_the_generation_that_servers_still_hold_stays_after_rolling_back(
    content: Path, index: Path
) -> None:
    names = [
        build_index(content, index, FakeEncoder(), keep=3, force=True).generation for _ in range(3)
    ]
    (index / "CURRENT").write_text(names[0])
    last = build_index(content, index, FakeEncoder(), keep=2, force=True).generation
    assert {names[0], last} <= generations(index)


def test_age_is_the_time_of_publishing_not_the_name(content: Path, index: Path) -> None:
    first = build_index(content, index, FakeEncoder()).generation
    (index / first).rename(index / "zzz")
    (index / "CURRENT").write_text("zzz")
    names = [
        build_index(content, index, FakeEncoder(), keep=2, force=True).generation for _ in range(2)
    ]
    assert generations(index) == set(names)


def test_what_a_removal_left_is_cleared_by_the_next_build(
    content: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("indexer.publish.shutil.rmtree", lambda *_, **__: None)
        for _ in range(3):
            build_index(content, index, FakeEncoder(), keep=2, force=True)
    assert list(index.glob(".building-*"))
    build_index(content, index, FakeEncoder(), keep=2, force=True)
    assert not list(index.glob(".building-*"))


def test_a_damaged_generation_is_repaired_by_building_again(content: Path, index: Path) -> None:
    name = build_index(content, index, FakeEncoder()).generation
    library = index / name / "library.sqlite3"
    library.write_bytes(bytes(library.stat().st_size))  # as large as before
    again = build_index(content, index, FakeEncoder())
    assert again.published
    assert titles(index) == {"Chain", "Lock"}


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "[]",
        '{"files": []}',
        '{"files": {"x": 3}}',
        '{"files": {"x": {}}}',
        '{"files": {}}',
        f'{{"files": {{}}, "format": {FORMAT}}}',
        f'{{"files": {{}}, "format": {FORMAT}, "state": "", "counts": 3}}',
    ],
)
def test_an_odd_manifest_is_damage_and_repaired(content: Path, index: Path, manifest: str) -> None:
    name = build_index(content, index, FakeEncoder()).generation
    (index / name / MANIFEST).write_text(manifest)
    with pytest.raises(DamagedIndex):
        Generation.open_current(index)
    assert build_index(content, index, FakeEncoder()).published
    assert titles(index) == {"Chain", "Lock"}


def test_an_undecodable_pointer_is_repaired(content: Path, index: Path) -> None:
    build_index(content, index, FakeEncoder())
    (index / "CURRENT").write_bytes(b"\xff")
    assert build_index(content, index, FakeEncoder()).published
    assert titles(index) == {"Chain", "Lock"}


def test_a_failed_write_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        write_durably(tmp_path / "taken", b"text")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_vectors_that_cannot_be_written_are_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="vectors.npy"):
        build_dense_index(tmp_path / "gone", np.eye(3, dtype=np.float32))


def test_a_damaged_cache_is_an_empty_cache(content: Path, index: Path) -> None:
    build_index(content, index, FakeEncoder())
    (index / CACHE_FILE).write_bytes(b"damaged" * 1000)
    report = build_index(content, index, FakeEncoder(), force=True)
    assert report.embedded == 5


def test_a_cache_damaged_behind_its_header_is_an_empty_cache(content: Path, index: Path) -> None:
    build_index(content, index, FakeEncoder())
    cache = index / CACHE_FILE
    whole = cache.read_bytes()
    cache.write_bytes(whole[:4096] + b"damaged." * ((len(whole) - 4096) // 8))
    report = build_index(content, index, FakeEncoder(), force=True)
    assert report.embedded == 5
    assert build_index(content, index, FakeEncoder(), force=True).embedded == 0


def test_what_is_no_longer_used_leaves_the_cache(content: Path, index: Path) -> None:
    build_index(content, index, FakeEncoder())
    (content / "en" / "articles" / "chain.md").unlink()
    build_index(content, index, FakeEncoder())
    with sqlite3.connect(index / CACHE_FILE) as cache:
        (entries,) = cache.execute("SELECT count(*) FROM entries").fetchone()
    assert entries == 3, "the rendered page and two vectors of the article that is left"


def test_two_builds_at_once_are_refused(content: Path, index: Path) -> None:
    with publish_lock(index), pytest.raises(IndexBusy):
        build_index(content, index, FakeEncoder())


def test_without_a_published_generation_there_is_nothing_to_open(index: Path) -> None:
    with pytest.raises(NoGeneration):
        Generation.open_current(index)


def test_every_file_of_a_generation_is_checked_before_use(content: Path, index: Path) -> None:
    name = build_index(content, index, FakeEncoder()).generation
    files = json.loads((index / name / MANIFEST).read_text())["files"]
    assert "library.sqlite3" in files
    for file in files:
        path = index / name / file
        good = path.read_bytes()
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]) if good else b"x")
        with pytest.raises(DamagedIndex):
            Generation.open_current(index)
        path.write_bytes(good)
    Generation.open_current(index).close()


def test_a_generation_of_another_format_asks_for_a_new_index(content: Path, index: Path) -> None:
    name = build_index(content, index, FakeEncoder()).generation
    manifest = json.loads((index / name / MANIFEST).read_text())
    (index / name / MANIFEST).write_text(json.dumps(manifest | {"format": 0}))
    with pytest.raises(DamagedIndex, match="kb index"):
        Generation.open_current(index)


def test_an_empty_content_folder_never_replaces_a_good_index(
    content: Path, tmp_path: Path, index: Path
) -> None:
    good = build_index(content, index, FakeEncoder()).generation
    (tmp_path / "empty").mkdir()
    with pytest.raises(ContentError, match="no published article"):
        build_index(tmp_path / "empty", index, FakeEncoder())
    assert current_generation(index) == good


def test_an_article_with_only_a_title_can_be_found(write_article: Write, index: Path) -> None:
    content = write_article("bare", "", title="Tandem")
    build_index(content, index, FakeEncoder())
    hits = Searcher.open(index, FakeEncoder()).search("tandem", "en").hits
    assert [hit.document.id for hit in hits] == ["bare"]


def test_a_language_that_did_not_change_keeps_its_index(write_article: Write, index: Path) -> None:
    write_article("kette", "Öle die Kette.", locale="de", title="Kette")
    content = write_article("chain", "Oil the chain.", title="Chain")
    build_index(content, index, FakeEncoder())
    before = locale_folder(index, "en")
    vectors = (before / "vectors.npy").stat().st_ino
    # Documents before it move its numbers.
    write_article("reifen", "Pumpe den Reifen auf.", locale="de", title="Reifen")
    report = build_index(content, index, FakeEncoder())
    assert (report.documents, report.embedded) == (3, 2)
    after = locale_folder(index, "en")
    assert after != before
    assert (after / "vectors.npy").stat().st_ino == vectors, "linked"
    with closing(Searcher.open(index, FakeEncoder())) as searcher:
        (best, *_) = searcher.search("oil the chain", "en").hits
        assert (best.document.title, best.snippet.text) == ("Chain", "Oil the chain.")
        assert searcher.answer("oil the chain", "en").about == best.document
        assert not searcher.degraded
    prune(index, 1, None)
    with closing(Searcher.open(index, FakeEncoder())) as searcher:
        assert searcher.search("oil the chain", "en").hits


def test_a_damaged_index_of_a_language_is_built_anew(write_article: Write, index: Path) -> None:
    content = write_article("chain", "Oil the chain.", title="Chain")
    write_article("kette", "Öle die Kette.", locale="de", title="Kette")
    build_index(content, index, FakeEncoder())
    damaged = locale_folder(index, "en") / "vectors.npy"
    damaged.write_bytes(b"damaged")
    write_article("reifen", "Pumpe den Reifen auf.", locale="de", title="Reifen")
    build_index(content, index, FakeEncoder())
    with closing(Searcher.open(index, FakeEncoder())) as searcher:
        assert searcher.search("oil the chain", "en").hits


def locale_folder(index: Path, locale: str) -> Path:
    return index / (index / "CURRENT").read_text() / "locales" / locale
