"""Serving: gunicorn with worker processes that share the tokenizer and the mapped index files."""

import logging
import socket
from contextlib import suppress
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from kb.delivery.jobs import Way, ways_of
from kb.errors import DamagedIndex, NoGeneration, RecordsError, SettingsError
from kb.settings import Settings
from kb.store.database import make_current
from search.encoder import Encoder
from search.generation import current_generation, encoder_fingerprint
from web.addresses import in_address
from web.app import create_app
from web.delivery import start_delivery
from web.fitting_encoder import fitting_encoder
from web.live import LiveSearcher
from web.records import records_database
from web.upkeep import start_upkeep

_log = logging.getLogger(__name__)

_GRACE = 30  # seconds that running requests get at shutdown


def serve(settings: Settings) -> None:
    """Serve until interrupted. Raises SettingsError when the address cannot be used."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # It would log the address of every visitor it refuses.
    logging.getLogger("flask-limiter").setLevel(logging.WARNING)
    # It would tell at each start how it speaks with the database.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # It would log the webhook's address, which may hold a secret.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    _must_be_free(settings.host, settings.port)
    _prepare_records(settings)
    encoder = fitting_encoder(settings, _say)
    if encoder is None:
        _say("No encoder model is in use; searching by keywords only.")
    if trouble := _trouble(settings):
        _say(f"{trouble} The site appears as soon as it is there.")
    _Server(settings, encoder).run()


def _prepare_records(settings: Settings) -> None:
    """Migrate before the fork, so that one process does, and the workers share its imports."""
    database = records_database(settings)
    with suppress(RecordsError):  # the workers say so, and try again
        make_current(database)
    database.close()
    if Way.TEAM_MAIL not in ways_of(settings):
        _say("No mail server is set (smtp_host); messages to the teams stay in the database.")


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)


def _trouble(settings: Settings) -> str:
    """Why no index can be served yet; "" when one is published."""
    try:
        return "" if current_generation(settings.index_folder) else NoGeneration.message
    except DamagedIndex as error:
        return str(error)


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
        options: dict[str, Any] = {
            "bind": f"{in_address(self._settings.host)}:{self._settings.port}",
            "workers": self._settings.workers,
            "worker_class": "gthread",
            "threads": self._settings.threads,
            "graceful_timeout": _GRACE,
            "timeout": 60,
            "keepalive": 5,
            # It would open a socket outside the data folder, served by a thread that forks lose.
            "control_socket_disable": True,
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
        app = create_app(self._settings, live)
        start_upkeep(app, self._settings)
        start_delivery(app, self._settings)
        return app

    def _open_encoder(self) -> Encoder | None:
        """The one opened before the fork, whose memory the workers share, while it fits.

        For an index made with another model each worker opens that one for itself, until a
        restart shares it again.
        """
        wanted = encoder_fingerprint(self._settings.index_folder)
        if self._encoder and wanted in (None, self._encoder.fingerprint):
            return self._encoder
        return fitting_encoder(self._settings, _log.error)

    def _announce(self, server: Any) -> None:
        port = server.LISTENERS[0].sock.getsockname()[1]  # the system's choice for port 0
        address = f"http://{in_address(self._settings.host)}:{port}"
        click.echo(f"Serving on {address} (stop with Ctrl+C)")
