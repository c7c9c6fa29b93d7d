"""Pages that a browser may keep as long as it asks whether they are still current."""

import hashlib
from pathlib import Path

from flask import Flask, Response, request

from kb.context import NO_CONTEXT
from web.addresses import public_root
from web.context import page_context
from web.live import searcher
from web.records import has_records


def keep_pages(app: Flask, *blueprints: str, fresh: str) -> None:
    """Answer 304 where the browser already has a page of these blueprints, `fresh` excepted.

    A page is determined by its address, the visitor's context, the generation, whether there are
    records to ask for votes and messages, and the program's own code and texts.
    """
    build = _build(Path(app.root_path))

    def kept() -> bool:
        return request.blueprint in blueprints and request.endpoint != fresh

    @app.before_request
    def answer_unchanged() -> Response | None:
        if not kept() or not request.if_none_match:
            return None
        etag = _etag(build)
        if not request.if_none_match.contains_weak(etag):
            return None
        return _mark(Response(status=304), etag)

    @app.after_request
    def mark_page(response: Response) -> Response:
        if kept() and response.status_code == 200:
            _mark(response, _etag(build))
        response.headers.setdefault("Cache-Control", "no-cache")
        if page_context() != NO_CONTEXT and not response.cache_control.no_store:
            response.headers["Cache-Control"] = "private, no-cache"
        return response


def _mark(response: Response, etag: str) -> Response:
    response.set_etag(etag)
    shared = page_context() == NO_CONTEXT
    response.headers["Cache-Control"] = "no-cache" if shared else "private, no-cache"
    response.vary.add("Cookie")
    return response


def _etag(build: str) -> str:
    current = searcher()
    address = (public_root(), request.full_path)
    state = (current.generation, *current.degraded, str(has_records()))
    parts = (build, *address, repr(page_context()), *state)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _build(root: Path) -> str:
    digest = hashlib.sha256()
    for pattern in ("templates/**/*", "static/*", "translations/**/*.mo", "*.py"):
        for path in sorted(path for path in root.glob(pattern) if path.is_file()):
            digest.update(path.read_bytes())
    return digest.hexdigest()
