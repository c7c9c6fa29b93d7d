"""The command line and a real server process, as an operator meets them."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import ROOT

from indexer.build import build_index

READY_WITHIN = 5.0  # seconds; the bar of a start with the real model on the example content
MEMORY = 600e6  # bytes; proportional share of all processes together


def kb(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "web.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, **options)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def get(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as reply:
        return json.load(reply)


@contextmanager
def served(*arguments: object) -> Iterator[tuple[int, subprocess.Popen[str], float]]:
    """A running `kb serve`: its port, its process, and the seconds until it was ready."""
    port = free_port()
    command = [sys.executable, "-m", "web.cli", "serve", "--port", str(port), *map(str, arguments)]
    begin = time.monotonic()
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            while True:
                try:
                    get(port, "/livez")
                    break
                except OSError:
                    assert process.poll() is None, process.stderr and process.stderr.read()
                    assert time.monotonic() - begin < 60
                    time.sleep(0.02)
            yield port, process, time.monotonic() - begin
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@pytest.mark.model
@pytest.mark.timeout(600)
def test_serving_the_example_is_ready_soon_small_and_without_torch(
    prepared_models: Path, real_index: Path
) -> None:
    with served("--data", real_index.parent, "--models", prepared_models) as (port, process, took):
        assert took < READY_WITHIN
        ready = get(port, "/readyz")
        assert ready["degraded"] == []
        answer = get(port, "/api/v1/answer?q=Akku%20l%C3%A4dt%20nicht%2C%20was%20tun%3F&locale=de")
        assert answer["status"] == "answered"
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(True)]
        maps = [member.memory_full_info() for member in family]
        assert sum(entry.pss for entry in maps) < MEMORY
        for member in family:
            assert not [m.path for m in member.memory_maps() if "libtorch" in m.path]


def test_a_killed_worker_is_replaced_and_the_site_goes_on(built_index: Path) -> None:
    with served("--data", built_index.parent, "--workers", 1) as (port, process, _):
        (worker,) = psutil.Process(process.pid).children()
        worker.kill()
        worker.wait(10)
        assert get(port, "/api/v1/search?q=Akku&locale=de")["results"]


def test_a_server_started_before_the_first_index_serves_it_when_it_is_there(
    write_article: Callable[..., Path], tmp_path: Path
) -> None:
    content = write_article("lock", "Lock the bike.", title="Lock")
    with served("--data", tmp_path / "data") as (port, _, _):
        with pytest.raises(urllib.error.HTTPError, match="503"):
            get(port, "/readyz")
        build_index(content, tmp_path / "data" / "index", None)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                assert get(port, "/readyz")["status"] == "ready"
                break
            except urllib.error.HTTPError:
                time.sleep(0.1)
        assert get(port, "/api/v1/search?q=lock&locale=en")["results"][0]["id"] == "lock"


def test_a_port_in_use_is_one_clear_sentence(built_index: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = kb("serve", "--data", built_index.parent, "--port", port)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: Cannot listen on 127.0.0.1:{port}")
    assert "--port" in done.stderr


def test_help_needs_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys; from web.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'faiss', 'onnxruntime', 'whoosh', 'numpy', 'flask', 'pydantic'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True)


def test_check_reports_all_problems_with_their_places_and_fails(
    write_article: Callable[..., Path],
) -> None:
    write_article("good", "Text.", title="Good")
    content = write_article("bad", "[gone](missing.md)", title=["a", "list"])
    (content / "en" / "articles" / "open.md").write_text("---\ntitle: x\n\nNo end")
    done = kb("check", "--content", content)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert any(line.startswith("en/articles/bad.md:2:1: invalid-field title") for line in lines)
    assert any(line.startswith("en/articles/open.md:1:1: front-matter-open") for line in lines)
    assert "Traceback" not in done.stderr


def test_index_keeps_the_last_good_generation_when_a_file_breaks(
    write_article: Callable[..., Path], tmp_path: Path
) -> None:
    content = write_article("good", "Lock the bike.", title="Good")
    folders = ("--content", content, "--data", tmp_path / "data")
    assert kb("index", *folders, "--keywords-only").returncode == 0
    (content / "en" / "articles" / "bad.md").write_text("---\ntitle: x\n\nNo end")
    done = kb("index", *folders, "--keywords-only")
    assert done.returncode == 1
    assert "front-matter-open" in done.stdout
    found = kb("search", *folders, "lock")
    assert "Good" in found.stdout
    assert kb("index", *folders, "--keywords-only", "--skip-broken").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("check", "--content", "no/such/folder"), "There is no content folder"),
        (("search", "--data", "no/such/folder", "akku"), "Nothing has been indexed yet"),
        (("answer", "--data", "no/such/folder", "x" * 501), "at most 500 are allowed"),
        (("model", "show", "--models", "no/such/folder"), "No encoder model has been prepared"),
        (("serve", "--port", "70000"), "Settings are not valid: port"),
    ],
)
def test_mistakes_are_answered_with_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    done = kb(*arguments)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_leaves_the_published_index_alone(
    write_article: Callable[..., Path], tmp_path: Path
) -> None:
    import resource

    content = write_article("good", "Lock the bike. " * 2000, title="Good")
    folders = ("--content", content, "--data", tmp_path / "data")
    assert kb("index", *folders, "--keywords-only").returncode == 0
    # A limit on the size of files fails writes as a full disk does.
    done = kb(
        "index",
        *folders,
        "--keywords-only",
        "--force",
        preexec_fn=lambda: (
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
        ),
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr, done.stderr
    assert "Good" in kb("search", *folders, "lock").stdout
