"""Building and publishing: what is kept, what is made again, what never goes live."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from fakes import FakeEncoder

from indexer.build import build_index
from indexer.publish import publish_lock
from kb.errors import ContentError, DamagedIndex, IndexBusy, NoGeneration
from kb.files import MANIFEST
from kb.store.build_cache import CACHE_FILE
from search.encoder import FloatArray
from search.generation import Generation, current_generation
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


def test_force_publishes_all_the_same(content: Path, index: Path) -> None:
    first = build_index(content, index, FakeEncoder())
    assert build_index(content, index, FakeEncoder(), force=True).generation != first.generation


def test_only_changed_passages_are_embedded_again(content: Path, index: Path) -> None:
    build_index(content, index, FakeEncoder())
    path = content / "en" / "articles" / "chain.md"
    path.write_text(path.read_text().replace("300", "250"), encoding="utf-8")
    encoder = FakeEncoder()
    report = build_index(content, index, encoder)
    assert report.embedded == 2, "the passage and the sentence in it"
    assert encoder.encoded == ["Chain › Often\nEvery 250 km.", "Every 250 km."]


def test_another_encoder_embeds_everything_again(content: Path, index: Path) -> None:
    build_index(content, index, FakeEncoder())
    assert build_index(content, index, FakeEncoder("other")).embedded == 8


def test_an_interrupted_build_goes_on_with_the_vectors_it_made(
    write_article: Write, index: Path
) -> None:
    for number in range(40):
        content = write_article(f"a{number}", f"Text {number}.", title=f"Title {number}")

    class Interrupted(FakeEncoder):
        def encode_passages(self, texts: Sequence[str]) -> Iterator[tuple[list[int], FloatArray]]:
            batches = super().encode_passages(texts)
            yield next(batches)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_index(content, index, Interrupted())
    assert current_generation(index) is None
    report = build_index(content, index, FakeEncoder())
    assert report.embedded == 3 * 40 - 16, "one batch was kept"


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
    kept = sorted(path.parent.name for path in index.glob(f"*/{MANIFEST}"))
    assert len(kept) == 2
    assert names[-1] in kept


def test_a_damaged_cache_is_an_empty_cache(content: Path, index: Path) -> None:
    build_index(content, index, FakeEncoder())
    (index / CACHE_FILE).write_bytes(b"damaged" * 1000)
    report = build_index(content, index, FakeEncoder(), force=True)
    assert report.embedded == 8


def test_what_is_no_longer_used_leaves_the_cache(content: Path, index: Path) -> None:
    build_index(content, index, FakeEncoder())
    (content / "en" / "articles" / "chain.md").unlink()
    build_index(content, index, FakeEncoder())
    with sqlite3.connect(index / CACHE_FILE) as cache:
        (entries,) = cache.execute("SELECT count(*) FROM entries").fetchone()
    assert entries == 4, "the rendered page and three vectors of the article that is left"


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
