"""The command line and a real server process, as an operator meets them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from centers import client
from click.testing import CliRunner
from conftest import ROOT
from fakes import FakeEncoder
from serving import get, served

from indexer.build import build_index
from kb.errors import ModelError
from kb.settings import Settings
from search.generation import current_generation, encoder_fingerprint
from search.model.prepare import prepare
from web.cli import main
from web.fitting_encoder import fitting_encoder

READY_WITHIN = 5.0  # seconds; the bar of a start with the real model on the example content
MEMORY = 600e6  # bytes; proportional share of all processes together


def kb(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "web.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, **options)


def stopped(process: subprocess.Popen[str]) -> str:
    """All that a server said on standard error, after it was told to stop."""
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    return said


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


def test_a_server_starts_no_pool_of_threads_and_stops_quietly(built_index: Path) -> None:
    with served("--data", built_index.parent) as (port, process, _):
        assert get(port, "/api/v1/search?q=Akku&locale=de")["results"]
        assert psutil.Process(process.pid).num_threads() == 1, "forks would lose the others"
        said = stopped(process)
    assert "generation" in said
    assert "SIGABRT" not in said
    assert "terminate called" not in said


def test_refused_visitors_are_not_logged(built_index: Path) -> None:
    with served("--data", built_index.parent, KB_RATE_LIMIT="1") as (port, process, _):
        with pytest.raises(urllib.error.HTTPError, match="429"):
            for _ in range(50):
                get(port, "/api/v1/search?q=Akku")
        said = stopped(process)
    assert "generation" in said
    assert "exceeded" not in said
    assert "127.0.0.1" not in said


def test_port_0_is_announced_as_the_port_it_became(built_index: Path) -> None:
    command = [sys.executable, "-m", "web.cli", "serve", "--port", "0"]
    with subprocess.Popen(
        [*command, "--data", built_index.parent],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        found = re.match(r"Serving on http://127\.0\.0\.1:(\d+) ", process.stdout.readline())
        assert found
        assert get(int(found[1]), "/livez") == {"status": "alive"}
        stopped(process)


def test_a_server_boots_although_the_pointer_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "CURRENT").write_bytes(b"\xff\xfe")
    with served("--data", tmp_path, "--workers", 1) as (port, process, _):
        with pytest.raises(urllib.error.HTTPError, match="503"):
            get(port, "/readyz")
        assert "CURRENT cannot be read" in stopped(process)


def test_a_damaged_model_leaves_the_keywords(built_index: Path, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "manifest.json").write_text('{"files": {"model.onnx": 3}}')
    (tmp_path / "current").write_text("model")
    folders = ("--data", built_index.parent, "--models", tmp_path)
    with served(*folders, "--workers", 1) as (port, process, _):
        found = get(port, "/api/v1/search?q=Akku&locale=de")
        assert "is damaged" in stopped(process)
    assert found["results"]
    assert found["degraded"]
    done = kb("search", *folders, "Akku")
    assert done.returncode == 0
    assert "is damaged" in done.stderr
    assert "Akku" in done.stdout


@pytest.mark.model
def test_the_model_of_the_index_is_used_though_another_is_in_use(
    prepared_models: Path, real_index: Path, tmp_path: Path
) -> None:
    for folder in prepared_models.glob("*/"):
        (tmp_path / folder.name).symlink_to(folder)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "manifest.json").write_text('{"files": {}}')
    (tmp_path / "current").write_text("other")
    said: list[str] = []
    settings = Settings(data=real_index.parent, models=tmp_path)
    encoder = fitting_encoder(settings, said.append)
    assert encoder
    assert encoder.fingerprint == encoder_fingerprint(real_index)
    assert said == []


@pytest.mark.model
def test_a_model_in_use_is_used_without_writing(
    prepared_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("search.model.prepare._only_one")
    prepare(None, prepared_models, lambda _: None)


@pytest.mark.parametrize("arguments", [(), ("--model", "some/model")])
def test_an_index_with_a_model_is_never_replaced_by_one_without(
    write_article: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
) -> None:
    def fail(*_: object) -> Path:
        raise ModelError("No model today.")

    monkeypatch.setattr("search.model.prepare.prepare", fail)
    content = write_article("good", "Lock the bike.", title="Good")
    folders = ["index", "--content", str(content), "--data", str(tmp_path)]
    published = build_index(content, tmp_path / "index", FakeEncoder()).generation
    done = CliRunner().invoke(main, [*folders, *arguments])
    assert done.exit_code == 1
    assert "No model today. To build without a model, give --keywords-only." in done.stderr
    assert current_generation(tmp_path / "index") == published
    assert CliRunner().invoke(main, [*folders, "--keywords-only"]).exit_code == 0


def test_a_model_that_was_named_must_be_usable(
    write_article: Callable[..., Path], tmp_path: Path
) -> None:
    content = write_article("good", "Lock the bike.", title="Good")
    folders = ("--content", content, "--data", tmp_path)
    done = kb("index", *folders, "--model", tmp_path / "none")
    assert done.returncode == 1
    assert "--keywords-only" in done.stderr
    assert current_generation(tmp_path / "index") is None


def test_a_first_index_without_a_model_holds_keywords_and_says_why(
    write_article: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Path:
        raise ModelError("No model today.")

    monkeypatch.setattr("search.model.prepare.prepare", fail)
    content = write_article("good", "Lock the bike.", title="Good")
    folders = ["--content", str(content), "--data", str(tmp_path)]
    done = CliRunner().invoke(main, ["index", *folders])
    assert done.exit_code == 0
    assert "Indexing keywords only: No model today." in done.stderr


@pytest.mark.parametrize("command", ["search", "answer"])
def test_json_is_what_the_api_returns(built_index: Path, command: str) -> None:
    done = kb(command, "--json", "--data", built_index.parent, "--locale", "de", "Akku lädt nicht")
    center = client(built_index, None)
    path = f"/api/v1/{command}?locale=de&q=Akku lädt nicht&limit=5"
    ours, theirs = json.loads(done.stdout), center.get(path).get_json()
    for reply in (ours, theirs):
        assert reply.pop("query_id")
        assert reply.pop("took_ms") >= 0
        reply.pop("feedback_token", None)  # a terminal is not asked for a vote
    assert ours == theirs


def test_only_an_index_command_speaks_of_what_was_published(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> Path:
        raise PermissionError(13, "Permission denied", "some/file")

    monkeypatch.setattr("search.model.store.find_model", fail)
    monkeypatch.setattr("indexer.build.build_index", fail)
    done = CliRunner().invoke(main, ["model", "show"])
    assert done.stderr == "Error: Permission denied (some/file).\n"
    done = CliRunner().invoke(main, ["index", "--content", str(tmp_path), "--keywords-only"])
    assert "Nothing that was published is affected" in done.stderr


def test_the_longest_question_fits_into_a_request_line(built_index: Path) -> None:
    longest = next(
        bound.le
        for bound in Settings.model_fields["query_max_length"].metadata
        if hasattr(bound, "le")
    )
    question = quote("𝄞" * longest)
    with served("--data", built_index.parent, KB_QUERY_MAX_LENGTH=str(longest)) as (port, _, _):
        assert get(port, f"/api/v1/search?q={question}&locale=de&limit=5")["query"]


def test_make_keeps_the_data_and_leaves_the_port_to_the_settings() -> None:
    def planned(*arguments: str) -> list[str]:
        command = ["make", "--dry-run", "--silent", *arguments]
        environment = {name: value for name, value in os.environ.items() if name != "PORT"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        return done.stdout.split()

    assert "data" not in planned("clean")
    assert "--port" not in planned("serve")
    assert planned("serve", "PORT=8080")[-2:] == ["--port", "8080"]


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
