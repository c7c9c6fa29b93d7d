"""Help centers to ask: the web application over a real index, without a server."""

import re
import weakref
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from warm import TEMPLATES, prepare_records

from kb.settings import Settings
from kb.store.database import DATABASE_FILE
from search.encoder import Encoder
from web.app import create_app
from web.live import LiveSearcher


def application(
    index: Path, encoder: Encoder | None, *, records: Path | None = None, **settings: object
) -> Flask:
    """The application over this index, without rate limit unless given.

    `records` is a folder for votes and the like; without it nobody is asked for any.
    """
    options = {"rate_limit": 0, "data": index.parent, **settings}
    if records:
        options["database_url"] = f"sqlite:///{records / DATABASE_FILE}"
        prepare_records(records)
    live = LiveSearcher(index, opener(encoder))
    app = create_app(Settings(**options), live)
    app.jinja_env.bytecode_cache = TEMPLATES
    weakref.finalize(app, live.close)
    return app


def opener(encoder: Encoder | None) -> Callable[[], Encoder | None]:
    return lambda: encoder


def client(index: Path, encoder: Encoder | None, **settings: Any) -> FlaskClient:
    return application(index, encoder, **settings).test_client()


class Markup(HTMLParser):
    """What tests ask of a page: its elements with attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._texts: list[str] = []
        self.size = len(html.encode())
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self._texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self._texts)).strip()

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and all(attributes.get(key) == value for key, value in wanted.items())
        ]

    def values(self, tag: str, attribute: str) -> list[str]:
        return [found[attribute] for found in self.all(tag) if attribute in found]
