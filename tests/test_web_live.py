"""Generations change under running requests, and none of them breaks."""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from centers import application, client, opener
from conftest import WriteArticle
from fakes import FakeEncoder
from werkzeug.serving import make_server

from indexer.build import build_index
from kb.errors import DamagedIndex, NoGeneration
from search.generation import current_generation
from search.searcher import Searcher
from web import live as live_module
from web.live import LiveSearcher

Publish = Callable[[str], str]


@pytest.fixture(autouse=True)
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "CHECK_EVERY", 0.0)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def publish(write_article: WriteArticle, index: Path, encoder: FakeEncoder) -> Publish:
    """Publish a generation whose only article has this title; returns its name. Two are kept."""

    def write_and_build(title: str) -> str:
        content = write_article("page", f"# {title}\n\nThe wheel is round.\n")
        return build_index(content, index, encoder, keep=2).generation

    return write_and_build


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "did not happen within ten seconds"
        time.sleep(0.01)


def test_nothing_published_is_said_and_ends_by_itself(
    index: Path, publish: Publish, encoder: FakeEncoder
) -> None:
    center = client(index, encoder)
    assert center.get("/livez").status_code == 200
    for path in ("/readyz", "/api/v1/search?q=wheel"):
        response = center.get(path)
        assert response.status_code == 503
        assert response.mimetype == "application/problem+json"
        assert response.get_json()["code"] == "no_generation"
        assert "Retry-After" in response.headers
    page = center.get("/en/", headers={"Accept-Language": "en"})
    assert page.status_code == 503
    assert "The help center is being prepared" in page.text
    publish("First")
    assert center.get("/readyz").status_code == 200
    assert "First" in center.get("/en/articles/page").text


def test_new_generation_takes_over_and_the_old_one_closes(
    index: Path, publish: Publish, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    close = Searcher.close

    def closing(self: Searcher) -> None:
        names.append(self.generation)
        close(self)

    def closed() -> list[str]:
        return [name for name in names if name in (first, second)]  # not other tests' leftovers

    monkeypatch.setattr(Searcher, "close", closing)
    live = LiveSearcher(index, opener(encoder))
    first = publish("First")
    held = live.hold()
    second = publish("Second")
    eventually(lambda: live.current().generation == second)
    assert closed() == []
    assert held.library.documents("en")[0].title == "First"
    live.release(held)
    assert closed() == [first]
    live.close()
    assert closed() == [first, second]


def test_damaged_generation_is_refused_once_and_the_old_one_serves(
    index: Path, publish: Publish, encoder: FakeEncoder, caplog: pytest.LogCaptureFixture
) -> None:
    live = LiveSearcher(index, opener(encoder))
    first = publish("First")
    assert live.current().generation == first
    damage(index, publish("Second"))
    with caplog.at_level(logging.ERROR, logger="web.live"):
        for _ in range(20):
            assert live.current().generation == first
            time.sleep(0.02)
    assert len(caplog.records) == 1
    third = publish("Third")
    eventually(lambda: live.current().generation == third)
    live.close()


def test_damaged_first_generation_is_no_crash(
    index: Path, publish: Publish, encoder: FakeEncoder
) -> None:
    damage(index, publish("First"))
    live = LiveSearcher(index, opener(encoder))
    live.warm_up()
    with pytest.raises(DamagedIndex):
        live.current()
    response = client(index, encoder).get("/readyz")
    assert response.status_code == 503
    assert str(index) not in response.text


def damage(index: Path, name: str) -> None:
    (index / name / "library.sqlite3").write_bytes(b"not a library")


@pytest.mark.parametrize("check_every", [0.0, 1000.0])
def test_a_quiet_server_answers_at_once_after_several_publishes(
    index: Path,
    publish: Publish,
    encoder: FakeEncoder,
    monkeypatch: pytest.MonkeyPatch,
    check_every: float,
) -> None:
    monkeypatch.setattr(live_module, "CHECK_EVERY", check_every)
    publish("Number 0")
    app = application(index, encoder)
    assert app.test_client().get("/en/articles/page").status_code == 200
    for number in range(1, 5):
        publish(f"Number {number}")
    pages: list[str] = []

    def visit() -> None:  # in a thread of its own, which has no file open yet
        pages.append(app.test_client().get("/en/articles/page").text)

    visitors = [threading.Thread(target=visit) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert len(pages) == 4
    assert all("Number 4" in page for page in pages)


def test_a_picture_that_is_gone_is_none(
    built_index: Path, tmp_path: Path, encoder: FakeEncoder
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(built_index, copy)
    searcher = Searcher.open(copy, encoder)
    picture = next(path for path in (copy / searcher.generation / "media").rglob("*.*"))
    address = f"/{picture.relative_to(copy / searcher.generation).as_posix()}"
    assert searcher.media(address) == picture
    picture.unlink()
    assert searcher.media(address) is None
    searcher.close()


def undecodable(current: Path) -> None:
    current.write_bytes(b"\xff\xfe")


def a_folder(current: Path) -> None:
    current.unlink()
    current.mkdir()


@pytest.mark.parametrize("spoil", [undecodable, a_folder])
def test_an_unreadable_pointer_changes_nothing_and_is_logged_once(
    index: Path,
    publish: Publish,
    encoder: FakeEncoder,
    caplog: pytest.LogCaptureFixture,
    spoil: Callable[[Path], None],
) -> None:
    live = LiveSearcher(index, opener(encoder))
    first = publish("First")
    assert live.current().generation == first
    spoil(index / "CURRENT")
    with caplog.at_level(logging.ERROR, logger="web.live"):
        assert {live.current().generation for _ in range(5)} == {first}
    (record,) = caplog.records
    assert str(index / "CURRENT") in record.getMessage()
    live.close()
    fresh = LiveSearcher(index, opener(encoder))
    fresh.warm_up()
    with pytest.raises(DamagedIndex, match="CURRENT cannot be read"):
        fresh.current()
    assert client(index, encoder).get("/readyz").status_code == 503


def test_a_thread_that_cannot_start_delays_the_change_only(
    index: Path, publish: Publish, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "RETRY_AFTER", 0.0)
    live = LiveSearcher(index, opener(encoder))
    first = publish("First")
    assert live.current().generation == first
    second = publish("Second")

    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        assert live.current().generation == first
    eventually(lambda: live.current().generation == second)
    live.close()


def test_warm_up_needs_nothing_published(index: Path, encoder: FakeEncoder) -> None:
    live = LiveSearcher(index, opener(encoder))
    live.warm_up()
    with pytest.raises(NoGeneration):
        live.hold()


def test_encoder_is_asked_again_only_when_it_does_not_fit(
    write_article: WriteArticle, index: Path, encoder: FakeEncoder
) -> None:
    other = FakeEncoder()
    other.fingerprint = "fake-2"
    given = iter([encoder, other])
    live = LiveSearcher(index, lambda: next(given))
    content = write_article("page", "# One\n\nText.\n")
    build_index(content, index, encoder)
    assert not live.current().degraded
    write_article("page", "# Two\n\nText.\n")
    second = build_index(content, index, encoder).generation
    eventually(lambda: live.current().generation == second)
    write_article("page", "# Three\n\nText.\n")
    third = build_index(content, index, other).generation
    eventually(lambda: live.current().generation == third)
    assert not live.current().degraded
    live.close()


@contextmanager
def served(index: Path, encoder: FakeEncoder) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, application(index, encoder), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_no_request_fails_while_generations_change(
    index: Path, publish: Publish, encoder: FakeEncoder
) -> None:
    """Visitors read over a real port while six generations are published and old ones pruned."""
    publish("Number 0")
    stop = threading.Event()
    failures: list[str] = []
    titles: set[str] = set()

    def visit(root: str) -> None:
        with httpx.Client(base_url=root, trust_env=False) as visitor:
            while not stop.is_set():
                for path in ("/en/", "/en/search?q=wheel", "/api/v1/search?q=wheel&locale=en"):
                    response = visitor.get(path)
                    if response.status_code != 200:
                        failures.append(f"{path}: {response.status_code}")
                titles.update(r["title"] for r in response.json()["results"])

    with served(index, encoder) as root:
        visitors = [threading.Thread(target=visit, args=(root,)) for _ in range(4)]
        for visitor in visitors:
            visitor.start()
        for number in range(1, 7):
            publish(f"Number {number}")
            time.sleep(0.1)
        eventually(lambda: "Number 6" in titles)
        stop.set()
        for visitor in visitors:
            visitor.join()
        ready = httpx.get(f"{root}/readyz", trust_env=False).json()
    assert failures == []
    assert ready["generation"] == current_generation(index)
