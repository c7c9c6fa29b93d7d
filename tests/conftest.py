"""Fixtures: real content folders, real indexes, a real server; one fake, the encoder."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_fixtures import (
    center,
    center_data,
    chromium,
    look,
    onlookers,
    postbox,
    shop_port,
    staff,
    visit,
)
from fakes import FakeEncoder
from filelock import FileLock
from model_fixture import prepared_models, real_encoder
from records import database, postgres
from warm import passwords, renderer

from indexer.build import build_index
from search.encoder import OnnxEncoder
from search.searcher import Searcher

# Fixtures for every test.
__all__ = [
    "center",
    "center_data",
    "chromium",
    "database",
    "look",
    "onlookers",
    "passwords",
    "postbox",
    "postgres",
    "prepared_models",
    "real_encoder",
    "renderer",
    "shop_port",
    "staff",
    "visit",
]

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "content"

_connect = socket.socket.connect


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Rewrite the golden files.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long trials run only when asked for with `-m trial`; a browser's tests come last.

    Its driver leaves an event loop in this thread, beside which none could be started.
    """
    items.sort(key=lambda item: "browser" in item.keywords)
    if "trial" in (config.option.markexpr or ""):
        return
    skip = pytest.mark.skip(reason="a long trial; run it with `make trial`")
    for item in items:
        if "trial" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test talks to another machine."""

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            assert host.startswith("127.") or host in ("::1", "localhost"), f"reached for {host}"
        _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KB_") and "TEST" not in name]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture(scope="session")
def built_index(tmp_path_factory: pytest.TempPathFactory, encoder: FakeEncoder) -> Path:
    """The example help center, indexed once with the fake encoder. Read only.

    The processes that test at once share the build; what they put beside it is their own.
    """
    own = tmp_path_factory.mktemp("example") / "index"
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    shared = own if alone else tmp_path_factory.getbasetemp().parent / "example" / "index"
    shared.parent.mkdir(exist_ok=True)
    with FileLock(shared.parent / ".tests.lock"):
        build_index(EXAMPLE, shared, encoder)
    if not alone:
        shutil.copytree(shared, own)
    return own


@pytest.fixture(scope="session")
def real_index(prepared_models: Path, real_encoder: OnnxEncoder) -> Path:
    """The example help center, indexed with the real model; its vectors serve the next run too."""
    index = prepared_models.parent / "test-example" / "index"
    index.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(index.parent / ".tests.lock"):  # several processes test at once
        build_index(EXAMPLE, index, real_encoder)
    return index


@pytest.fixture(scope="session")
def searcher(built_index: Path, encoder: FakeEncoder) -> Iterator[Searcher]:
    opened = Searcher.open(built_index, encoder)
    yield opened
    opened.close()


WriteArticle = Callable[..., Path]


@pytest.fixture
def write_article(tmp_path: Path) -> WriteArticle:
    """Write an article into `tmp_path/content`; returns the content folder."""

    def write(
        slug: str, text: str, *, locale: str = "en", room: str = "articles", **front: Any
    ) -> Path:
        import yaml

        target = tmp_path / "content" / locale / room / f"{slug}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        head = f"---\n{yaml.safe_dump(front, allow_unicode=True)}---\n\n" if front else ""
        target.write_text(head + text, encoding="utf-8")
        return tmp_path / "content"

    return write
