"""Serving: gunicorn with worker processes that share the tokenizer and the mapped index files."""

import logging
import os
import socket
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from kb.errors import ModelError, NoGeneration, SettingsError
from kb.settings import Settings
from search.encoder import Encoder, open_encoder
from search.generation import current_generation
from search.model.store import find_model, read_facts
from web.app import create_app
from web.live import LiveSearcher

# numpy's BLAS, OpenMP and FAISS would each start a pool of threads that fight with the encoder's:
# encoding plus a vector product took 10 ms with the pools and 5 ms without.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_log = logging.getLogger(__name__)

_GRACE = 30  # seconds that running requests get at shutdown


def serve(settings: Settings) -> None:
    """Serve until interrupted. Raises SettingsError when the address cannot be used."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    _must_be_free(settings.host, settings.port)
    encoder = open_encoder(settings.models_folder)
    if encoder is None:
        click.echo("No encoder model is prepared; searching by keywords only.", err=True)
    if current_generation(settings.index_folder) is None:
        click.echo(f"{NoGeneration.message} The site appears as soon as it is there.", err=True)
    _Server(settings, encoder).run()


def _must_be_free(host: str, port: int) -> None:
    """gunicorn would retry for seconds and then print a traceback."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"Cannot listen on {host}:{port} ({error.strerror}); choose another with --port."
            ) from error


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, configured from our settings and nothing else."""

    def __init__(self, settings: Settings, encoder: Encoder | None) -> None:
        self._settings = settings
        self._encoder = encoder
        super().__init__()

    def load_config(self) -> None:
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        options: dict[str, Any] = {
            "bind": f"{host}:{self._settings.port}",
            "workers": self._settings.workers,
            "worker_class": "gthread",
            "threads": self._settings.threads,
            "graceful_timeout": _GRACE,
            "timeout": 60,
            "keepalive": 5,
            # The longest question we accept, percent-encoded, must reach our own clear error.
            "limit_request_line": 8190,
            "when_ready": self._announce,
            "proc_name": "kb serve",
            "loglevel": "warning",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called in every worker after the fork, because FAISS must not be opened before it."""
        live = LiveSearcher(self._settings.index_folder, self._open_encoder)
        live.warm_up()
        return create_app(self._settings, live)

    def _open_encoder(self) -> Encoder | None:
        """The one opened before the fork, whose memory the workers share, while it is in use.

        After `kb model prepare` with another model each worker opens that one for itself, until
        a restart shares it again.
        """
        models = self._settings.models_folder
        try:
            if self._encoder and read_facts(find_model(models), verify=False).fingerprint == (
                self._encoder.fingerprint
            ):
                return self._encoder
            return open_encoder(models)
        except ModelError as error:
            _log.error("the encoder model cannot be opened: %s", error)
            return None

    def _announce(self, _server: object) -> None:
        address = f"http://{self._settings.host}:{self._settings.port}"
        click.echo(f"Serving on {address} (stop with Ctrl+C)")
