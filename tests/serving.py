"""A real server process: `kb serve` on a free port."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_PATIENCE = 60  # seconds that a server gets to start


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def get(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as reply:
        return json.load(reply)


@contextmanager
def served(
    *arguments: object, port: int = 0, **settings: str
) -> Iterator[tuple[int, subprocess.Popen[str], float]]:
    """A running `kb serve`: its port, its process, and the seconds until it was ready."""
    port = port or free_port()
    command = [sys.executable, "-m", "web.cli", "serve", "--port", str(port), *map(str, arguments)]
    begin = time.monotonic()
    environment = {**os.environ, **settings}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            while True:
                try:
                    get(port, "/livez")
                    break
                except OSError:
                    assert process.poll() is None, process.stderr and process.stderr.read()
                    assert time.monotonic() - begin < _PATIENCE
                    time.sleep(0.02)
            yield port, process, time.monotonic() - begin
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
