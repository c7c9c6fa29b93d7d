"""Rendering in children: one bad file costs itself, never the others."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pebble import ProcessPool

from indexer.parsed import Parsed, load
from indexer.sandbox import Job, Limits, Sandbox, _LeanContext, _prepare
from kb.documents import Kind
from kb.errors import RenderError

ROOT = Path(__file__).parent.parent
QUADRATIC = b"# T\n\n" + b"[" * 20_000  # a minute and more in Python-Markdown


def job(text: bytes) -> Job:
    return Job(text, "en", Kind.ARTICLE)


def parsed(sandbox: Sandbox, *texts: bytes) -> list[Parsed]:
    return [load(outcome.data) for outcome in sandbox.parse([job(text) for text in texts])]


def codes(results: list[Parsed]) -> list[list[str]]:
    return [[finding.code for finding in result.findings] for result in results]


def children() -> set[psutil.Process]:
    """The renderers among our children; multiprocessing keeps a helper of its own."""
    every = psutil.Process().children()
    return {child for child in every if any("spawn_main" in part for part in child.cmdline())}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Limits(seconds=1.0)) as box:
        yield box


def test_a_file_that_takes_too_long_is_stopped_and_the_next_one_goes_on(sandbox: Sandbox) -> None:
    started = time.monotonic()
    slow, good = parsed(sandbox, QUADRATIC, b"# T\n\nText")
    assert time.monotonic() - started < 8
    assert codes([slow, good]) == [["render-timeout"], []]
    assert "1 seconds" in slow.findings[0].message
    assert good.html.strip() == "<p>Text</p>"


def test_a_result_that_hit_a_limit_is_not_worth_remembering(sandbox: Sandbox) -> None:
    outcomes = list(sandbox.parse([job(b"> " * 3000 + b"x"), job(b"# T")]))
    assert [outcome.complete for outcome in outcomes] == [False, True]
    assert codes([load(outcomes[0].data)]) == [["render-failed"]]


def test_a_child_that_dies_costs_one_file() -> None:
    others = children()
    with Sandbox(Limits(seconds=60)) as box:
        parsed(box, b"# warm")  # the child is up
        (child,) = children() - others
        threading.Timer(0.5, child.kill).start()
        broken, good = parsed(box, QUADRATIC, b"# T\n\nText")
        assert codes([broken, good]) == [["render-failed"], []]
        assert "ended unexpectedly" in broken.findings[0].message


def _attempt_to_write(path: str) -> int:
    with open(path, "wb") as stream:
        return stream.write(b"x" * 10)


def _attempt_to_grow(size: int) -> int:
    return len(bytearray(size))


def _attempt_to_dump_core() -> tuple[int, int]:
    import resource

    return resource.getrlimit(resource.RLIMIT_CORE)


def test_a_child_can_neither_write_files_nor_take_all_memory(tmp_path: Path) -> None:
    with ProcessPool(
        max_workers=1, initializer=_prepare, initargs=(5.0, 1 << 30), context=_LeanContext()
    ) as pool:
        with pytest.raises(OSError):
            pool.schedule(_attempt_to_write, (str(tmp_path / "x"),)).result()
        with pytest.raises(MemoryError):
            pool.schedule(_attempt_to_grow, (1 << 30,)).result()
        assert pool.schedule(_attempt_to_dump_core).result() == (0, 0)


def test_a_child_loads_neither_the_main_module_nor_search_or_web() -> None:
    with ProcessPool(
        max_workers=1, initializer=_prepare, initargs=(5.0, 1 << 30), context=_LeanContext()
    ) as pool:
        loaded = set(pool.schedule(eval, ("list(__import__('sys').modules)",)).result())
    heavy = {"flask", "faiss", "onnxruntime", "numpy", "torch", "whoosh", "search", "web"}
    assert loaded & heavy == set()
    assert loaded & {"pytest", "_pytest", "babel", "sqlite3"} == set()


def test_nothing_is_started_when_there_is_nothing_to_do() -> None:
    others = children()
    with Sandbox() as box:
        assert list(box.parse([])) == []
        assert children() == others


def test_reading_works_from_a_script_without_a_main_guard(tmp_path: Path) -> None:
    (tmp_path / "content/en/articles").mkdir(parents=True)
    (tmp_path / "content/en/articles/a.md").write_text("# A\n\nText")
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\n"
        "from indexer.reader import read_content\n"
        "from kb.progress import Silent\n"
        "reading = read_content(Path('content'), cache=None, progress=Silent())\n"
        "print(len(reading.documents))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "1\n"


def test_a_child_that_cannot_start_is_an_error_and_no_endless_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("multiprocessing.spawn._python_exe", b"/bin/false")
    with Sandbox(Limits(start=2)) as sandbox, pytest.raises(RenderError, match="cannot be started"):
        list(sandbox.parse([Job(b"# T", "en", Kind.ARTICLE)]))
