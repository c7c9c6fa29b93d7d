"""`kb serve` under load on loopback: different questions, repeated ones, and while publishing.

    python benchmarks/load.py --content FOLDER/content --data FOLDER/data --models data/models

Needs `wrk` (Debian's package). FOLDER holds a real corpus and its index (see corpus.py). Default
workers; no rate limit, as wrk is one address. No question of the first run is asked twice while it
manages fewer than 250 a second.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from questions import german_questions

_HERE = Path(__file__).parent
_KB = str(Path(sys.executable).with_name("kb"))
_CONNECTIONS = 4
_REPEATED = 20  # questions of the second run
_WARM = 300  # questions asked before the first run, and not in it
_KIB = 1024


def addresses(folder: Path) -> list[str]:
    """A search for each question."""
    return [f"/api/v1/search?locale=de&q={quote(text)}" for text in german_questions(folder)]


@contextmanager
def serving(data: Path, models: Path, port: int, **settings: str) -> Iterator[tuple[str, int]]:
    """The address and process id of a server that is ready; `settings` are for its environment."""
    command = [_KB, "serve", "--data", str(data), "--models", str(models)]
    environment = {**os.environ, "KB_RATE_LIMIT": "0", **settings}
    server = subprocess.Popen([*command, "--port", str(port)], env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address)
        yield address, server.pid
    finally:
        server.terminate()
        server.wait()


def _wait(address: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{address}/readyz").close()
            return
        except OSError:
            time.sleep(0.05)
    raise click.ClickException("the server did not get ready")


def wrk(address: str, paths: list[str], seconds: int, connections: int) -> dict[str, Any]:
    """One run; what load.lua prints."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(paths))
        file.flush()
        run = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", _HERE / "load.lua", address],
            env={**os.environ, "LOAD_PATHS": file.name},
            check=True,
            capture_output=True,
            text=True,
        )
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def proportional_sizes(parent: int) -> list[int]:
    """Proportional set sizes of a process and its children, in bytes."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    sizes = []
    for process in (str(parent), *children):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        sizes += [int(line.split()[1]) * _KIB for line in lines if line.startswith("Pss:")]
    return sizes


@click.command()
@click.option("--content", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--models", type=click.Path(path_type=Path), default="data/models")
@click.option("--questions", "sets", type=click.Path(path_type=Path), default="../shared/eval")
@click.option("--connections", default=_CONNECTIONS, show_default=True)
@click.option("--port", default=8123, show_default=True)
def main(content: Path, data: Path, models: Path, sets: Path, connections: int, port: int) -> None:
    """Print one line a run: rate a second, latencies in milliseconds, errors."""
    paths = addresses(sets)
    with serving(data, models, port) as (address, server):
        wrk(address, paths[:_WARM], 3, connections)
        fresh = paths[_WARM:]
        click.echo(f"different {wrk(address, fresh, 8, connections)}")
        sizes = [size >> 20 for size in proportional_sizes(server)]
        click.echo(f"memory    parent {sizes[0]} MiB, workers {sizes[1:]} MiB proportional")
        click.echo(f"repeated  {wrk(address, fresh[:_REPEATED], 8, connections)}")
        command = [_KB, "index", "--force", "--skip-broken"]
        folders = ["--content", content, "--data", data, "--models", models]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen([*command, *folders], **quiet) as build:
            while build.poll() is None:
                click.echo(f"building  {wrk(address, fresh, 10, connections)}")
            build.wait()
        # The swap itself: servers open what was published while they answer.
        click.echo(f"swapping  {wrk(address, fresh, 8, connections)}")


if __name__ == "__main__":
    main()
